// When certificates should be renewed, and which order replaces which certificate (ARI, RFC 9773).
#pragma once

#include "acme/renewal_info.hpp"
#include "ca/ra/deps.hpp"

namespace crest::ca::ra {

struct RenewalAnswer {
  acme::RenewalInfo info;
  Duration ask_again;  // for Retry-After
};

class Renewals {
 public:
  // `explanation_url` is shown with what must be renewed at once; "" when there is none.
  Renewals(const Deps& deps, std::string explanation_url) : deps_(deps), explanation_url_(std::move(explanation_url)) {}

  // For anybody who knows the certificate's id (RFC 9773 section 4.1); nothing else is told about it (ARI-18). Blocks
  // for a read; thread-safe. Errors: rejections malformed; storage.
  Result<RenewalAnswer> find(std::string_view certificate_id, Time now) const;

 private:
  Deps deps_;
  std::string explanation_url_;
};

// Notes, in the transaction that makes `order`, that it replaces the certificate with this id. What an order that became
// invalid was to replace is free again (ARI-15). Whether it is a renewal in its time, which no limit on orders holds up:
// the first order that replaces the certificate, for none but its names, between the begin of the window that renewalInfo
// tells and the certificate's end. Errors: rejections malformed, alreadyReplaced; storage.
Result<bool> replace(store::Tx& tx, std::string_view certificate_id, const store::OrderRow& order, Time now);

}  // namespace crest::ca::ra
