// A FakeCa answers like a CA, at once and from memory, and lies wherever a test tells it to.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/challenge.hpp"
#include "acme/problem.hpp"
#include "acme/revocation.hpp"
#include "core/clock.hpp"
#include "encoding/base64.hpp"
#include "http/transport.hpp"
#include "jose/jwk.hpp"
#include "jose/jws.hpp"
#include "x509/csr.hpp"
#include "x509/test_certificates.hpp"

namespace crest::client::testing {

using encoding::Json;

inline http::Response json_response(int status, const Json& json, std::string type = "application/json") {
  http::Response response{.status = status, .body = json.dump()};
  response.headers.add("Content-Type", std::move(type));
  return response;
}

inline http::Response problem_response(const Problem& problem) {
  return json_response(problem.status, acme::to_json(problem), "application/problem+json");
}

inline http::Response refusal(acme::ProblemType type, std::string detail = "no", int status = 0) {
  return problem_response(acme::make_problem(type, std::move(detail), status));
}

class FakeCa final : public http::Transport {
 public:
  std::string base = "https://ca.test";

  explicit FakeCa(Clock& clock) : clock_(clock) {}

  // Instead of the CA; nullopt lets it through.
  std::function<std::optional<Result<http::Response>>(const http::Request&)> before;
  // Behind the CA's back: what it did stays done, what it answers may be changed or lost.
  std::function<void(const http::Request&, Result<http::Response>&)> after;
  http::Service* responder = nullptr;  // who answers http-01; none: every proof is believed
  Duration leaf_life{24 * 3'600'000};
  int polls_until_valid = 0, polls_until_issued = 0;
  bool reuse_authorizations = false, finalize_answers_valid = false;
  std::vector<std::string> offered = {"dns-01", "http-01", "tls-alpn-01", "future-99"};
  Json meta = Json::object();
  bool has_renewal_info = true;
  std::string token_prefix;  // in front of each token

  struct OrderState {
    acme::Order order;
    std::string account;
    std::optional<x509::Certificate> leaf;
    int polls = 0;
  };
  struct AuthorizationState {
    acme::Authorization authorization;
    std::string account;
    int polls = 0;
    bool answered = false;
  };
  std::vector<std::string> log;                 // "POST newOrder"
  std::vector<x509::Certificate> issued;        // every one it ever signed
  std::map<std::string, std::string> accounts;  // thumbprint to URL
  std::map<std::string, OrderState> orders;
  std::map<std::string, AuthorizationState> authorizations;
  std::vector<http::Request> requests;
  std::vector<Json> new_orders;  // as sent
  std::set<std::string> revoked;
  int reused_nonces = 0;

  std::string directory_url() const { return url("dir"); }
  std::string url(std::string_view path) const { return base + "/" + std::string(path); }
  std::size_t count(std::string_view what) const {
    return static_cast<std::size_t>(std::count(log.begin(), log.end(), what));
  }
  const x509::Certificate& root() const { return x509::test::pki().root; }
  // In date whatever day it is where the tests run.
  static const x509::Certificate& intermediate() {
    static const x509::Certificate made = [] {
      x509::CertificateTemplate parts = x509::test::intermediate_template();
      parts.not_before = Time(std::chrono::sys_days(std::chrono::year(2020) / 1 / 1));
      parts.not_after = Time(std::chrono::sys_days(std::chrono::year(2049) / 1 / 1));
      const auto& pki = x509::test::pki();
      return x509::test::issue(parts, pki.intermediate_key.public_key(), &pki.root, pki.root_key);
    }();
    return made;
  }
  // Forgets accounts, as a CA does that was set up anew.
  void forget_accounts() {
    accounts.clear();
    keys_.clear();
  }

  Result<http::Response> send(const http::Request& request, const Call& call) override {
    last_call = call;
    requests.push_back(request);
    log.push_back(request.method + " " + kind_of(request.url));
    if (before) {
      if (auto instead = before(request)) return *std::move(instead);
    }
    Result<http::Response> response = handle(request);
    if (after) after(request, response);
    return response;
  }
  Call last_call;

  // The first word of the path: "newOrder", "authz".
  static std::string kind_of(const std::string& url) {
    const std::size_t host = url.find("://");
    const std::size_t path = host == url.npos ? url.npos : url.find('/', host + 3);
    if (path == url.npos) return {};
    return url.substr(path + 1, url.find('/', path + 1) - path - 1);
  }

 private:
  http::Response handle(const http::Request& request) {
    http::Response response = answer(request);
    if (kind_of(request.url) == "dir") return response;
    const std::string nonce = "n" + std::to_string(++counter_);
    nonces_.insert(nonce);
    response.headers.add("Replay-Nonce", nonce);
    return response;
  }

