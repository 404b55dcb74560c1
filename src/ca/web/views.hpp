// Rows of the store as the objects that clients see. Pure.
#pragma once

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "ca/ra/orders.hpp"
#include "ca/va/validator.hpp"
#include "ca/web/urls.hpp"

namespace crest::ca::web {

acme::Account view(const store::AccountRow& row, const Urls& urls);
acme::Order view(const ra::OrderNow& order, const Urls& urls);
// Their status is the one of now; `persist` says what dns-persist-01 shows.
acme::Authorization view(const store::AuthorizationRow& row, const Urls& urls, const va::PersistOptions& persist);
acme::Challenge view(const store::AuthorizationRow& row, const store::ChallengeRow& challenge, const Urls& urls,
                     const va::PersistOptions& persist);

}  // namespace crest::ca::web
