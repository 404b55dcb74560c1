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

Json to_json(const Error& error) {
  Json json = Json::object();
  json.set("class", to_string(error.kind)).set("message", error.message);
  if (!error.context.empty()) json.set("context", error.context);
  json.set("retryable", error.retryable());
  if (error.not_before) json.set("not_before", to_rfc3339(*error.not_before));
  if (!error.problem) return json;
  Json problem = Json::object();
  problem.set("type", Untrusted(error.problem->type).printable()).set("detail", error.problem->detail.printable());
  if (error.problem->status != 0) problem.set("status", error.problem->status);
  json.set("problem", std::move(problem));
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

void print_json(const Json& value) { std::cout << value.pretty() << std::flush; }

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
