#include "ca/ra/authorizations.hpp"

#include <algorithm>

#include "acme/challenge.hpp"
#include "acme/problem.hpp"
#include "ca/ra/accounts.hpp"
#include "ca/ra/admission.hpp"
#include "ca/ra/allowances.hpp"
#include "ca/ra/closing.hpp"
#include "ca/ra/denials.hpp"
#include "ca/ra/proofs.hpp"
#include "ca/store/current_status.hpp"

namespace crest::ca::ra {
namespace {

using acme::AuthorizationStatus;
using acme::ChallengeStatus;
using acme::ProblemType;
using store::AuthorizationRow;
using store::ChallengeRow;

constexpr Duration busy_retry{30'000};
constexpr int bad_request = 400, not_allowed = 403, overloaded = 503;
constexpr std::size_t resumed_max = 100'000;

Result<AuthorizationRow> owned(store::Tx& tx, const store::Id& account, const store::Id& id) {
  auto row = TRY(tx.authorizations.by_id(id));
  if (!row || row->account != account) return no_such("authorization");
  return *std::move(row);
}

Task validation_task(const AuthorizationRow& row, const ChallengeRow& challenge, Time now) {
  return {.kind = Task::Kind::validate,
          .key = row.id,
          .method = challenge.method,
          .account = row.account,
          .target = target_of(row.identifier),
          .due = now,
          .first = now};
}

// The order's own error: what went wrong for which identifier (RFC 8555 section 6.7.1).
std::string order_error(const AuthorizationRow& row, const Problem& cause) {
  Problem sub = cause;
  sub.identifier = Problem::Subject{std::string(acme::to_string(row.identifier.type)), row.identifier.value};
  Problem problem = cause;
  problem.detail = Untrusted("the authorization for " + row.identifier.value + " failed: " + cause.detail.raw());
  problem.subproblems = {std::move(sub)};
  return acme::to_json(problem).dump();
}

// Orders that can no longer be fulfilled say so, so that they neither count as open nor have to be worked out again.
Result<void> fail_orders(store::Tx& tx, const AuthorizationRow& row, const Problem& cause) {
  const auto ids = TRY(tx.orders.with_authorization(row.id));
  for (const auto& id : ids) {
    auto order = TRY(tx.orders.by_id(id));
    if (!order || order->status != acme::OrderStatus::pending) continue;
    order->status = acme::OrderStatus::invalid;
    order->error_json = order_error(row, cause);
    TRY(tx.orders.update_if(*order, acme::OrderStatus::pending));
  }
  return {};
}

// What an order promises must hold (RFC 8555 section 7.1.3), also after a proof turned out to be good for less.
Result<void> shorten_orders(store::Tx& tx, const AuthorizationRow& row) {
  const auto ids = TRY(tx.orders.with_authorization(row.id));
  for (const auto& id : ids) {
    auto order = TRY(tx.orders.by_id(id));
    if (!order || order->status != acme::OrderStatus::pending || order->expires <= row.expires) continue;
    order->expires = row.expires;
    TRY(tx.orders.update_if(*order, acme::OrderStatus::pending));
  }
  return {};
}

Error forbidden(const Error& refusal) {  // RFC 8555 section 7.4.1 asks for this status
  if (!refusal.problem || refusal.problem->status != bad_request) return refusal;
  Problem problem = *refusal.problem;
  problem.status = not_allowed;
  return acme::rejection(std::move(problem));
}

bool is_name(const acme::Identifier& identifier) { return identifier.type == acme::IdentifierType::dns; }

// The challenge of a task, while it is being validated and nothing has ended that.
ChallengeRow* processing(AuthorizationRow& row, const std::string& method) {
  const auto found = std::ranges::find(row.challenges, method, &ChallengeRow::method);
  const bool is = found != row.challenges.end() && found->status == ChallengeStatus::processing;
  return is && row.status == AuthorizationStatus::pending ? &*found : nullptr;
}

// Nothing of an authorization that has ended is being validated.
void end_processing(AuthorizationRow& row) {
  for (auto& challenge : row.challenges) {
    if (challenge.status == ChallengeStatus::processing) challenge.status = ChallengeStatus::pending;
  }
}

void write_verdict(AuthorizationRow& row, ChallengeRow& challenge, const va::Verdict& verdict, bool is_last, Time now) {
  challenge.error_json = verdict.problem ? acme::to_json(*verdict.problem).dump() : "";
  if (verdict.problem && !is_last) return;
  challenge.status = verdict.problem ? ChallengeStatus::invalid : ChallengeStatus::valid;
  row.status = verdict.problem ? AuthorizationStatus::invalid : AuthorizationStatus::valid;
  if (!verdict.problem) challenge.validated = now;
  if (verdict.reusable_for) row.expires = std::min(row.expires, saturating_add(now, *verdict.reusable_for));
  end_processing(row);
}

std::optional<Task> next_attempt(const Task& task, const va::Verdict& verdict, Time now) {
  Task next = task;
  next.due = now + Authorizations::retry_spacing;
  ++next.attempt;
  const bool may = verdict.transient && next.attempt <= Authorizations::attempts_max &&
                   next.due <= task.first + Authorizations::retry_window;
  return may ? std::optional(next) : std::nullopt;
}

}  // namespace

const ChallengeRow* processing_challenge(const AuthorizationRow& row) {
  const auto found = std::ranges::find(row.challenges, ChallengeStatus::processing, &ChallengeRow::status);
  return found == row.challenges.end() ? nullptr : &*found;
}

Result<AuthorizationRow> Authorizations::create(const store::AccountRow& account, const acme::NewAuthorization& request,
                                                Time now) {
  const Rules& rules = deps_.rules;
  const auto& identifier = request.identifier;
  TRY(must_have_agreed(account, rules));
  const auto asker = TRY(asker_of(account, deps_));
  const auto policies = TRY(Policies::about(asker, "", rules));  // the order will have a profile
  if (const auto admitted = admit({identifier}, rules, policies); !admitted) return forbidden(admitted.error());
  const bool subtree = rules.subdomains && request.subdomain_auth_allowed && is_name(identifier);
  const auto scope = subtree ? store::Scope::subtree : store::Scope::name;
  const auto fresh = fresh_authorization(account.id, identifier, scope, rules, deps_.random, now);
  if (fresh.challenges.empty())
    return acme::rejection(ProblemType::rejectedIdentifier,
                           "all names below a domain are proved by a DNS challenge, and this CA offers none",
                           not_allowed);
  AuthorizationRow row;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    TRY(must_be_valid(tx, account.id));
    auto found = TRY(tx.authorizations.find_valid(account.id, identifier, scope, now));
    row = found && is_proved_as_offered(*found, rules) ? *std::move(found) : fresh;
    if (row.id != fresh.id) return {};
    Refusals refusals;
    TRY(refusals.note(check(tx, failures_of(account.id, identifier, rules.limits.failed_validations), now)));
    TRY(refusals.note(
        spend(tx, orders_of(account.id, rules.limits.orders), now)));  // there may be as many as of orders
    TRY(refusals.outcome());
    return tx.authorizations.insert(row);
  };
  TRY(deps_.store.write(work));
  deps_.log.info("authorization_created", {{"authorization", row.id}, {"account", account.id}});
  return row;
}

Result<AuthorizationRow> Authorizations::find(const store::Id& account, const store::Id& id, Time now) {
  AuthorizationRow row;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = TRY(owned(tx, account, id));
    return {};
  };
  TRY(deps_.store.read(work));
  row.status = store::current_status(row, now);
  return row;
}

