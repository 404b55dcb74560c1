#include "import/step_ca.hpp"

#include <algorithm>

#include "acme/identifier.hpp"
#include "encoding/ip.hpp"
#include "import/step_ca_parts.hpp"

namespace crest::import {
namespace {

using encoding::Json;
using encoding::JsonReader;

// "root" is one file or several.
Result<std::vector<std::string>> read_roots(const JsonReader& top) {
  const auto* root = top.json().find("root");
  if (root && root->as_string()) return std::vector<std::string>{*root->as_string()};
  auto files = TRY(top.strings("root"));
  if (files.empty()) return make_error(ErrorKind::malformed, "the file with the root certificate is missing", "root");
  return files;
}

Result<void> read_files(const JsonReader& top, StepCaPlan& plan) {
  plan.root_files = TRY(read_roots(top));
  plan.certificate_file = TRY(top.string("crt"));
  plan.key_file = TRY(top.string("key"));
  auto password = TRY(top.optional_string("password"));
  plan.password_known = password && !password->empty();
  if (!plan.password_known) return {};
  plan.password = Secret(*std::move(password));
  plan.notes.push_back({Note::Kind::not_carried, "password", "a secret does not stand in ca.toml",
                        "serve takes it from --passphrase-file, a descriptor or a systemd credential"});
  return {};
}

// Keys in a KMS have names that mean nothing here.
Result<void> check_kms(const JsonReader& top, const StepCaPlan& plan) {
  const auto kms = TRY(top.optional_object("kms"));
  std::optional<std::string> type;
  if (kms) type = TRY(kms->optional_string("type"));
  const bool in_files = !type || type->empty() || *type == "softkms" || *type == "softcas";
  if (in_files && plan.key_file.find(':') == std::string::npos) return {};
  return cannot_take(
      in_files ? "key" : "kms.type",
      "the key is in a KMS, and only keys in files are copied; a key in a PKCS#11 token stays where it is: "
      "make a CA with crest-ca init --request and --key, or [issuer] in ca.toml, that names the token");
}

// "127.0.0.1:443", ":9000"; a name in front of the port is looked up by step-ca.
Result<std::string> listen_of(const JsonReader& top, std::string_view member, StepCaPlan& plan) {
  const auto text = TRY(top.optional_string(member));
  if (!text || text->empty()) return std::string();
  const auto colon = text->rfind(':');
  if (colon == std::string::npos) return cannot_take(top.path_of(member), "an address with a port is expected");
  std::string host = text->substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || encoding::IpAddress::parse(host)) return *text;
  plan.notes.push_back({Note::Kind::changed, top.path_of(member), "addresses to listen on are not looked up by name",
                        "it listens on every address; say which one in ca.toml"});
  return text->substr(colon);
}

Result<void> read_names(const JsonReader& top, StepCaPlan& plan) {
  auto names = TRY(top.strings("dnsNames"));
  if (names.empty()) names = {"localhost"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto name = acme::identifier_from_user(names[i]);
    if (!name || name->is_wildcard())
      return cannot_take("dnsNames[" + std::to_string(i) + "]", "a host name or an address is expected");
  }
  plan.host = names.front();
  if (names.size() == 1) return {};
  std::string rest;
  for (std::size_t i = 1; i < names.size(); ++i) rest += (i == 1 ? "" : ", ") + Untrusted(names[i]).printable(80);
  plan.notes.push_back({Note::Kind::changed, "dnsNames",
                        "a CA has one name here, so that its URLs are the same whatever a client calls it: " +
                            Untrusted(plan.host).printable(80) + ", the first one",
                        "clients that use another (" + rest + ") are given that one; accounts are kept by it, too"});
  return {};
}

Result<void> read_listeners(const JsonReader& top, StepCaPlan& plan) {
  plan.listen = TRY(listen_of(top, "address", plan));
  if (plan.listen.empty()) return cannot_take("address", "an address with a port is expected");
  const auto plain = TRY(listen_of(top, "insecureAddress", plan));
  const auto crl = TRY(top.optional_object("crl"));
  std::optional<bool> enabled;
  if (crl) enabled = TRY(crl->optional_boolean("enabled"));
  if (enabled.value_or(false)) {
    plan.status_listen = plain.empty() ? ":9080" : plain;
    plan.notes.push_back(
        {Note::Kind::changed, "crl",
         "lists and OCSP are served by plain HTTP on " + plan.status_listen +
             ", and certificates name that place; the list of step-ca's certificates is not continued",
         "[status] in ca.toml has the lives of lists; keep step-ca's last list until they have ended"});
  } else {
    plan.notes.push_back({Note::Kind::changed, "crl", "it was off, and [status] is",
                          "give [status] in ca.toml a listen address to tell who asks what is revoked"});
  }
  return {};
}

Result<void> read_database(const JsonReader& top, StepCaPlan& plan) {
  const auto db = TRY(top.optional_object("db"));
  if (!db) return {};
  const auto type = TRY(db->optional_string("type"));
  const std::string shown = Untrusted(type.value_or("")).printable(40);
  plan.notes.push_back({Note::Kind::not_carried, "db",
                        "what step-ca keeps in its " + shown +
                            " database cannot be read: accounts, orders, certificates, revocations and keys for "
                            "external account binding",
                        "clients make new accounts (certbot and lego: remove the old account's folder); revoke with "
                        "step-ca what has to be "
                        "before it stops; certificates stay good until they end"});
  return {};
}

void note_the_rest(const JsonReader& top, StepCaPlan& plan) {
  note_left(top, "federatedRoots", "roots.pem has the root of the issuer alone",
            "give it to clients by the way they have", plan);
  note_left(top, "metricsAddress", "metrics are shown to operators with a certificate", "see [admin] in ca.toml", plan);
  note_left(top, "logger", "serve logs to standard error", "--json makes it lines of JSON", plan);
  note_left(top, "monitoring", "there is no agent of a monitoring service", "see /metrics of [admin] in ca.toml", plan);
  note_left(top, "tls", "the listener takes TLS 1.2 and 1.3 with strong suites only", "nothing", plan);
  note_left(top, "ssh", "crest-ca issues no SSH certificates", "keep step-ca for them", plan);
  note_left(top, "templates", "they are for SSH", "keep step-ca for them", plan);
  note_left(top, "commonName", "the CA's own certificate has its host as name", "nothing", plan);
  note_left(top, "kms", "the key is in a file", "nothing", plan);
  note_unknown(
      top,
      {"root", "crt", "key", "password", "address", "insecureAddress", "dnsNames", "crl", "db", "authority",
       "federatedRoots", "metricsAddress", "logger", "monitoring", "tls", "ssh", "templates", "commonName", "kms"},
      plan);
}

// step-ca connects to any address, and asks neither for CAA records nor for signatures on answers.
void set_validation(StepCaPlan& plan) {
  auto& options = plan.options;
  for (const char* network : {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"})
    options.egress.allow.push_back({encoding::IpNetwork::parse(network).value(), ""});
  options.allow_single_label_names = true;
  options.caa.enabled = false;
  plan.notes.push_back(
      {Note::Kind::changed, "validation",
       "step-ca connects to whatever address a name has; here private networks are open, and this machine, "
       "link-local addresses and metadata services are closed",
       "narrow or widen [[validation.allow]] in ca.toml"});
  plan.notes.push_back({Note::Kind::changed, "validation",
                        "as with step-ca, CAA records are not asked for and signed DNS answers not validated",
                        "set caa and dnssec in [validation] to true once your name servers can answer"});
}

}  // namespace

std::string_view to_string(Note::Kind kind) { return kind == Note::Kind::changed ? "changed" : "not_carried"; }

void note_left(const JsonReader& object, std::string_view member, std::string why, std::string advice,
               StepCaPlan& plan) {
  if (!object.has(member)) return;
  plan.notes.push_back({Note::Kind::not_carried, object.path_of(member), std::move(why), std::move(advice)});
}

void note_unknown(const JsonReader& object, std::initializer_list<std::string_view> known, StepCaPlan& plan) {
  for (const auto& [name, value] : *object.json().as_object()) {
    if (value.is_null() || std::ranges::find(known, name) != known.end()) continue;
    plan.notes.push_back({Note::Kind::not_carried, object.path_of(Untrusted(name).printable(60)),
                          "this setting is not known to crest-ca",
                          "look up what it is for, and see docs/operations.md"});
  }
}

Error cannot_take(const std::string& setting, std::string why) {
  return make_error(ErrorKind::config, std::move(why), setting);
}

Result<StepCaPlan> read_step_ca(std::string_view ca_json, const StepCaChoice& choice) {
  const auto json = TRY(Json::parse(ca_json));
  const auto top = TRY(JsonReader::of(json));
  StepCaPlan plan;
  const auto authority = TRY(top.object("authority"));
  TRY(read_authority(authority, choice, plan));
  TRY(read_files(top, plan));
  TRY(check_kms(top, plan));
  TRY(read_names(top, plan));
  TRY(read_listeners(top, plan));
  TRY(read_database(top, plan));
  set_validation(plan);
  note_the_rest(top, plan);
  return plan;
}

}  // namespace crest::import
