#include "client/order_record.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>

namespace crest::client {
namespace {

using encoding::Json;
using encoding::JsonReader;

constexpr std::string_view orders = "orders";
constexpr std::size_t authorizations_max = 1000, failed_methods_max = 16;

constexpr std::array<std::string_view, 10> phase_words = {"new_order", "authorize", "present", "propagate", "respond",
                                                          "validate",  "finalize",  "issue",   "download",  "clean_up"};

Error wrong(std::string what, std::string where) {
  return make_error(ErrorKind::malformed, std::move(what), std::move(where));
}

Result<Phase> phase_from_text(std::string_view word) {
  const auto* found = std::find(phase_words.begin(), phase_words.end(), word);
  if (found == phase_words.end()) return wrong("unknown phase", "phase");
  return static_cast<Phase>(found - phase_words.begin());
}

void set_if(Json& json, std::string_view name, const std::string& value) {
  if (!value.empty()) json.set(name, value);
}

void set_if(Json& json, std::string_view name, const std::optional<std::string>& value) {
  if (value) json.set(name, *value);
}

void set_if(Json& json, std::string_view name, const std::optional<Time>& value) {
  if (value) json.set(name, to_rfc3339(*value));
}

Result<std::string> text_or_empty(const JsonReader& reader, std::string_view name) {
  std::optional<std::string> text = TRY(reader.optional_string(name));
  return text ? *std::move(text) : std::string();
}

Json to_json(const AuthorizationRecord& authorization) {
  Json json = Json::object();
  json.set("url", authorization.url);
  if (!authorization.identifier.value.empty()) json.set("identifier", acme::to_json(authorization.identifier));
  if (!authorization.method.empty()) {
    json.set("method", authorization.method);
    json.set("challenge", authorization.challenge_url);
    json.set("token", authorization.token);
    set_if(json, "key_authorization", authorization.key_authorization);
  }
  json.set("presented", authorization.presented);
  json.set("responded", authorization.responded);
  json.set("valid", authorization.valid);
  return json;
}

Result<AuthorizationRecord> authorization_from_json(const Json& json, std::string path) {
  const auto reader = TRY(JsonReader::of(json, path));
  AuthorizationRecord authorization;
  authorization.url = TRY(reader.string("url"));
  if (const Json* identifier = json.find("identifier"))
    authorization.identifier = TRY(acme::identifier_from_json(*identifier, path + ".identifier"));
  if (reader.has("method")) {
    authorization.method = TRY(reader.string("method"));
    authorization.challenge_url = TRY(reader.string("challenge"));
    authorization.token = TRY(reader.string("token"));
    authorization.key_authorization = TRY(text_or_empty(reader, "key_authorization"));
  }
  authorization.presented = TRY(reader.boolean("presented"));
  authorization.responded = TRY(reader.boolean("responded"));
  authorization.valid = TRY(reader.boolean("valid"));
  return authorization;
}

Result<std::vector<AuthorizationRecord>> authorizations_from_json(const JsonReader& reader) {
  const Json::Array* items = TRY(reader.array("authorizations"));
  std::vector<AuthorizationRecord> authorizations;
  if (items == nullptr) return authorizations;
  if (items->size() > authorizations_max) return wrong("too many authorizations", reader.path_of("authorizations"));
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto one = TRY(authorization_from_json((*items)[i], "authorizations[" + std::to_string(i) + "]"));
    authorizations.push_back(std::move(one));
  }
  return authorizations;
}

Result<void> read_urls(const JsonReader& reader, OrderRecord& record) {
  record.directory = TRY(text_or_empty(reader, "directory"));
  record.account_url = TRY(text_or_empty(reader, "account"));
  record.order_url = TRY(text_or_empty(reader, "order"));
  record.finalize_url = TRY(text_or_empty(reader, "finalize"));
  record.certificate_url = TRY(text_or_empty(reader, "certificate"));
  return {};
}

Result<void> read_attempts(const JsonReader& reader, OrderRecord& record) {
  record.order_expires = TRY(reader.optional_time("order_expires"));
  record.attempt_started = TRY(reader.optional_time("attempt_started"));
  record.not_before = TRY(reader.optional_time("not_before"));
  record.failed_methods = TRY(reader.strings("failed_methods"));
  record.last_error = TRY(reader.optional_string("last_error"));
  record.last_problem = TRY(reader.optional_string("last_problem"));
  const std::int64_t attempts = TRY(reader.integer("attempts"));
  if (attempts < 0 || attempts > std::numeric_limits<std::uint32_t>::max())
    return wrong("not a count", reader.path_of("attempts"));
  record.attempts = static_cast<std::uint32_t>(attempts);
  if (record.failed_methods.size() > failed_methods_max)
    return wrong("too many methods", reader.path_of("failed_methods"));
  return {};
}

ErrorKind kind_of(std::string_view word) {
  for (int kind = 0; kind < static_cast<int>(ErrorKind::internal); ++kind)
    if (to_string(static_cast<ErrorKind>(kind)) == word) return static_cast<ErrorKind>(kind);
  return ErrorKind::timeout;  // an attempt that a crash cut short has none
}

std::vector<acme::Identifier> sorted(std::vector<acme::Identifier> identifiers) {
  std::sort(identifiers.begin(), identifiers.end());
  identifiers.erase(std::unique(identifiers.begin(), identifiers.end()), identifiers.end());
  return identifiers;
}

}  // namespace

