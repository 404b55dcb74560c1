#include "ca/ra/orders.hpp"

#include <algorithm>

#include "acme/challenge.hpp"
#include "acme/problem.hpp"
#include "ca/issuer/csr_check.hpp"
#include "ca/issuer/key_policy.hpp"
#include "ca/ra/accounts.hpp"
#include "ca/ra/allowances.hpp"
#include "ca/ra/closing.hpp"
#include "ca/ra/denials.hpp"
#include "ca/ra/proofs.hpp"
#include "ca/ra/renewals.hpp"
#include "ca/store/current_status.hpp"
#include "jose/jwk.hpp"

namespace crest::ca::ra {
namespace {

using acme::OrderStatus;
using acme::ProblemType;
using store::AuthorizationRow;
using store::OrderRow;
using store::Scope;

constexpr int overloaded = 503;
constexpr Duration proof_least{
    30'000};  // what is left of a proof that is used again, so that there is time to finalize
constexpr Duration order_left_least{10 * 60'000};  // of an order that is given again
constexpr Duration room_retry{60'000};             // a person has to make it
constexpr Duration open_orders_retry{3'600'000};   // nobody knows when the account finishes one; by then some expired

Error refused_csr(std::string why) {
  return acme::rejection(ProblemType::badCSR, "the CSR is refused: " + std::move(why));
}

Error too_many_open(std::size_t most, Time now) {
  Error error = acme::rejection(ProblemType::rateLimited, "the account has " + std::to_string(most) +
                                                              " open orders already; finish them or let them expire");
  error.not_before = now + open_orders_retry;
  return error;
}

Error no_room(Time now) {
  Error error =
      acme::rejection(ProblemType::serverInternal, "the CA takes no new orders now; try again later", overloaded);
  error.not_before = now + room_retry;
  return error;
}

std::optional<Problem> stored_problem(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto json = encoding::Json::parse(text);
  if (!json) return std::nullopt;
  auto problem = acme::problem_from_json(*json);
  if (!problem) return std::nullopt;
  return *std::move(problem);
}

Result<OrderNow> as_now(store::Tx& tx, OrderRow row, Time now) {
  OrderNow order{.row = std::move(row)};
  order.status = TRY(store::current_status(tx, order.row, now));
  order.error = stored_problem(order.row.error_json);
  if (order.status == OrderStatus::invalid && !order.error) {
    const bool late = now >= order.row.expires;
    order.error = acme::make_problem(ProblemType::malformed, late ? "the order expired before it was finalized"
                                                                  : "an authorization of the order is no longer good");
  }
  return order;
}

std::string names_of(const std::vector<acme::Identifier>& identifiers) {
  std::string names;
  for (const auto& identifier : identifiers) names += (names.empty() ? "" : " ") + identifier.value;
  return names;
}

Result<OrderRow> owned(store::Tx& tx, const store::Id& account, const store::Id& id) {
  auto row = TRY(tx.orders.by_id(id));
  if (!row || row->account != account) return no_such("order");
  return *std::move(row);
}

Result<void> check_open(store::Tx& tx, const store::Id& account, std::size_t most, Time now) {
  const auto open = TRY(tx.orders.count_open(account, now));
  if (open >= most) return too_many_open(most, now);
  return {};
}

// All of them, and what the order takes is taken.
Result<void> check_limits(store::Tx& tx, const Rules& rules, const OrderRow& order, bool is_renewal_in_time, Time now) {
  Refusals refusals;
  TRY(refusals.note(check_open(tx, order.account, rules.pending_orders_max, now)));
  for (const auto& identifier : order.identifiers) {
    TRY(refusals.note(check(tx, failures_of(order.account, identifier.base(), rules.limits.failed_validations), now)));
  }
  if (!is_renewal_in_time) TRY(refusals.note(spend(tx, orders_of(order.account, rules.limits.orders), now)));
  return refusals.outcome();
}

// Whatever one of them would come to, the other would; how long an order lives is not part of it.
bool asks_the_same(const OrderRow& open, const OrderRow& wanted) {
  return open.profile == wanted.profile && open.not_before == wanted.not_before && open.not_after == wanted.not_after &&
         open.replaces.empty() && wanted.replaces.empty() && open.identifiers.size() == wanted.identifiers.size() &&
         std::ranges::is_permutation(open.identifiers, wanted.identifiers);
}

// One that is soon over is none: there has to be time to finalize.
Result<std::optional<OrderNow>> same_open_order(store::Tx& tx, const OrderRow& wanted, std::size_t most, Time now) {
  const auto ids = TRY(tx.orders.open_of(wanted.account, now, most));
  for (const auto& id : ids) {
    auto row = TRY(tx.orders.by_id(id));
    if (!row || !asks_the_same(*row, wanted) || row->expires < now + order_left_least) continue;
    auto order = TRY(as_now(tx, *std::move(row), now));
    if (order.status == OrderStatus::pending || order.status == OrderStatus::ready)
      return std::optional(std::move(order));
  }
  return std::optional<OrderNow>();
}

bool holds_key(const store::CertificateRow& certificate, const crypto::PublicKey& key) {
  return std::ranges::search(certificate.der, key.spki()).begin() != certificate.der.end();
}

}  // namespace

Result<const issuer::Profile*> Orders::check(const store::AccountRow& account, const acme::NewOrder& request,
                                             Time now) const {
  TRY(must_have_agreed(account, deps_.rules));
  const auto asker = TRY(asker_of(account, deps_));
  const auto* profile = TRY(admit(request, asker, deps_.rules));
  TRY(issuance_.check_requested({request.not_before, request.not_after}, *profile, now));
  TRY(issuance_.check_names(request.identifiers, *profile, now));
  return profile;
}

Result<AuthorizationRow> Orders::authorization_for(store::Tx& tx, const store::Id& account,
                                                   const acme::Identifier& identifier, const acme::NewOrder& request,
                                                   Time now) {
  const Rules& rules = deps_.rules;
  std::optional<AuthorizationRow> found;
  const Time long_enough = now + proof_least;
  if (rules.reuse_authorizations) found = TRY(find_exact(tx, account, identifier, long_enough));
  if (found && !is_proved_as_offered(*found, rules)) found.reset();
  if (!found && rules.subdomains) found = TRY(find_above(tx, account, identifier, long_enough));
  if (found && is_proved_as_offered(*found, rules)) return *std::move(found);
  const auto ancestor = request.ancestors.find(identifier);
  const bool by_ancestor = rules.subdomains && ancestor != request.ancestors.end();
  auto row = fresh_authorization(account, by_ancestor ? ancestor->second : identifier.base(),
                                 by_ancestor ? Scope::subtree : scope_of(identifier), rules, deps_.random, now);
  TRY(tx.authorizations.insert(row));
  return row;
}

// One authorization may be good for several names (RFC 9444), so there may be fewer of them (ORD-09).
Result<std::vector<AuthorizationRow>> Orders::authorizations_for(store::Tx& tx, const store::Id& account,
                                                                 const acme::NewOrder& request, Time now) {
  std::vector<AuthorizationRow> rows;
  for (const auto& identifier : request.identifiers) {
    const bool covered = std::ranges::any_of(rows, [&](const AuthorizationRow& row) {
      return row.scope == Scope::subtree && acme::is_at_or_below(identifier, row.identifier);
    });
    if (covered) continue;
    auto row = TRY(authorization_for(tx, account, identifier, request, now));
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<void> Orders::check_room() { return room_alarm_.tell(deps_.store.check_room()); }

Result<OrderNow> Orders::create(const store::AccountRow& owner, const acme::NewOrder& request, Time now) {
  const store::Id& account = owner.id;
  const auto profile = check(owner, request, now);
  if (!profile) {
    const auto& error = profile.error();
    if (error.problem)
      tell_denial(deps_, {"order_denied", account, names_of(request.identifiers), error.describe()}, now);
    return error;
  }
  if (!check_room()) return no_room(now);
  OrderNow order;
  OrderRow& row = order.row;
  row = {.id = new_id(deps_.random, now),
         .account = account,
         .identifiers = request.identifiers,
         .not_before = request.not_before,
         .not_after = request.not_after,
         .profile = (*profile)->pin(),
         .replaces = request.replaces.value_or(""),
         .created = now,
         .expires = now + deps_.rules.order_life};
  if (row.not_after) row.expires = std::min(row.expires, *row.not_after);
  const OrderRow empty = row;
  const bool may_be_old = deps_.rules.reuse_orders && request.ancestors.empty();
  std::optional<OrderNow> same;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = empty;
    TRY(must_be_valid(tx, account));  // what the gate saw may have changed
    same.reset();
    if (may_be_old) same = TRY(same_open_order(tx, row, deps_.rules.pending_orders_max, now));
    if (same) return {};
    bool is_renewal_in_time = false;
    if (!row.replaces.empty()) is_renewal_in_time = TRY(replace(tx, row.replaces, row, now));
    TRY(check_limits(tx, deps_.rules, row, is_renewal_in_time, now));
    const auto authorizations = TRY(authorizations_for(tx, account, request, now));
    for (const auto& authorization : authorizations) {
      row.authorizations.push_back(authorization.id);
      row.expires = std::min(row.expires, authorization.expires);  // what the order promises must hold (section 7.1.3)
    }
    order.status = store::current_status(row, authorizations, now);
    return tx.orders.insert(row);
  };
  TRY(deps_.store.write(work));
  if (same) return *std::move(same);
  deps_.log.info("order_created", {{"order", row.id}, {"account", account}});
  return order;
}

Result<OrderNow> Orders::find(const store::Id& account, const store::Id& id, Time now) {
  OrderNow order;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    auto row = TRY(owned(tx, account, id));
    order = TRY(as_now(tx, std::move(row), now));
    return {};
  };
  TRY(deps_.store.read(work));
  return order;
}

Result<Orders::Page> Orders::list(const store::Id& account, const store::Id& after, Time now) {
  Page page;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    const auto ids = TRY(tx.orders.by_account(account, after, page_size));
    if (ids.size() == page_size) page.next = ids.back();
    for (const auto& id : ids) {
      const auto row = TRY(tx.orders.by_id(id));
      if (!row) continue;
      const auto status = TRY(store::current_status(tx, *row, now));
      if (status != OrderStatus::invalid) page.orders.push_back(id);
    }
    return {};
  };
  TRY(deps_.store.read(work));
  return page;
}

Result<crypto::PublicKey> Orders::key_for(const OrderNow& order, const acme::Finalize& request) {
  const auto* profile = TRY(deps_.rules.profiles.pinned(order.row.profile));
  auto key = issuer::key_of_csr(request.csr_der, acme::subject_names(order.row.identifiers), profile->key_types);
  if (!key) return key;
  bool is_blocked = false, is_account_key = false;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    is_blocked = TRY(tx.blocked_keys.contains(issuer::blocking_name(*key)));
    const auto owner = TRY(tx.accounts.by_thumbprint(jose::thumbprint(*key)));
    is_account_key = owner.has_value();
    return {};
  };
  TRY(deps_.store.read(work));
  if (is_blocked) return refused_csr("its key was reported as compromised; make a new key");
  if (is_account_key) return refused_csr("its key is an account key; make a key for the certificate alone");
  return key;
}

// The rules may have changed since the order was made (SF34).
Result<void> Orders::check_again(const store::AccountRow& owner, const OrderRow& row) const {
  const auto* profile = TRY(deps_.rules.profiles.pinned(row.profile));
  const auto asker = TRY(asker_of(owner, deps_));
  TRY(admit(acme::NewOrder{.identifiers = row.identifiers, .profile = profile->name}, asker, deps_.rules));
  return {};
}

// The order will never be what was asked for, so that its client need not try again.
Error Orders::end(OrderRow row, Error why, Time now) {
  if (!why.problem) return why;
  tell_denial(deps_, {"issuance_denied", row.account, row.id, why.describe()}, now);
  row.status = OrderStatus::invalid;
  row.error_json = acme::to_json(*why.problem).dump();
  const auto work = [&](store::Tx& tx) -> Result<void> {
    TRY(tx.orders.update_if(row, OrderStatus::pending));
    return {};
  };
  if (auto done = deps_.store.write(work); !done) return std::move(done).error();
  return why;
}

Result<OrderNow> Orders::finalize(const store::AccountRow& owner, const store::Id& id, const acme::Finalize& request,
                                  Time now) {
  const store::Id& account = owner.id;
  OrderNow order;
  std::optional<store::CertificateRow> certificate;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    auto row = TRY(owned(tx, account, id));
    order = TRY(as_now(tx, std::move(row), now));
    if (!order.row.serial.empty()) certificate = TRY(tx.certificates.by_serial(order.row.serial));
    return {};
  };
  TRY(deps_.store.read(work));
  const bool under_way = order.status == OrderStatus::processing || order.status == OrderStatus::valid;
  if (order.status != OrderStatus::ready && !under_way) return issuer::order_not_ready(order.status);
  if (const auto profile = deps_.rules.profiles.pinned(order.row.profile); !profile && !under_way)
    return end(std::move(order.row), profile.error(), now);
  const auto key = key_for(order, request);
  if (!key) {
    if (under_way) return issuer::order_not_ready(order.status);
    if (key.error().problem) tell_denial(deps_, {"issuance_denied", account, id, key.error().describe()}, now);
    return key.error();
  }
  if (under_way) {
    if (!certificate || !holds_key(*certificate, *key)) return issuer::order_not_ready(order.status);
    return order;
  }
  if (const auto allowed = check_again(owner, order.row); !allowed) {
    if (allowed.error().problem) tell_denial(deps_, {"issuance_denied", account, id, allowed.error().describe()}, now);
    return allowed.error();
  }
  order.row = TRY(issuance_.issue(order.row, {*key, request.csr_der}, now));
  order.status = order.row.status;
  return order;
}

}  // namespace crest::ca::ra