Result<AuthorizationRow> Authorizations::deactivate(const store::Id& account, const store::Id& id, Time now) {
  AuthorizationRow row;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = TRY(owned(tx, account, id));
    const auto before = row.status;
    if (!acme::legal_transition(store::current_status(row, now), AuthorizationStatus::deactivated)) {
      return acme::rejection(ProblemType::malformed, "only a pending or valid authorization can be deactivated");
    }
    row.status = AuthorizationStatus::deactivated;
    end_processing(row);
    TRY(tx.authorizations.update_if(row, before));
    return fail_orders(tx, row, acme::make_problem(ProblemType::unauthorized, "it was deactivated"));
  };
  TRY(deps_.store.write(work));
  deps_.log.info("authorization_deactivated", {{"authorization", id}, {"account", account}});
  return row;
}

Result<void> Authorizations::check_room(const store::Id& account, Time now) const {
  const auto room = deps_.agenda.room_for(account);
  if (room == Agenda::Added::yes) return {};
  Error error =
      room == Agenda::Added::full
          ? acme::rejection(ProblemType::serverInternal, "too many validations wait; try again soon", overloaded)
          : acme::rejection(ProblemType::rateLimited, "too many validations of this account wait already");
  error.not_before = now + busy_retry;
  return error;
}

Result<AuthorizationRow> Authorizations::respond(const store::AccountRow& account, const crypto::PublicKey& key,
                                                 const store::Id& id, std::string_view method, Time now) {
  AuthorizationRow row;
  bool is_new = false;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    is_new = false;
    TRY(must_be_valid(tx, account.id));
    row = TRY(owned(tx, account.id, id));
    const auto challenge = std::ranges::find(row.challenges, method, &ChallengeRow::method);
    if (challenge == row.challenges.end()) return no_such("challenge");
    if (challenge->status != ChallengeStatus::pending) return {};
    const auto status = store::current_status(row, now);
    if (status != AuthorizationStatus::pending) {
      return acme::rejection(ProblemType::malformed, "the authorization is " + std::string(acme::to_string(status)) +
                                                         ", not pending; make a new order");
    }
    if (processing_challenge(row)) return {};
    TRY(check_room(account.id, now));
    challenge->status = ChallengeStatus::processing;
    row.key_authorization = acme::key_authorization(row.token, key);
    row.node = deps_.membership.node();
    is_new = TRY(tx.authorizations.update_if(row, AuthorizationStatus::pending));
    return {};
  };
  const auto written = deps_.store.write(work);
  // A commit that failed may still have happened: the client may ask another node next, which leaves it to this one.
  const auto* under_way = processing_challenge(row);
  if (under_way && under_way->method == method && deps_.membership.owns(row.node)) {
    deps_.agenda.add(validation_task(row, *under_way, now));
    deps_.agenda.hurry(id, now);
  }
  if (!written) return written.error();
  if (is_new) deps_.log.debug("challenge_accepted", {{"authorization", id}, {"account", account.id}});
  row.status = store::current_status(row, now);
  return row;
}

