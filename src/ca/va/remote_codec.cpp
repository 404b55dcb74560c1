#include "ca/va/remote_codec.hpp"

#include <algorithm>

#include "acme/authorization.hpp"
#include "acme/challenge.hpp"
#include "encoding/base64.hpp"
#include "encoding/url.hpp"

namespace crest::ca::va {
namespace {

using encoding::Json;
using encoding::JsonReader;

constexpr std::size_t thumbprint_chars = 43;  // of SHA-256
constexpr std::size_t detail_chars_max = 1'000, operator_chars_max = 1'000;
constexpr Duration reusable_most{366 * 24h};

Error bad(std::string why) { return make_error(ErrorKind::malformed, std::move(why)); }

Result<JsonReader> object_of(const Json& json, std::initializer_list<std::string_view> known) {
  auto reader = TRY(JsonReader::of(json));
  for (const auto& [name, value] : *json.as_object()) {
    if (std::ranges::find(known, name) == known.end())
      return bad("a member that is not known: " + Untrusted(name).printable(40));
  }
  return reader;
}

Result<void> check_key_authorization(const Claim& claim) {
  const std::string_view text = claim.key_authorization;
  const std::size_t dot = claim.token.size();
  if (!text.starts_with(claim.token) || text.size() != dot + 1 + thumbprint_chars || text[dot] != '.' ||
      !encoding::is_base64url(text.substr(dot + 1))) {
    return bad("key_authorization is not the token, a dot and a thumbprint");
  }
  return {};
}

Result<void> check(const Claim& claim) {
  if (claim.identifier.is_wildcard()) return bad("the identifier stands without \"*.\"");
  if (!acme::is_known_method(claim.method)) return bad("there is no such method");
  TRY(acme::check_token(claim.token));
  TRY(check_key_authorization(claim));
  if (!claim.account_url.empty()) TRY(encoding::Url::parse(claim.account_url));
  return {};
}

Result<Problem> problem_of(const Json& json) {
  const auto read = TRY(acme::problem_from_json(json));
  const auto type = acme::problem_type(read);
  if (!type) return bad("a problem of a type that is not known");
  return acme::make_problem(*type, read.detail.printable(detail_chars_max));
}

}  // namespace

Json to_json(const Claim& claim) {
  Json json = Json::object();
  json.set("identifier", acme::to_json(claim.identifier)).set("token", claim.token);
  json.set("key_authorization", claim.key_authorization).set("method", claim.method);
  json.set("wildcard", claim.wildcard).set("account_url", claim.account_url);
  return json;
}

Result<Claim> claim_from_json(std::string_view text) {
  if (text.size() > claim_bytes_max) return bad("longer than " + std::to_string(claim_bytes_max) + " octets");
  const auto json = TRY(Json::parse(text));
  const auto reader =
      TRY(object_of(json, {"identifier", "token", "key_authorization", "method", "wildcard", "account_url"}));
  const auto inner = TRY(reader.object("identifier"));
  Claim claim;
  claim.identifier = TRY(acme::identifier_from_json(inner.json(), "identifier"));
  claim.token = TRY(reader.string("token"));
  claim.key_authorization = TRY(reader.string("key_authorization"));
  claim.method = TRY(reader.string("method"));
  claim.wildcard = TRY(reader.boolean("wildcard"));
  claim.account_url = TRY(reader.string("account_url"));
  TRY(check(claim));
  return claim;
}

Json to_json(const Verdict& verdict) {
  Json json = Json::object();
  json.set("proved", !verdict.problem.has_value());
  if (verdict.problem) json.set("problem", acme::to_json(*verdict.problem)).set("transient", verdict.transient);
  if (verdict.reusable_for) json.set("reusable_for", static_cast<std::int64_t>(verdict.reusable_for->count()));
  if (!verdict.for_operator.empty()) json.set("for_operator", verdict.for_operator);
  return json;
}

Result<Verdict> verdict_from_json(std::string_view text) {
  if (text.size() > verdict_bytes_max) return bad("longer than " + std::to_string(verdict_bytes_max) + " octets");
  const auto json = TRY(Json::parse(text));
  const auto reader = TRY(object_of(json, {"proved", "problem", "transient", "reusable_for", "for_operator"}));
  const bool proved = TRY(reader.boolean("proved"));
  const auto problem = TRY(reader.optional_object("problem"));
  const auto transient = TRY(reader.optional_boolean("transient"));
  const auto reusable = TRY(reader.optional_integer("reusable_for"));
  const auto told = TRY(reader.optional_string("for_operator"));
  if (proved == problem.has_value()) return bad("proved and problem contradict each other");
  Verdict verdict;
  if (problem) verdict.problem = TRY(problem_of(problem->json()));
  verdict.transient = transient.value_or(false);
  if (reusable && (*reusable < 0 || *reusable > reusable_most.count())) return bad("reusable_for is out of range");
  if (reusable) verdict.reusable_for = Duration(*reusable);
  verdict.for_operator = Untrusted(told.value_or("")).printable(operator_chars_max);
  return verdict;
}

}  // namespace crest::ca::va
