#include "ca/admin/admin_service.hpp"

#include <charconv>

#include "ca/status/reasons.hpp"
#include "ca/status/revoke.hpp"
#include "encoding/json.hpp"
#include "encoding/query.hpp"
#include "x509/certificate.hpp"

namespace crest::ca::admin {
namespace {

using encoding::Json;
using store::CertificateRow;

constexpr int ok = 200, bad_request = 400, forbidden = 403, not_found = 404, unsupported = 415, failed = 500,
              unavailable = 503;
constexpr std::size_t name_chars_max = 200;

http::Response json_answer(int status, const Json& json) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          .body = json.dump()};
}

http::Response error_answer(int status, const std::string& why) {
  Json json = Json::object();
  json.set("error", why);
  return json_answer(status, json);
}

// Whose certificate it is, for the log.
std::string subject_of(const http::Request& request) {
  const auto certificate = x509::Certificate::from_der(as_bytes(request.peer.certificate_der));
  if (!certificate) return "";
  const std::string subject = certificate->subject();
  return subject.empty() && !certificate->names().empty() ? certificate->names().front().value : subject;
}

std::string_view word_of(store::CertificateStatus status) {
  switch (status) {
    case store::CertificateStatus::signing: return "signing";
    case store::CertificateStatus::issued: return "issued";
    case store::CertificateStatus::revoked: return "revoked";
  }
  return "";
}

Json to_json(const CertificateRow& row) {
  Json names = Json::array();
  for (const auto& name : row.names) names.push(name);
  Json json = Json::object();
  json.set("serial", row.serial).set("status", word_of(row.status)).set("names", std::move(names));
  json.set("account", row.account).set("profile", row.profile).set("issuer", row.issuer);
  json.set("not_before", to_rfc3339(row.not_before)).set("not_after", to_rfc3339(row.not_after));
  if (row.revoked_at) json.set("revoked_at", to_rfc3339(*row.revoked_at));
  return json;
}

// "1767225600000.0a1b": where the next page begins.
std::string cursor_text(const CertificateRow& row) {
  return std::to_string(row.not_after.time_since_epoch().count()) + "." + row.serial;
}

std::optional<store::CertificateCursor> cursor_from(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == text.npos) return std::nullopt;
  std::int64_t milliseconds = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + dot, milliseconds);
  if (problem != std::errc() || end != text.data() + dot) return std::nullopt;
  return store::CertificateCursor{Time(Duration(milliseconds)), std::string(text.substr(dot + 1))};
}

Result<acme::RevocationReason> reason_from(const Json* json) {
  if (!json) return acme::RevocationReason::unspecified;
  return status::reason_from_operator(json->as_string() ? *json->as_string() : json->dump());
}

// A page in an operator's browser must not be able to do anything in the operator's name: no form sends this type.
bool is_json(const http::Request& request) { return request.headers.get("Content-Type") == "application/json"; }

}  // namespace

AdminService::AdminService(Deps deps) : deps_(std::move(deps)) {
  using Handler = http::Router::Handler;
  const auto get = [this](const char* path, auto answer) {
    router_.add("GET", path,
                Handler([answer](const http::Request& request, const http::PathValues&) { return answer(request); }));
  };
  const auto post = [this](const char* path, auto answer) {
    router_.add("POST", path, Handler([answer](const http::Request& request, const http::PathValues&) {
                  if (is_json(request)) return answer(request);
                  return error_answer(unsupported, "send Content-Type: application/json");
                }));
  };
  get("/metrics", [this](const http::Request&) {
    return http::Response{
        .status = ok, .headers = {{"Content-Type", "text/plain; version=0.0.4"}}, .body = deps_.metrics()};
  });
  get("/health", [this](const http::Request&) { return health(false); });
  get("/ready", [this](const http::Request&) { return health(true); });
  get("/certificates", [this](const http::Request& request) { return certificates(request); });
  post("/revoke", [this](const http::Request& request) { return revoke(request); });
  post("/reload", [this](const http::Request& request) { return reload(request); });
}

