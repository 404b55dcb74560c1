#include "ca/ra/closing.hpp"

#include "acme/problem.hpp"

namespace crest::ca::ra {
namespace {

using acme::AuthorizationStatus;
using acme::ChallengeStatus;
using acme::OrderStatus;

constexpr int unauthenticated = 401;

Result<void> close_authorization(store::Tx& tx, const store::Id& id) {
  auto row = TRY(tx.authorizations.by_id(id));
  if (!row) return {};
  const auto before = row->status;
  if (!acme::legal_transition(before, AuthorizationStatus::deactivated)) return {};
  row->status = AuthorizationStatus::deactivated;
  for (auto& challenge : row->challenges) {
    if (challenge.status == ChallengeStatus::processing) challenge.status = ChallengeStatus::pending;
  }
  TRY(tx.authorizations.update_if(*row, before));
  return {};
}

Result<void> close_order(store::Tx& tx, const store::Id& id) {
  auto order = TRY(tx.orders.by_id(id));
  if (!order) return {};
  order->status = OrderStatus::invalid;
  order->error_json =
      acme::to_json(acme::make_problem(acme::ProblemType::unauthorized, "the account was deactivated")).dump();
  TRY(tx.orders.update_if(*order, OrderStatus::pending));
  for (const auto& authorization : order->authorizations) TRY(close_authorization(tx, authorization));
  return {};
}

}  // namespace

Result<bool> close_some(store::Tx& tx, const store::Id& account, Time now) {
  const auto orders = TRY(tx.orders.open_of(account, now, closed_in_step_max));
  for (const auto& id : orders) TRY(close_order(tx, id));
  const auto proved = TRY(tx.authorizations.valid_of(account, now, closed_in_step_max));
  for (const auto& id : proved) TRY(close_authorization(tx, id));
  return orders.size() < closed_in_step_max && proved.size() < closed_in_step_max;
}

Result<void> must_be_valid(store::Tx& tx, const store::Id& account) {
  const auto row = TRY(tx.accounts.by_id(account));
  if (row && row->status == acme::AccountStatus::valid) return {};
  return acme::rejection(acme::ProblemType::unauthorized, "the account is no longer valid", unauthenticated);
}

}  // namespace crest::ca::ra
