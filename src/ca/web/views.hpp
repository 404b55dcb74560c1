// Rows of the store as the objects that clients see. Pure.
#pragma once

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "ca/ra/orders.hpp"
#include "ca/web/urls.hpp"

namespace crest::ca::web {

acme::Account view(const store::AccountRow& row, const Urls& urls);
acme::Order view(const ra::OrderNow& order, const Urls& urls);
// Their status is the one of now; `issuer_names` are for dns-persist-01.
acme::Authorization view(const store::AuthorizationRow& row, const Urls& urls,
                         const std::vector<std::string>& issuer_names);
acme::Challenge view(const store::AuthorizationRow& row, const store::ChallengeRow& challenge, const Urls& urls,
                     const std::vector<std::string>& issuer_names);

}  // namespace crest::ca::web