std::string_view to_string(Phase phase) { return phase_words[static_cast<std::size_t>(phase)]; }

Json to_json(const CertificateRequest& request) {
  Json json = Json::object();
  json.set("name", request.name);
  Json identifiers = Json::array();
  for (const acme::Identifier& identifier : request.identifiers) identifiers.push(acme::to_json(identifier));
  json.set("identifiers", std::move(identifiers));
  json.set("key_type", crypto::to_string(request.key_type));
  set_if(json, "profile", request.profile);
  set_if(json, "replaces", request.replaces);
  if (request.lifetime) json.set("lifetime_s", static_cast<std::int64_t>(*request.lifetime / 1s));
  return json;
}

Result<CertificateRequest> certificate_request_from_json(const Json& json) {
  const auto reader = TRY(JsonReader::of(json, "request"));
  CertificateRequest request;
  request.name = TRY(reader.string("name"));
  const Json::Array* items = TRY(reader.array("identifiers"));
  if (items == nullptr || items->size() > CertificateRequest::identifiers_max)
    return wrong("no names, or too many", reader.path_of("identifiers"));
  for (const Json& item : *items) {
    acme::Identifier identifier = TRY(acme::identifier_from_json(item, reader.path_of("identifiers")));
    request.identifiers.push_back(std::move(identifier));
  }
  const std::string key_type = TRY(reader.string("key_type"));
  request.key_type = TRY(crypto::key_type_from_text(key_type));
  request.profile = TRY(reader.optional_string("profile"));
  request.replaces = TRY(reader.optional_string("replaces"));
  const std::optional<std::int64_t> lifetime = TRY(reader.optional_integer("lifetime_s"));
  if (lifetime && std::abs(*lifetime) > CertificateRequest::lifetime_max / 1s)
    return wrong("no lifetime", reader.path_of("lifetime_s"));
  if (lifetime) request.lifetime = std::chrono::seconds(*lifetime);
  const auto good = check_limits(request);
  if (!good) return wrong(good.error().message, reader.path_of(good.error().context));
  return request;
}

Result<void> check_limits(const CertificateRequest& request) {
  if (request.identifiers.empty())
    return make_error(ErrorKind::usage, "no name is given: a certificate needs one at least", "names");
  if (request.identifiers.size() > CertificateRequest::identifiers_max)
    return make_error(ErrorKind::usage,
                      "more than " + std::to_string(CertificateRequest::identifiers_max) +
                          " names are asked for in one certificate; ask for several",
                      "names");
  const bool good = !request.lifetime ||
                    (*request.lifetime >= CertificateRequest::lifetime_min &&
                     *request.lifetime <= CertificateRequest::lifetime_max && *request.lifetime % 1s == Duration(0));
  if (good) return {};
  return make_error(ErrorKind::usage,
                    "a lifetime is whole seconds, from 1s to 36600d; ask for one that the CA may grant", "lifetime");
}

