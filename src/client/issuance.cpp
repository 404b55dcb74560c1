#include "client/issuance.hpp"

#include <algorithm>

#include "acme/problem.hpp"
#include "client/backoff.hpp"
#include "client/certificate_meta.hpp"
#include "client/kept_key.hpp"

namespace crest::client {
namespace {

// What is left of a record whose order serves nothing any more: how often it failed, and what is to be tidied up.
OrderRecord without_order(OrderRecord old, CertificateRequest wanted) {
  OrderRecord record{.request = std::move(wanted)};
  record.attempts = old.attempts;
  record.not_before = old.not_before;
  record.failed_methods = std::move(old.failed_methods);
  record.last_error = std::move(old.last_error);
  record.last_problem = std::move(old.last_problem);
  for (AuthorizationRecord& one : old.authorizations)
    if (one.presented) record.authorizations.push_back(std::move(one));
  return record;
}

bool is_account_unknown(const Error& error) {
  return error.problem && acme::problem_type(*error.problem) == acme::ProblemType::accountDoesNotExist;
}

}  // namespace

Issuance::Issuance(Deps deps, std::unique_ptr<Lease> lease, OrderRecord record)
    : deps_(std::move(deps)), lease_(std::move(lease)), record_(std::move(record)) {}

Result<std::unique_ptr<Issuance>> Issuance::open(Deps deps, CertificateRequest wanted) {
  std::unique_ptr<Lease> lease = TRY(deps.vault.lease(wanted.name));
  std::optional<OrderRecord> found = TRY(load_order(deps.vault, wanted.name));
  const auto live = live_meta(deps.vault, wanted.name);  // damaged: what we are about to get replaces it
  OrderRecord record{.request = wanted};
  if (found) {
    const bool published = live && *live && !found->order_url.empty() && (*live)->order_url == found->order_url;
    const bool elsewhere = found->directory != deps.session.endpoint().directory_url;
    const bool resumes = !published && !elsewhere && asks_the_same(found->request, wanted);
    if (published) TRY(deps.vault.settle(wanted.name));
    if (published) found->attempts = 0, found->not_before.reset();
    if (!resumes && !published) TRY(keep_key_of(deps.vault, *found, "something else was asked for before it ended"));
    record = resumes ? *std::move(found) : without_order(*std::move(found), wanted);
    record.request.replaces = record.order_url.empty() ? wanted.replaces : record.request.replaces;
  }
  return std::unique_ptr<Issuance>(new Issuance(std::move(deps), std::move(lease), std::move(record)));
}

Result<void> Issuance::check_machine() {
  if (checked_) return {};
  TRY(deps_.vault.check_writable());
  for (Solver* solver : deps_.solvers) TRY(solver->check());
  checked_ = true;
  return {};
}

Result<void> Issuance::use(AccountHandle account) {
  if (record_.account_url != account.url && !record_.order_url.empty()) {  // another account cannot go on with it
    TRY(keep_key_of(deps_.vault, record_, "its account " + record_.account_url + " is gone"));
    record_ = without_order(std::move(record_), record_.request);
  }
  record_.account_url = account.url;
  account_ = std::move(account);
  flow_.emplace(OrderFlow::Deps{.session = deps_.session,
                                .vault = deps_.vault,
                                .keys = deps_.keys,
                                .random = deps_.random,
                                .log = deps_.log,
                                .account_key = account_->key,
                                .solvers = deps_.solvers,
                                .pinned_roots = deps_.pinned_roots});
  return {};
}

Result<Step> Issuance::open_account_step(Time now, const std::stop_token& stop) {
  auto lease = deps_.vault.lease(account_lease_name(deps_.session.endpoint()));
  if (!lease && lease.error().kind == ErrorKind::locked && now < saturating_add(*started_, OrderFlow::phase_time_max))
    return Step(WaitUntil{saturating_add(now, lease_poll), "another process is registering the account"});
  if (!lease) return std::move(lease.error());
  auto account =
      reopened_ ? account_again(stop) : open_account(deps_.session, deps_.vault, deps_.keys, deps_.account, stop);
  if (!account) return std::move(account.error());
  TRY(use(*std::move(account)));
  return Step(Continue{});
}

// Another process may have been told the same, and have been faster.
Result<AccountHandle> Issuance::account_again(const std::stop_token& stop) {
  std::optional<AccountHandle> stored = TRY(stored_account(deps_.vault, deps_.session.endpoint()));
  if (stored && stored->url != record_.account_url) return *std::move(stored);
  return reopen_account(deps_.session, deps_.vault, deps_.account, stop);
}

Step Issuance::advance(Time now, std::stop_token stop) {
  if (!started_ || *started_ > now) started_ = now;
  if (auto fit = check_machine(); !fit) return Failed{std::move(fit.error())};  // nobody was asked: nothing to note
  if (!flow_) {
    auto step = open_account_step(now, stop);
    if (step) return *std::move(step);
    const Time next = next_try(step.error(), failures_, now);
    ++failures_;
    if (passes_by_itself(step.error()) && failures_ < contact_tries_max &&
        next < saturating_add(*started_, OrderFlow::phase_time_max))
      return WaitUntil{next, step.error().describe(), step.error()};
    return give_up(std::move(step.error()), now);
  }
  Step step = flow_->advance(record_, now, stop);
  const Failed* failed = std::get_if<Failed>(&step);
  if (failed == nullptr || reopened_ || !is_account_unknown(failed->error)) return step;
  reopened_ = true;  // CF32: once, with the same key
  deps_.log.warn("account_unknown", {{"account", record_.account_url}});
  flow_.reset();  // the next step registers it, under the account's lease
  started_ = now;
  failures_ = 0;
  return Continue{};
}

// No order was made, but the failure counts all the same, or a CA that is away would be asked at every start.
Step Issuance::give_up(Error error, Time now) {
  if (record_.attempts + 1 > record_.attempts) ++record_.attempts;
  note_failure(record_, error, serving(deps_.vault, record_.request.name, now), deps_.random, now);
  const auto saved = save_order(deps_.vault, record_);
  if (!saved)  // a disk that fails is said once
    deps_.log.write(error.kind == ErrorKind::storage ? LogLevel::info : LogLevel::error, "record_not_saved",
                    {{"name", record_.request.name}, {"why", saved.error().describe()}});
  return Failed{std::move(error)};
}

Result<void> Issuance::pause() {
  if (!flow_) return {};
  return flow_->pause(record_);
}

std::string Issuance::doing() const {
  const std::string names = shown_names(record_.request);
  if (!checked_) return "checking this machine";
  if (!flow_) return "opening the account at " + deps_.session.endpoint().directory_url;
  if (record_.order_url.empty()) return "asking the CA for an order for " + names;
  switch (record_.phase) {
    case Phase::present:
    case Phase::propagate: return "showing the proof for " + names;
    case Phase::respond:
    case Phase::validate: return "the CA is validating " + names;
    case Phase::finalize:
    case Phase::issue: return "the CA is issuing the certificate for " + names;
    case Phase::download: return "fetching the certificate for " + names;
    default: return "reading the order for " + names;
  }
}

}  // namespace crest::client