http::Response AdminService::handle(const http::Request& request) {
  if (request.peer.certificate_der.empty()) {
    return error_answer(forbidden, "show a client certificate from the authority that ca.toml names in [admin]");
  }
  return router_.handle(request);
}

http::Response AdminService::health(bool ready_only) const {
  const auto health = deps_.health();
  const bool well = first_trouble(health) == nullptr;
  Json json = Json::object();
  json.set("status", well ? "ok" : "trouble");
  if (!ready_only) {
    Json items = Json::object();
    for (const auto& item : health) items.set(item.name, item.trouble.empty() ? "ok" : item.trouble);
    json.set("items", std::move(items));
  }
  return json_answer(well ? ok : unavailable, json);
}

http::Response AdminService::certificates(const http::Request& request) const {
  const auto query = encoding::query_of(request.url);
  if (!query) return error_answer(bad_request, "the query: " + query.error().message);
  store::CertificateFilter filter;
  std::optional<store::CertificateCursor> after;
  for (const auto& [name, value] : *query) {
    if (name == "q") {
      filter.text = value;
    } else if (name == "account") {
      filter.account = value;
    } else if (name == "after") {
      after = cursor_from(value);
      if (!after) return error_answer(bad_request, "after: what \"next\" said is expected");
    } else {
      return error_answer(bad_request, "the query may have q, account and after");
    }
  }
  std::vector<CertificateRow> rows;
  const auto read = deps_.store.read([&](store::Tx& tx) -> Result<void> {
    rows = TRY(tx.certificates.search(filter, after, page));
    return {};
  });
  if (!read) return error_answer(unavailable, read.error().describe());
  Json list = Json::array();
  for (const auto& row : rows) list.push(to_json(row));
  Json json = Json::object();
  json.set("certificates", std::move(list));
  if (rows.size() == page) json.set("next", cursor_text(rows.back()));
  return json_answer(ok, json);
}

http::Response AdminService::revoke(const http::Request& request) const {
  const auto json = Json::parse(request.body);
  const Json* serial = json ? json->find("serial") : nullptr;
  if (!serial || !serial->as_string()) return error_answer(bad_request, R"(send {"serial": "...", "reason": "..."})");
  const auto reason = reason_from(json->find("reason"));
  if (!reason) return error_answer(bad_request, "reason: " + reason.error().describe());
  const std::string who = subject_of(request);
  const bool key_is_lost = *reason == acme::RevocationReason::keyCompromise;
  std::optional<status::Revoked> revoked;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    revoked.reset();
    auto row = TRY(tx.certificates.by_serial(*serial->as_string()));
    if (!row) return {};
    revoked =
        TRY(status::revoke(tx, *row, {*reason, key_is_lost, "admin " + who}, deps_.audit_chain, deps_.clock.now()));
    return {};
  };
  const auto done = deps_.store.write(work);
  if (!done) return error_answer(unavailable, done.error().describe());
  if (!revoked) return error_answer(not_found, "this CA has no certificate with that serial number");
  deps_.log.info("certificate_revoked", {{"serial", *serial->as_string()}, {"by", "admin"}, {"subject", who}});
  Json out = Json::object();
  out.set("serial", *serial->as_string());
  out.set("status", *revoked == status::Revoked::already ? "already revoked" : "revoked");
  return json_answer(ok, out);
}

http::Response AdminService::reload(const http::Request& request) const {
  deps_.log.info("reload_asked", {{"subject", Untrusted(subject_of(request)).printable(name_chars_max)}});
  const auto done = deps_.reload();
  if (!done) return error_answer(failed, done.error().describe());
  Json json = Json::object();
  json.set("status", "reloaded");
  return json_answer(ok, json);
}

}  // namespace crest::ca::admin