bool asks_the_same(const CertificateRequest& a, const CertificateRequest& b) {
  return a.name == b.name && a.key_type == b.key_type && a.profile == b.profile && a.lifetime == b.lifetime &&
         sorted(a.identifiers) == sorted(b.identifiers);
}

std::string shown_names(const CertificateRequest& request) {
  constexpr std::size_t shown_max = 3;
  std::string text;
  for (std::size_t i = 0; i < request.identifiers.size() && i < shown_max; ++i)
    text += (i == 0 ? "" : ", ") + request.identifiers[i].value;
  if (request.identifiers.size() > shown_max)
    text += " and " + std::to_string(request.identifiers.size() - shown_max) + " more";
  return text;
}

Json to_json(const OrderRecord& record) {
  Json json = Json::object();
  json.set("request", to_json(record.request));
  set_if(json, "directory", record.directory);
  set_if(json, "account", record.account_url);
  json.set("phase", to_string(record.phase));
  set_if(json, "order", record.order_url);
  set_if(json, "finalize", record.finalize_url);
  set_if(json, "certificate", record.certificate_url);
  Json authorizations = Json::array();
  for (const AuthorizationRecord& authorization : record.authorizations) authorizations.push(to_json(authorization));
  json.set("authorizations", std::move(authorizations));
  if (!record.key_pem.empty()) json.set("key", record.key_pem.reveal());
  if (record.finalize_sent) json.set("finalize_sent", true);
  set_if(json, "order_expires", record.order_expires);
  set_if(json, "attempt_started", record.attempt_started);
  json.set("attempts", static_cast<std::int64_t>(record.attempts));
  set_if(json, "not_before", record.not_before);
  json.set("failed_methods", Json::strings(record.failed_methods));
  set_if(json, "last_error", record.last_error);
  set_if(json, "last_problem", record.last_problem);
  return json;
}

Result<OrderRecord> order_record_from_json(const Json& json) {
  const auto reader = TRY(JsonReader::of(json, "order"));
  OrderRecord record;
  const Json* request = json.find("request");
  if (request == nullptr) return wrong("the request is missing", reader.path_of("request"));
  record.request = TRY(certificate_request_from_json(*request));
  const std::string phase = TRY(reader.string("phase"));
  record.phase = TRY(phase_from_text(phase));
  TRY(read_urls(reader, record));
  record.authorizations = TRY(authorizations_from_json(reader));
  std::string key = TRY(text_or_empty(reader, "key"));
  record.key_pem = Secret(std::move(key));
  const std::optional<bool> finalize_sent = TRY(reader.optional_boolean("finalize_sent"));
  record.finalize_sent = finalize_sent.value_or(false);
  TRY(read_attempts(reader, record));
  return record;
}

Result<std::optional<OrderRecord>> load_order(Vault& vault, std::string_view name) {
  const std::optional<Json> json = TRY(vault.get(orders, name));
  if (!json) return std::optional<OrderRecord>();
  auto record = order_record_from_json(*json);
  if (!record) return std::move(record.error()).as(ErrorKind::storage).at("orders/" + std::string(name));
  return std::optional<OrderRecord>(*std::move(record));
}

Error last_failure(const OrderRecord& record, std::string message) {
  Error error = make_error(kind_of(record.last_error.value_or("")), std::move(message), record.request.name);
  error.not_before = record.not_before;
  if (!record.last_problem) return error;
  Problem problem;
  problem.type = *record.last_problem;
  problem.status = 400;
  error.problem = std::make_shared<const Problem>(std::move(problem));
  return error;
}

Result<void> save_order(Vault& vault, const OrderRecord& record) {
  return vault.put(orders, record.request.name, to_json(record));
}

}  // namespace crest::client