  http::Response answer(const http::Request& request) {
    const std::string kind = kind_of(request.url);
    if (kind == "dir") return json_response(200, directory());
    if (kind == "newNonce") return {.status = request.method == "HEAD" ? 200 : 204};
    auto parsed = jose::parse_jws(request.body);
    auto* jws = std::get_if<jose::ParsedJws>(&parsed);
    if (jws == nullptr) return refusal(acme::ProblemType::malformed, std::get<jose::JwsError>(parsed).detail);
    if (!jws->nonce || nonces_.erase(*jws->nonce) == 0) {
      if (jws->nonce && spent_.contains(*jws->nonce)) ++reused_nonces;
      return refusal(acme::ProblemType::badNonce);
    }
    spent_.insert(*jws->nonce);
    if (jws->url != request.url) return refusal(acme::ProblemType::unauthorized, "url");
    const bool by_key = kind == "newAccount" || (kind == "revoke" && jws->jwk);
    if (by_key != jws->jwk.has_value()) return refusal(acme::ProblemType::malformed, "jwk or kid");
    if (!by_key && !keys_.contains(*jws->kid)) return refusal(acme::ProblemType::accountDoesNotExist);
    const crypto::PublicKey key = by_key ? *jws->jwk : keys_.at(*jws->kid);
    if (jose::verify(*jws, key)) return refusal(acme::ProblemType::unauthorized, "signature");
    return dispatch(kind, request.url, *jws, key);
  }

  http::Response dispatch(const std::string& kind, const std::string& target, const jose::ParsedJws& jws,
                          const crypto::PublicKey& key) {
    if (kind == "newAccount") return new_account(Json::parse(jws.payload).value(), key);
    if (kind == "newOrder") return new_order(Json::parse(jws.payload).value(), *jws.kid);
    if (kind == "authz") return authorization(target);
    if (kind == "chall") return challenge(target, jws.payload, key);
    if (kind == "finalize") return finalize(target, Json::parse(jws.payload).value());
    if (kind == "order") return order(target);
    if (kind == "cert") return certificate(target);
    if (kind == "revoke") return revoke(Json::parse(jws.payload).value());
    return refusal(acme::ProblemType::malformed, "no such thing", 404);
  }

  Json directory() const {
    Json json = Json::object();
    for (const char* name : {"newNonce", "newAccount", "newOrder"}) json.set(name, url(name));
    json.set("revokeCert", url("revoke")).set("keyChange", url("keyChange")).set("q7", Json::array());
    if (has_renewal_info) json.set("renewalInfo", url("ari"));
    json.set("meta", meta);
    return json;
  }

  http::Response new_account(const Json& request, const crypto::PublicKey& key) {
    const std::string print = jose::thumbprint(key);
    const bool known = accounts.contains(print);
    const Json* only = request.find("onlyReturnExisting");
    if (!known && only != nullptr && *only->as_bool()) return refusal(acme::ProblemType::accountDoesNotExist);
    if (!known) accounts[print] = url("acct/" + std::to_string(++counter_));
    keys_.insert_or_assign(accounts[print], key);
    http::Response response = json_response(known ? 200 : 201, Json::object().set("status", "valid"));
    response.headers.add("Location", accounts[print].substr(base.size()));  // relative, as it may be
    return response;
  }

  std::string add_authorization(const acme::Identifier& identifier, const std::string& account) {
    for (const auto& [where, state] : authorizations)
      if (reuse_authorizations && state.account == account && state.authorization.identifier == identifier.base() &&
          state.authorization.status == acme::AuthorizationStatus::valid)
        return where;
    const std::string number = std::to_string(++counter_);
    AuthorizationState state{.account = account};
    state.authorization.identifier = identifier.base();
    state.authorization.wildcard = identifier.is_wildcard();
    for (const std::string& type : offered)
      state.authorization.challenges.push_back(
          {.type = type, .url = url("chall/" + number + "/" + type), .token = token_prefix + "token-" + number});
    authorizations[url("authz/" + number)] = state;
    return url("authz/" + number);
  }

  http::Response new_order(const Json& request, const std::string& account) {
    new_orders.push_back(request);
    auto wanted = acme::new_order_from_json(request);
    if (!wanted) return problem_response(*wanted.error().problem);
    const std::string number = std::to_string(++counter_);
    OrderState state{.account = account};
    state.order.expires = clock_.now() + Duration(24 * 3'600'000);
    state.order.identifiers = wanted->identifiers;
    state.order.replaces = wanted->replaces;
    state.order.finalize = url("finalize/" + number);
    std::vector<acme::Identifier> shuffled(wanted->identifiers.rbegin(), wanted->identifiers.rend());
    for (const auto& identifier : shuffled)
      state.order.authorizations.push_back(add_authorization(identifier, account));
    orders[url("order/" + number)] = state;
    http::Response response = order(url("order/" + number));
    response.status = 201;
    response.headers.add("Location", url("order/" + number));
    return response;
  }

