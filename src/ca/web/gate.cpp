#include "ca/web/gate.hpp"

#include "acme/problem.hpp"
#include "x509/csr.hpp"

namespace crest::ca::web {
namespace {

using acme::ProblemType;

constexpr int unauthenticated = 401, unsupported_media_type = 415, content_too_large = 413;
constexpr std::string_view jose_json = "application/jose+json";
constexpr std::size_t envelope_bytes_max = 2'000;  // protected header, signature and names of members

static_assert(x509::csr_bytes_max * 16 / 9 + envelope_bytes_max <= http::request_bytes_max,
              "the largest CSR fits into a request, where it is base64 in base64");

Error refused(const jose::JwsError& error) {
  if (error.fault == jose::JwsFault::malformed) return acme::rejection(ProblemType::malformed, error.detail);
  if (error.fault == jose::JwsFault::bad_key) return acme::rejection(ProblemType::badPublicKey, error.detail);
  Problem problem = acme::make_problem(ProblemType::badSignatureAlgorithm, error.detail);
  problem.algorithms = jose::algorithm_names();
  return acme::rejection(std::move(problem));
}

Result<void> check_form(const http::Request& request) {
  const auto type = request.headers.get("Content-Type");
  if (!type || !http::equal_no_case(*type, jose_json)) {
    return acme::rejection(ProblemType::malformed, "the Content-Type must be " + std::string(jose_json),
                           unsupported_media_type);
  }
  if (request.body.size() > http::request_bytes_max) {
    return acme::rejection(ProblemType::malformed, "the request is too large", content_too_large);
  }
  if (request.headers.get("Replay-Nonce")) {
    return acme::rejection(ProblemType::malformed, "Replay-Nonce is a response header; the nonce belongs into the JWS");
  }
  return {};
}

Result<void> check_signer(const jose::ParsedJws& jws, SignedBy signed_by) {
  if (signed_by == SignedBy::account && !jws.kid) {
    return acme::rejection(ProblemType::malformed, "this request must be signed by an account, named as kid");
  }
  if (signed_by == SignedBy::key && !jws.jwk) {
    return acme::rejection(ProblemType::malformed, "this request must carry its key as jwk");
  }
  return {};
}

}  // namespace

Result<jose::ParsedJws> Gate::checked(const http::Request& request, SignedBy signed_by) {
  TRY(check_form(request));
  auto parsed = jose::parse_jws(request.body);
  if (const auto* error = std::get_if<jose::JwsError>(&parsed)) return refused(*error);
  auto& jws = std::get<jose::ParsedJws>(parsed);
  if (!jws.nonce || !deps_.nonces.redeem(*jws.nonce)) {
    return acme::rejection(ProblemType::badNonce, "the nonce is unknown or was used; take the one of this response");
  }
  if (jws.url != deps_.urls.of_target(request.url)) {
    return acme::rejection(ProblemType::unauthorized, "the url in the JWS is not the one of this resource");
  }
  TRY(check_signer(jws, signed_by));
  return std::move(jws);
}

Result<Caller> Gate::by_account(const jose::ParsedJws& jws) {
  Caller caller;
  const std::string id(deps_.urls.account_id(*jws.kid));
  const auto work = [&](store::Tx& tx) -> Result<void> {
    if (!id.empty()) caller.account = TRY(tx.accounts.by_id(id));
    return {};
  };
  TRY(deps_.store.read(work));
  if (!caller.account) return acme::rejection(ProblemType::accountDoesNotExist, "no account has this URL (kid)");
  caller.key = TRY(keys_.get(caller.account->key_spki));
  if (const auto error = jose::verify(jws, caller.key)) return refused(*error);
  if (caller.account->status != acme::AccountStatus::valid) {
    return acme::rejection(ProblemType::unauthorized,
                           "the account is " + std::string(acme::to_string(caller.account->status)), unauthenticated);
  }
  return caller;
}

Result<Caller> Gate::admit(const http::Request& request, SignedBy signed_by) {
  auto jws = TRY(checked(request, signed_by));
  Caller caller;
  if (jws.kid) {
    caller = TRY(by_account(jws));
  } else {
    if (const auto error = jose::verify(jws, *jws.jwk)) return refused(*error);
    caller.key = *jws.jwk;
  }
  caller.payload = std::move(jws.payload);
  caller.url = std::move(jws.url);
  return caller;
}

}  // namespace crest::ca::web
