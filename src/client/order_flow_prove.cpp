// The part of an OrderFlow that proves control: authorizations, challenges, solvers (RFC 8555 section 7.5).
#include <algorithm>

#include "acme/challenge.hpp"
#include "acme/problem.hpp"
#include "acme/select.hpp"
#include "client/order_flow.hpp"

namespace crest::client {
namespace {

constexpr std::size_t failed_methods_max = 10;

Problem reason(const acme::Authorization& authorization) {
  Problem problem;
  for (const acme::Challenge& challenge : authorization.challenges)
    if (challenge.error) problem = *challenge.error;
  if (problem.detail.empty() && problem.type.empty()) {
    problem.type = "about:blank";
    problem.detail = Untrusted("the authorization is " + std::string(acme::to_string(authorization.status)));
  }
  problem.identifier = {std::string(acme::to_string(authorization.identifier.type)), authorization.identifier.value};
  return problem;
}

// One error for all names that failed, each with the CA's words (CF26, ERR-06).
Error refused(const CertificateRequest& request, std::vector<Problem> reasons, const Problem* order_error) {
  Error error =
      make_error(ErrorKind::authz_failed,
                 "the CA could not see that these names are ours; nothing was changed. Make sure that it reaches "
                 "this host by each name, then try again",
                 request.name);
  Problem problem;
  if (order_error != nullptr) problem = *order_error;
  if (problem.type.empty()) problem.type = "about:blank";
  for (Problem& one : reasons) problem.subproblems.push_back(std::move(one));
  error.problem = std::make_shared<const Problem>(std::move(problem));
  return error;
}

void remember_failed(OrderRecord& record, const std::string& method) {
  auto& failed = record.failed_methods;
  if (method.empty() || std::find(failed.begin(), failed.end(), method) != failed.end()) return;
  failed.push_back(method);
  if (failed.size() > failed_methods_max) failed.erase(failed.begin());
}

const acme::Challenge* find(const acme::Authorization& authorization, const std::string& url) {
  for (const acme::Challenge& challenge : authorization.challenges)
    if (challenge.url == url) return &challenge;
  return nullptr;
}

bool is_asked_for(const CertificateRequest& request, const acme::Identifier& identifier) {
  return std::any_of(request.identifiers.begin(), request.identifiers.end(),
                     [&](const acme::Identifier& asked) { return asked.base() == identifier; });
}

}  // namespace

Solver* OrderFlow::solver_for(std::string_view method) const {
  for (Solver* solver : deps_.solvers)
    if (solver->method() == method) return solver;
  return nullptr;
}

// As it was shown; a record of before that was kept there was shown for the account at hand.
Proof OrderFlow::proof_of(const AuthorizationRecord& authorization) const {
  const std::string& shown = authorization.key_authorization;
  return {.identifier = authorization.identifier,
          .token = authorization.token,
          .key_authorization =
              shown.empty() ? acme::key_authorization(authorization.token, deps_.account_key.public_key()) : shown};
}

// True when nothing of ours is left. What stays is still marked in the record, and tried again (CF66).
bool OrderFlow::take_proofs_away(OrderRecord& record) {
  bool all = true;
  for (AuthorizationRecord& authorization : record.authorizations) {
    if (!authorization.presented) continue;
    Solver* solver = solver_for(authorization.method);
    const auto done = solver != nullptr ? solver->clean_up(proof_of(authorization))
                                        : Result<void>(make_error(ErrorKind::no_challenge, "nothing is set up for it"));
    authorization.presented = !done;
    all = all && done;
    if (!done)
      deps_.log.warn("proof_left_behind", {{"name", authorization.identifier.value},
                                           {"method", authorization.method},
                                           {"why", done.error().describe()}});
  }
  shown_ = 0;
  return all;
}

Result<acme::Authorization> OrderFlow::read_authorization(const OrderRecord& record, const std::string& url,
                                                          const std::stop_token& stop,
                                                          std::optional<Time>* retry_after) {
  const Reply reply = TRY(ask(record, url, "", stop));
  if (retry_after != nullptr) *retry_after = reply.retry_after;
  const encoding::Json json = TRY(json_of(reply.response, "authorization " + url));
  auto authorization = acme::authorization_from_json(json);
  if (!authorization) return misshapen(std::move(authorization.error()), "authorization " + url);
  return authorization;
}

// An order is pending: something is to be proven, or the CA is not through with what it has seen (CF27, CF28).
OrderFlow::Next OrderFlow::prove_or_poll(OrderRecord& record, std::optional<Time> retry_after, Time now) {
  const auto& all = record.authorizations;
  const auto unknown = [](const AuthorizationRecord& one) { return one.identifier.value.empty(); };
  const auto open = [](const AuthorizationRecord& one) { return !one.valid; };
  if (std::any_of(all.begin(), all.end(), unknown)) {
    enter(record, Phase::authorize, now);
    return Step(Continue{});
  }
  if (std::any_of(all.begin(), all.end(), open)) {
    enter(record, Phase::present, now);
    shown_ = 0;
    for (AuthorizationRecord& one : record.authorizations) one.responded = false;
    return Step(Continue{});
  }
  take_proofs_away(record);
  enter(record, Phase::validate, now);
  return poll_again(record, retry_after, "the CA is getting the order for " + shown_names(record.request) + " ready",
                    now);
}

OrderFlow::Next OrderFlow::authorize(OrderRecord& record, Time now, const std::stop_token& stop) {
  for (AuthorizationRecord& one : record.authorizations) {
    if (!one.identifier.value.empty()) continue;
    const acme::Authorization authorization = TRY(read_authorization(record, one.url, stop, nullptr));
    if (authorization.status == acme::AuthorizationStatus::pending) {
      TRY(choose(record, one, authorization));
    } else if (authorization.status == acme::AuthorizationStatus::valid) {
      one.valid = true;  // AUT-08
    } else {
      return refused(record.request, {reason(authorization)}, nullptr);
    }
    one.identifier = authorization.identifier;
    return Step(Continue{});
  }
  return prove_or_poll(record, std::nullopt, now);
}

// In the solvers' order; what was tried in vain comes last (ORD-24).
std::vector<std::string> OrderFlow::preferred_methods(const OrderRecord& record) const {
  const auto& failed = record.failed_methods;
  std::vector<std::string> methods, last;
  for (const Solver* solver : deps_.solvers) {
    const bool fresh = std::find(failed.begin(), failed.end(), solver->method()) == failed.end();
    (fresh ? methods : last).emplace_back(solver->method());
  }
  methods.insert(methods.end(), last.begin(), last.end());
  return methods;
}

Result<void> OrderFlow::choose(OrderRecord& record, AuthorizationRecord& chosen,
                               const acme::Authorization& authorization) {
  if (!is_asked_for(record.request, authorization.identifier))
    return make_error(ErrorKind::ca_protocol, "the CA wants a name proven that was not asked for; tell its operator",
                      authorization.identifier.value);
  const auto selected = acme::select_challenge(authorization, preferred_methods(record));
  if (!selected) {
    Error error = selected.error();
    return std::move(error).at("authorization " + chosen.url);
  }
  const acme::Challenge& challenge = *selected;
  TRY(deps_.session.check_url(challenge.url));
  chosen.method = challenge.type;
  chosen.challenge_url = challenge.url;
  chosen.token = challenge.token;
  chosen.key_authorization = acme::key_authorization(challenge.token, deps_.account_key.public_key());
  return {};
}

OrderFlow::Next OrderFlow::present(OrderRecord& record, Time now) {
  auto& all = record.authorizations;
  const auto to_do = [](const AuthorizationRecord& one) { return !one.valid && !one.method.empty(); };
  const bool unmarked =
      std::any_of(all.begin(), all.end(), [&](const AuthorizationRecord& one) { return to_do(one) && !one.presented; });
  if (unmarked) {
    for (AuthorizationRecord& one : all) one.presented = one.presented || to_do(one);
    TRY(save_order(deps_.vault, record));
  }
  while (shown_ < all.size() && !to_do(all[shown_])) ++shown_;
  if (shown_ == all.size()) {
    enter(record, Phase::respond, now);
    return Step(Continue{});
  }
  Solver* solver = solver_for(all[shown_].method);
  if (solver == nullptr)
    return make_error(ErrorKind::no_challenge,
                      "the order was begun with " + all[shown_].method + ", which is not set up now",
                      all[shown_].identifier.value);
  TRY(solver->present(proof_of(all[shown_])));
  deps_.log.info("proof_shown", {{"name", all[shown_].identifier.value}, {"method", all[shown_].method}});
  ++shown_;
  return Step(Continue{});
}

OrderFlow::Next OrderFlow::respond(OrderRecord& record, Time now, const std::stop_token& stop) {
  auto& all = record.authorizations;
  respond_errors_.resize(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].valid || all[i].responded) continue;
    const auto reply = ask(record, all[i].challenge_url, "{}", stop);
    if (!reply) {
      const Error& error = reply.error();
      const bool refusal = error.problem && error.problem->status >= 400 && error.problem->status < 500;
      const bool about_us = error.kind == ErrorKind::rate_limited || error.kind == ErrorKind::account ||
                            error.kind == ErrorKind::user_action || error.kind == ErrorKind::bad_nonce;
      if (!refusal || about_us) return error;
      respond_errors_[i] = error;  // perhaps it was answered before, and that answer lost: the authorization will tell
    }
    all[i].responded = true;
    return Step(Continue{});
  }
  enter(record, Phase::validate, now);
  return poll_again(record, std::nullopt, "the CA is validating " + shown_names(record.request), now);
}