  http::Response order(const std::string& where) {
    if (!orders.contains(where)) return refusal(acme::ProblemType::malformed, "no such order", 404);
    OrderState& state = orders[where];
    std::vector<acme::AuthorizationStatus> statuses;
    for (const auto& one : state.order.authorizations) statuses.push_back(authorizations[one].authorization.status);
    state.order.status = acme::order_status(state.order.status, *state.order.expires, statuses, clock_.now());
    if (state.order.status == acme::OrderStatus::processing && state.polls++ >= polls_until_issued) {
      state.order.status = acme::OrderStatus::valid;
      state.order.certificate = url("cert/" + where.substr(where.rfind('/') + 1));
    }
    return json_response(200, acme::to_json(state.order));
  }

  http::Response authorization(const std::string& where) {
    if (!authorizations.contains(where)) return refusal(acme::ProblemType::malformed, "no such authorization", 404);
    AuthorizationState& state = authorizations[where];
    if (state.answered && state.authorization.status == acme::AuthorizationStatus::pending &&
        state.polls++ >= polls_until_valid)
      settle(state);
    return json_response(200, acme::to_json(state.authorization));
  }

  void settle(AuthorizationState& state) {
    for (acme::Challenge& challenge : state.authorization.challenges) {
      if (challenge.status != acme::ChallengeStatus::processing) continue;
      const bool good = responder == nullptr || responder->handle({.url = acme::http01_path(challenge.token)}).body ==
                                                    expected_[challenge.token];
      challenge.status = good ? acme::ChallengeStatus::valid : acme::ChallengeStatus::invalid;
      if (good) challenge.validated = clock_.now();
      if (!good) challenge.error = acme::make_problem(acme::ProblemType::unauthorized, "the answer is another");
      state.authorization.status = good ? acme::AuthorizationStatus::valid : acme::AuthorizationStatus::invalid;
      if (good) state.authorization.expires = clock_.now() + Duration(24 * 3'600'000);
    }
  }

  http::Response challenge(const std::string& where, const std::string& payload, const crypto::PublicKey& key) {
    for (auto& [name, state] : authorizations) {
      for (acme::Challenge& challenge : state.authorization.challenges) {
        if (challenge.url != where) continue;
        if (state.authorization.status != acme::AuthorizationStatus::pending)
          return refusal(acme::ProblemType::malformed, "the authorization is settled");
        if (payload != "{}") return refusal(acme::ProblemType::malformed, "payload");
        challenge.status = acme::ChallengeStatus::processing;
        expected_[challenge.token] = acme::key_authorization(challenge.token, key);
        state.answered = true;
        return json_response(200, acme::to_json(challenge));
      }
    }
    return refusal(acme::ProblemType::malformed, "no such challenge", 404);
  }

  http::Response finalize(const std::string& where, const Json& request) {
    const std::string of = url("order/" + where.substr(where.rfind('/') + 1));
    (void)order(of);
    OrderState& state = orders[of];
    if (state.order.status != acme::OrderStatus::ready) return refusal(acme::ProblemType::orderNotReady);
    const auto csr = x509::Csr::from_der(acme::finalize_from_json(request).value().csr_der);
    if (!csr || csr->names != acme::subject_names(state.order.identifiers) || keys_.contains(state.account) == false)
      return refusal(acme::ProblemType::badCSR);
    if (csr->key == keys_.at(state.account)) return refusal(acme::ProblemType::badCSR, "the account's key");
    state.leaf = sign(csr->key, csr->names);
    state.order.status = acme::OrderStatus::processing;
    return finalize_answers_valid ? order(of) : json_response(200, acme::to_json(state.order));
  }

  http::Response certificate(const std::string& where) {
    const OrderState& state = orders[url("order/" + where.substr(where.rfind('/') + 1))];
    if (!state.leaf) return refusal(acme::ProblemType::malformed, "no such certificate", 404);
    http::Response response{.status = 200};
    response.headers.add("Content-Type", "application/pem-certificate-chain");
    response.body = state.leaf->pem() + intermediate().pem();
    return response;
  }

  http::Response revoke(const Json& request) {
    const auto revocation = acme::revocation_from_json(request);
    if (!revocation) return problem_response(*revocation.error().problem);
    const auto certificate = x509::Certificate::from_der(revocation->certificate_der);
    if (!certificate) return refusal(acme::ProblemType::malformed);
    if (!revoked.insert(certificate->serial_hex()).second) return refusal(acme::ProblemType::alreadyRevoked);
    return {.status = 200};
  }

  x509::Certificate sign(const crypto::PublicKey& key, const std::vector<x509::SubjectName>& names) {
    x509::CertificateTemplate parts = x509::test::leaf_template();
    parts.not_before = std::chrono::floor<std::chrono::seconds>(clock_.now()) - Duration(60'000);
    parts.not_after = x509::last_second(parts.not_before, leaf_life);
    parts.names = names;
    const auto& pki = x509::test::pki();
    issued.push_back(x509::test::issue(parts, key, &intermediate(), pki.intermediate_key));
    return issued.back();
  }

  Clock& clock_;
  int counter_ = 0;
  std::set<std::string> nonces_, spent_;
  std::map<std::string, crypto::PublicKey> keys_;  // by account URL
  std::map<std::string, std::string> expected_;    // by token
};

}  // namespace crest::client::testing
