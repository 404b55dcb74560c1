#include <iostream>

#include "apps/crest/terminal.hpp"
#include "apps/crest/verb.hpp"
#include "core/time.hpp"

namespace crest::apps {

using encoding::Json;

Json to_json(const CertificateInfo& certificate) {
  Json json = Json::object();
  if (!certificate.damaged.empty()) {
    json.set("name", certificate.name).set("folder", certificate.folder).set("damaged", certificate.damaged);
    return json;
  }
  json.set("name", certificate.name).set("names", Json::strings(certificate.names));
  json.set("key_type", certificate.key_type).set("serial", certificate.serial).set("issuer", certificate.issuer);
  json.set("directory", certificate.directory);
  json.set("not_before", to_rfc3339(certificate.not_before)).set("not_after", to_rfc3339(certificate.not_after));
  json.set("renew_at", to_rfc3339(certificate.renew_at));
  json.set("generation", static_cast<std::int64_t>(certificate.generation)).set("folder", certificate.folder);
  return json;
}

Json to_json(const KeyAside& key) {
  Json json = Json::object();
  json.set("file", key.file).set("order", key.order);
  if (!key.certificate.empty()) json.set("certificate", key.certificate);
  json.set("why", key.why);
  return json;
}

namespace {

// Each name that the CA refused, with the reason (RFC 8555 section 6.7.1). All of it came over the wire.
Json to_json(const Problem& problem) {
  Json json = Json::object();
  if (problem.identifier)
    json.set("identifier", Json::object()
                               .set("type", Untrusted(problem.identifier->type).printable())
                               .set("value", Untrusted(problem.identifier->value).printable()));
  json.set("type", Untrusted(problem.type).printable()).set("detail", problem.detail.printable());
  if (problem.status != 0) json.set("status", problem.status);
  if (!problem.instance.empty()) json.set("instance", problem.instance.printable());
  if (problem.subproblems.empty()) return json;
  Json each = Json::array();
  for (const Problem& one : problem.subproblems) each.push(to_json(one));
  json.set("subproblems", std::move(each));
  return json;
}

}  // namespace

Json to_json(const Http01Place& place) {
  if (!place.webroot.empty()) return Json::object().set("webroot", place.webroot);
  return Json::object().set("listen", place.listen);
}

Json to_json(const Error& error) {
  Json json = Json::object();
  json.set("class", to_string(error.kind)).set("message", error.message);
  if (!error.context.empty()) json.set("context", error.context);
  json.set("retryable", error.retryable());
  if (error.not_before) json.set("not_before", to_rfc3339(*error.not_before));
  if (error.problem) json.set("problem", to_json(*error.problem));
  return json;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string to_text(const CertificateInfo& certificate) {
  return certificate.name + "\n  names      " + joined(certificate.names) + "\n  serial     " + certificate.serial +
         "\n  issuer     " + Untrusted(certificate.issuer).printable() + "\n  key        " + certificate.key_type +
         "\n  valid      " + to_rfc3339(certificate.not_before) + " to " + to_rfc3339(certificate.not_after) +
         "\n  renew at   " + to_rfc3339(certificate.renew_at) + "\n  CA         " + certificate.directory +
         "\n  files      " + certificate.folder;
}

void print_json(const Json& value) {
  end_progress();
  std::cout << value.pretty() << std::flush;
}

void print_line(const std::string& line) {
  end_progress();
  std::cout << line << std::endl;
}

int report(const Error& error, bool json) {
  end_progress();
  if (json) {
    Json result = Json::object();
    result.set("class", to_string(error.kind)).set("error", to_json(error));
    print_json(result);
  } else {
    show_error(error.describe() + (error.not_before ? "; not before " + to_rfc3339(*error.not_before) : ""));
  }
  return error.exit_code();
}

}  // namespace crest::apps
