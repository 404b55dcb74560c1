#include "ca/store/current_status.hpp"

namespace crest::ca::store {

acme::AuthorizationStatus current_status(const AuthorizationRow& authorization, Time now) {
  return acme::authorization_status(authorization.status, authorization.expires, now);
}

acme::OrderStatus current_status(const OrderRow& order, const std::vector<AuthorizationRow>& authorizations, Time now) {
  std::vector<acme::AuthorizationStatus> statuses;
  statuses.reserve(authorizations.size());
  for (const auto& row : authorizations) statuses.push_back(current_status(row, now));
  return acme::order_status(order.status, order.expires, statuses, now);
}

Result<std::vector<AuthorizationRow>> authorizations_of(Tx& tx, const OrderRow& order) {
  std::vector<AuthorizationRow> rows;
  rows.reserve(order.authorizations.size());
  for (const auto& id : order.authorizations) {
    auto row = TRY(tx.authorizations.by_id(id));
    if (!row) return make_error(ErrorKind::storage, "an authorization of an order is gone; restore the store", id);
    rows.push_back(*std::move(row));
  }
  return rows;
}

Result<acme::OrderStatus> current_status(Tx& tx, const OrderRow& order, Time now) {
  if (order.status != acme::OrderStatus::pending) return order.status;
  const auto rows = TRY(authorizations_of(tx, order));
  return current_status(order, rows, now);
}

}  // namespace crest::ca::store
