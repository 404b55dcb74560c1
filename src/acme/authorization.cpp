#include "acme/authorization.hpp"

#include <algorithm>
#include <array>

#include "acme/members.hpp"
#include "acme/problem.hpp"
#include "acme/status_words.hpp"

namespace crest::acme {
namespace {

using encoding::Json;
using encoding::JsonReader;

constexpr std::array<std::string_view, 5> known_methods = {http_01, dns_01, tls_alpn_01, dns_account_01,
                                                           dns_persist_01};

Result<std::vector<Challenge>> challenges_member(const JsonReader& reader) {
  const Json::Array* items = TRY(reader.array("challenges"));
  std::vector<Challenge> out;
  if (!items) return out;
  for (const Json& item : *items) {
    if (out.size() >= challenges_max) break;
    auto challenge = challenge_from_json(item);
    if (!challenge) {
      return std::move(challenge).error().at(reader.path_of("challenges") + "[" + std::to_string(out.size()) + "]");
    }
    out.push_back(*std::move(challenge));
  }
  return out;
}

}  // namespace

bool is_known_method(std::string_view method) {
  return std::find(known_methods.begin(), known_methods.end(), method) != known_methods.end();
}

Json to_json(const Challenge& challenge) {
  Json json = Json::object();
  json.set("type", challenge.type).set("url", challenge.url).set("status", to_string(challenge.status));
  if (challenge.validated) json.set("validated", to_rfc3339(*challenge.validated));
  if (challenge.error) json.set("error", to_json(*challenge.error));
  if (!challenge.token.empty()) json.set("token", challenge.token);
  if (challenge.account_uri) json.set("accounturi", *challenge.account_uri);
  if (!challenge.issuer_domain_names.empty()) {
    // Draft -02 names no account, and writes this in another way.
    json.set(challenge.account_uri ? "issuer-domain-names" : "issuerDomainNames",
             Json::strings(challenge.issuer_domain_names));
  }
  return json;
}

Result<Challenge> challenge_from_json(const Json& json) {
  const JsonReader reader = TRY(JsonReader::of(json));
  Challenge challenge;
  challenge.type = TRY(reader.string("type"));
  if (!is_known_method(challenge.type)) return challenge;
  challenge.url = TRY(url_member(reader, "url"));
  const auto status = TRY(optional_word_member(reader, "status", challenge_words));
  challenge.status = status.value_or(ChallengeStatus::pending);
  challenge.validated = TRY(reader.optional_time("validated"));
  challenge.error = problem_member(reader, "error");
  const auto token = TRY(reader.optional_string("token"));
  challenge.token = token.value_or("");
  if (challenge.type != dns_persist_01) return challenge;
  const bool is_draft_02 = json.find("issuerDomainNames") != nullptr;
  challenge.issuer_domain_names = TRY(reader.strings(is_draft_02 ? "issuerDomainNames" : "issuer-domain-names"));
  challenge.account_uri = TRY(reader.optional_string("accounturi"));
  return challenge;
}

Identifier Authorization::proved() const {
  if (!wildcard || identifier.is_wildcard()) return identifier;
  return {.type = identifier.type, .value = "*." + identifier.value};
}

Json to_json(const Authorization& authorization) {
  Json json = Json::object();
  json.set("identifier", to_json(authorization.identifier.base()));
  json.set("status", to_string(authorization.status));
  if (authorization.expires) json.set("expires", to_rfc3339(*authorization.expires));
  Json challenges = Json::array();
  for (const Challenge& challenge : authorization.challenges) challenges.push(to_json(challenge));
  json.set("challenges", std::move(challenges));
  if (authorization.wildcard || authorization.identifier.is_wildcard()) json.set("wildcard", true);
  if (authorization.subdomain_auth_allowed) json.set("subdomainAuthAllowed", true);
  return json;
}

Result<Authorization> authorization_from_json(const Json& json) {
  const JsonReader reader = TRY(JsonReader::of(json));
  const JsonReader subject = TRY(reader.object("identifier"));
  const Identifier identifier = TRY(identifier_from_json(subject.json(), reader.path_of("identifier")));
  Authorization authorization;
  authorization.identifier = identifier.base();
  authorization.status = TRY(word_member(reader, "status", authorization_words));
  authorization.expires = TRY(reader.optional_time("expires"));
  authorization.challenges = TRY(challenges_member(reader));
  const auto wildcard = TRY(reader.optional_boolean("wildcard"));
  authorization.wildcard = wildcard.value_or(false) || identifier.is_wildcard();
  const auto subdomains = TRY(reader.optional_boolean("subdomainAuthAllowed"));
  authorization.subdomain_auth_allowed = subdomains.value_or(false);
  return authorization;
}

Json to_json(const NewAuthorization& request) {
  Json identifier = to_json(request.identifier);
  if (request.subdomain_auth_allowed) identifier.set("subdomainAuthAllowed", true);
  return Json::object().set("identifier", std::move(identifier));
}

Result<NewAuthorization> new_authorization_from_json(const Json& json) {
  const auto read = [&]() -> Result<NewAuthorization> {
    const JsonReader reader = TRY(JsonReader::of(json));
    const JsonReader subject = TRY(reader.object("identifier"));
    const std::string type = TRY(subject.string("type"));
    const std::string value = TRY(subject.string("value"));
    if (is_unsupported_type(type))
      return rejection(ProblemType::unsupportedIdentifier, "no certificate has such a name");
    NewAuthorization request;
    request.identifier = TRY(identifier_from_wire(type, value));
    if (request.identifier.is_wildcard())
      return make_error(ErrorKind::malformed, "a wildcard cannot be authorized in advance; name the domain",
                        "identifier");
    const auto subdomains = TRY(subject.optional_boolean("subdomainAuthAllowed"));
    request.subdomain_auth_allowed = subdomains.value_or(false);
    return request;
  }();
  if (read || read.error().problem) return read;
  return as_rejection(read.error());
}

}  // namespace crest::acme
