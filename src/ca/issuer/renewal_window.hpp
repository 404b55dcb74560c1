// When a CA would like a certificate renewed (ARI, RFC 9773). Pure.
#pragma once

#include "acme/renewal_info.hpp"

namespace crest::ca::issuer {

struct RenewalFacts {
  Time not_before, not_after;
  bool revoked = false;         // or to be replaced for another reason: at once (ARI-17)
  std::string explanation_url;  // "" when there is nothing to explain
};
// At most 2 % of the life wide, ending at two thirds of it, where clients without ARI renew; for what must go at once it
// ends at `now`, in the past as clients see it.
acme::RenewalInfo renewal_window(const RenewalFacts& facts, Time now);
// How long clients should wait before they ask again: a twentieth of the life, from a minute to six hours.
Duration renewal_poll_interval(const RenewalFacts& facts);

}  // namespace crest::ca::issuer