Result<std::optional<va::Claim>> Authorizations::claim(const Task& task, Time now) {
  std::optional<AuthorizationRow> row;
  bool is_wanted = false;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = TRY(tx.authorizations.by_id(task.key));
    const auto account = TRY(tx.accounts.by_id(row ? row->account : store::Id()));
    is_wanted = account && account->status == acme::AccountStatus::valid && deps_.membership.owns(row->node);
    return {};
  };
  TRY(deps_.store.read(work));
  const bool due =
      is_wanted && processing(*row, task.method) && store::current_status(*row, now) == AuthorizationStatus::pending;
  if (!due) return std::optional<va::Claim>();
  return std::optional(va::Claim{.identifier = row->identifier,
                                 .token = row->token,
                                 .key_authorization = row->key_authorization,
                                 .method = task.method,
                                 .wildcard = row->scope != store::Scope::name});
}

Result<void> Authorizations::fail(store::Tx& tx, const AuthorizationRow& row, const Problem& cause, Time now) {
  if (acme::problem_type(cause) != ProblemType::serverInternal) {  // that one is not the account's fault
    const auto counted =
        spend(tx, failures_of(row.account, row.identifier, deps_.rules.limits.failed_validations), now);
    if (!counted && !counted.error().problem) return counted;  // at the limit one more changes nothing
  }
  const Denial denial{"validation_failed", row.account, row.identifier.value, cause.detail.printable()};
  TRY(append_denial(tx, deps_.audit_chain, denial, now));
  return fail_orders(tx, row, cause);
}

void Authorizations::tell(const Task& task, const std::string& name, const va::Verdict& verdict, bool is_last) const {
  if (!verdict.problem) {
    deps_.log.info("validation_passed", {{"authorization", task.key}, {"account", task.account}, {"name", name}});
    if (!verdict.for_operator.empty()) {  // enough agreed, and not all
      deps_.log.warn("perspectives_differ",
                     {{"authorization", task.key}, {"name", name}, {"cause", verdict.for_operator}});
    }
    deps_.meter.count("crest_ca_validations_total", "valid " + task.method);
    return;
  }
  deps_.log.info(is_last ? "validation_failed" : "validation_retried", {{"authorization", task.key},
                                                                        {"account", task.account},
                                                                        {"name", name},
                                                                        {"error", verdict.problem->detail.printable()},
                                                                        {"cause", verdict.for_operator}});
  if (is_last) deps_.meter.count("crest_ca_validations_total", "invalid " + task.method);
}

Result<std::optional<Task>> Authorizations::record(const Task& task, const va::Verdict& verdict, Time now) {
  auto next = verdict.problem ? next_attempt(task, verdict, now) : std::nullopt;
  std::optional<AuthorizationRow> row;
  bool is_written = false;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    is_written = false;
    TRY(deps_.membership.check(tx));
    row = TRY(tx.authorizations.by_id(task.key));
    auto* challenge = row && deps_.membership.owns(row->node) ? processing(*row, task.method) : nullptr;
    if (!challenge) return {};
    write_verdict(*row, *challenge, verdict, !next, now);
    is_written = TRY(tx.authorizations.update_if(*row, AuthorizationStatus::pending));
    if (!is_written) return {};
    if (row->status == AuthorizationStatus::invalid) return fail(tx, *row, *verdict.problem, now);
    if (row->status == AuthorizationStatus::valid && verdict.reusable_for) return shorten_orders(tx, *row);
    return {};
  };
  TRY(deps_.store.write(work));
  if (!is_written) return std::optional<Task>();  // given up meanwhile, or somebody else was first
  tell(task, row->identifier.value, verdict, !next);
  return next;
}

Result<void> Authorizations::resume(Time now) {
  std::vector<AuthorizationRow> rows;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    const auto ids = TRY(tx.authorizations.with_processing_challenge(resumed_max));
    for (const auto& id : ids) {
      auto row = TRY(tx.authorizations.by_id(id));
      if (row && deps_.membership.owns(row->node)) rows.push_back(*std::move(row));
    }
    return {};
  };
  TRY(deps_.store.read(work));
  for (const auto& row : rows) {
    if (const auto* challenge = processing_challenge(row)) deps_.agenda.add(validation_task(row, *challenge, now));
  }
  return {};
}

}  // namespace crest::ca::ra
