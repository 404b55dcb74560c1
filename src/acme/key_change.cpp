#include "acme/account.hpp"
#include "acme/members.hpp"
#include "acme/problem.hpp"
#include "jose/jwk.hpp"

namespace crest::acme {
namespace {

using encoding::Json;
using encoding::JsonReader;

Error refused(std::string what) {
  return rejection(ProblemType::malformed, "the inner JWS of keyChange is not accepted: " + std::move(what));
}

Error refused(const jose::JwsError& error) {
  const std::string detail = "the inner JWS of keyChange is not accepted: " + error.detail;
  if (error.fault == jose::JwsFault::bad_key) return rejection(ProblemType::badPublicKey, detail);
  if (error.fault != jose::JwsFault::bad_algorithm) return rejection(ProblemType::malformed, detail);
  Problem problem = make_problem(ProblemType::badSignatureAlgorithm, detail);
  problem.algorithms = jose::algorithm_names();
  return rejection(std::move(problem));
}

// The inner JWS, its header checked and its signature verified by the key it carries.
Result<jose::ParsedJws> verified_inner(const Json& payload, std::string_view outer_url) {
  auto parsed = jose::parse_jws(payload);
  if (const auto* error = std::get_if<jose::JwsError>(&parsed)) return refused(*error);
  auto& jws = std::get<jose::ParsedJws>(parsed);
  if (!jws.jwk) return refused("it must carry the new key as jwk, and no kid");
  if (jws.nonce) return refused("it must not carry a nonce");
  if (jws.url != outer_url) return refused("its url differs from the one of the outer JWS");
  if (const auto fault = jose::verify(jws, *jws.jwk)) return refused(*fault);
  return std::move(jws);
}

Result<KeyChange> read_inner_payload(const jose::ParsedJws& inner) {
  const Json json = TRY(Json::parse(inner.payload));
  const JsonReader reader = TRY(JsonReader::of(json));
  const JsonReader old_key = TRY(reader.object("oldKey"));
  KeyChange change;
  change.new_key = *inner.jwk;
  change.account_url = TRY(reader.string("account"));
  change.old_key = TRY(jose::from_jwk(old_key.json()));
  return change;
}

}  // namespace

Result<std::string> key_change_payload(const crypto::Signer& new_key, const crypto::PublicKey& old_key,
                                       std::string_view account_url, std::string_view key_change_url) {
  Json json = Json::object();
  json.set("account", account_url).set("oldKey", jose::to_jwk(old_key));
  const jose::SignedParts inner = TRY(jose::sign(new_key, jose::KeyReference{}, "", key_change_url, json.dump()));
  return inner.dump();
}

Result<KeyChange> key_change_from_payload(std::string_view payload, std::string_view outer_url) {
  const auto json = Json::parse(payload);
  if (!json) return refused(json.error().describe());
  const jose::ParsedJws inner = TRY(verified_inner(*json, outer_url));
  auto change = read_inner_payload(inner);
  if (!change) return refused(change.error().describe());
  return change;
}

}  // namespace crest::acme
