// The status of an order, computed from what the store holds and the time (RFC 8555 section 7.1.6); never stored.
#pragma once

#include "ca/store/store.hpp"

namespace crest::ca::store {

// A row stored as pending is pending, ready or invalid by its authorizations and the time.
acme::OrderStatus current_status(const OrderRow& order, const std::vector<AuthorizationRow>& authorizations, Time now);
Result<std::vector<AuthorizationRow>> authorizations_of(Tx& tx, const OrderRow& order);
Result<acme::OrderStatus> current_status(Tx& tx, const OrderRow& order, Time now);
acme::AuthorizationStatus current_status(const AuthorizationRow& authorization, Time now);

}  // namespace crest::ca::store
