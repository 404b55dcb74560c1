#include "acme/directory.hpp"

#include "encoding/url.hpp"

namespace crest::acme {
namespace {

using encoding::Json;
using encoding::JsonReader;

Result<std::string> endpoint(const std::string& url, const std::string& path, bool allow_http) {
  auto parsed = encoding::Url::parse(url);
  if (!parsed) return std::move(parsed).error().at(path);
  if (!parsed->is_https() && !allow_http) {
    return make_error(ErrorKind::malformed,
                      "the directory gives a URL that is not https, which anyone on the way can read and change; "
                      "have the CA's operator correct it",
                      path + ": " + parsed->str());
  }
  return url;
}

Result<std::optional<std::string>> optional_endpoint(const JsonReader& reader, std::string_view name, bool allow_http) {
  std::optional<std::string> url = TRY(reader.optional_string(name));
  if (!url) return url;
  url = TRY(endpoint(*url, reader.path_of(name), allow_http));
  return url;
}

Result<std::string> required_endpoint(const JsonReader& reader, std::string_view name, bool allow_http) {
  std::optional<std::string> url = TRY(optional_endpoint(reader, name, allow_http));
  if (!url) {
    return make_error(ErrorKind::malformed,
                      "the directory lacks this URL, without which no certificate can be had; check the directory URL",
                      reader.path_of(name));
  }
  return *std::move(url);
}

std::optional<std::string> text_or_none(const Json& meta, std::string_view name) {
  const Json* member = meta.find(name);
  const std::string* text = member ? member->as_string() : nullptr;
  return text ? std::optional(*text) : std::nullopt;
}

bool is_true(const Json& meta, std::string_view name) {
  const Json* member = meta.find(name);
  return member && member->as_bool() && *member->as_bool();
}

std::map<std::string, std::string> profiles_of(const Json& meta) {
  std::map<std::string, std::string> profiles;
  const Json* member = meta.find("profiles");
  const Json::Object* members = member ? member->as_object() : nullptr;
  if (!members) return profiles;
  for (const auto& [name, description] : *members) {
    if (profiles.size() >= profiles_max) break;
    const std::string* text = description.as_string();
    profiles.emplace(name, text ? *text : std::string());
  }
  return profiles;
}

std::vector<std::string> texts_of(const Json& meta, std::string_view name) {
  std::vector<std::string> texts;
  const Json* member = meta.find(name);
  const Json::Array* items = member ? member->as_array() : nullptr;
  if (!items) return texts;
  for (const Json& item : *items) {
    if (item.as_string() && texts.size() < caa_identities_max) texts.push_back(*item.as_string());
  }
  return texts;
}

// Nothing in meta is worth failing for: what has another type than expected counts as absent (DIR-04).
DirectoryMeta meta_of(const Json& directory) {
  DirectoryMeta out;
  const Json* meta = directory.find("meta");
  if (!meta || !meta->as_object()) return out;
  out.terms_of_service = text_or_none(*meta, "termsOfService");
  out.website = text_or_none(*meta, "website");
  out.caa_identities = texts_of(*meta, "caaIdentities");
  out.issuer_domain_names = texts_of(*meta, "issuerDomainNames");
  out.account_hash_prefix = text_or_none(*meta, "accountHashPrefix");
  out.external_account_required = is_true(*meta, "externalAccountRequired");
  out.subdomain_auth_allowed = is_true(*meta, "subdomainAuthAllowed");
  out.profiles = profiles_of(*meta);
  return out;
}

Json to_json(const DirectoryMeta& meta) {
  Json json = Json::object();
  if (meta.terms_of_service) json.set("termsOfService", *meta.terms_of_service);
  if (meta.website) json.set("website", *meta.website);
  if (!meta.caa_identities.empty()) json.set("caaIdentities", Json::strings(meta.caa_identities));
  if (!meta.issuer_domain_names.empty()) json.set("issuerDomainNames", Json::strings(meta.issuer_domain_names));
  if (meta.account_hash_prefix) json.set("accountHashPrefix", *meta.account_hash_prefix);
  if (meta.external_account_required) json.set("externalAccountRequired", true);
  if (meta.subdomain_auth_allowed) json.set("subdomainAuthAllowed", true);
  if (!meta.profiles.empty()) {
    Json profiles = Json::object();
    for (const auto& [name, description] : meta.profiles) profiles.set(name, description);
    json.set("profiles", std::move(profiles));
  }
  return json;
}

Result<Directory> read_directory(const Json& json, bool allow_http) {
  const JsonReader reader = TRY(JsonReader::of(json));
  Directory directory;
  directory.new_nonce = TRY(required_endpoint(reader, "newNonce", allow_http));
  directory.new_account = TRY(required_endpoint(reader, "newAccount", allow_http));
  directory.new_order = TRY(required_endpoint(reader, "newOrder", allow_http));
  const auto revoke_cert = TRY(optional_endpoint(reader, "revokeCert", allow_http));
  directory.revoke_cert = revoke_cert.value_or("");
  const auto key_change = TRY(optional_endpoint(reader, "keyChange", allow_http));
  directory.key_change = key_change.value_or("");
  directory.new_authz = TRY(optional_endpoint(reader, "newAuthz", allow_http));
  directory.renewal_info = TRY(optional_endpoint(reader, "renewalInfo", allow_http));
  directory.meta = meta_of(json);
  return directory;
}

}  // namespace

Json to_json(const Directory& directory) {
  Json json = Json::object();
  json.set("newNonce", directory.new_nonce).set("newAccount", directory.new_account);
  json.set("newOrder", directory.new_order);
  if (directory.new_authz) json.set("newAuthz", *directory.new_authz);
  if (!directory.revoke_cert.empty()) json.set("revokeCert", directory.revoke_cert);
  if (!directory.key_change.empty()) json.set("keyChange", directory.key_change);
  if (directory.renewal_info) json.set("renewalInfo", *directory.renewal_info);
  Json meta = to_json(directory.meta);
  if (!meta.as_object()->empty()) json.set("meta", std::move(meta));
  return json;
}

Result<Directory> directory_from_json(const Json& json, bool allow_http) {
  auto directory = read_directory(json, allow_http);
  if (!directory) return std::move(directory).error().as(ErrorKind::ca_protocol);
  return directory;
}

}  // namespace crest::acme