OrderFlow::Next OrderFlow::validate(OrderRecord& record, Time now, const std::stop_token& stop) {
  auto& all = record.authorizations;
  const auto open = std::find_if(all.begin(), all.end(), [](const AuthorizationRecord& one) { return !one.valid; });
  if (open == all.end()) return read_order(record, now, stop);
  std::optional<Time> retry_after;
  const acme::Authorization authorization = TRY(read_authorization(record, open->url, stop, &retry_after));
  if (authorization.status == acme::AuthorizationStatus::valid) {
    open->valid = true;
    polls_ = 0;  // there is progress: ask for the next one early again
    return Step(Continue{});
  }
  if (authorization.status != acme::AuthorizationStatus::pending) {
    remember_failed(record, open->method);
    return refused(record.request, {reason(authorization)}, nullptr);
  }
  const acme::Challenge* challenge = find(authorization, open->challenge_url);
  const std::size_t index = static_cast<std::size_t>(open - all.begin());
  const bool untouched = challenge == nullptr || challenge->status == acme::ChallengeStatus::pending;
  if (untouched && index < respond_errors_.size() && respond_errors_[index])
    return std::move(*respond_errors_[index]).as(ErrorKind::authz_failed);
  if (challenge != nullptr && challenge->error)  // CHL-15: it goes on trying
    last_problem_ = std::make_shared<const Problem>(*challenge->error);
  return poll_again(record, retry_after, "the CA is validating " + open->identifier.value, now);
}

// The order is invalid; the reason is often in its authorizations only (CF26). One exchange for each.
OrderFlow::Next OrderFlow::examine(OrderRecord& record, const std::stop_token& stop) {
  const bool told = last_problem_ && !last_problem_->subproblems.empty();
  if (!told && *examined_ < record.authorizations.size()) {
    const AuthorizationRecord& one = record.authorizations[(*examined_)++];
    const auto authorization = read_authorization(record, one.url, stop, nullptr);
    if (authorization && authorization->status != acme::AuthorizationStatus::valid &&
        authorization->status != acme::AuthorizationStatus::pending) {
      remember_failed(record, one.method);
      reasons_.push_back(reason(*authorization));
    }
    return Step(Continue{});
  }
  if (!reasons_.empty()) return refused(record.request, std::move(reasons_), last_problem_.get());
  Error error = make_error(ErrorKind::order_failed, "the CA has given the order up; the next run makes a new one",
                           record.order_url);
  error.problem = last_problem_;
  return error;
}

}  // namespace crest::client
