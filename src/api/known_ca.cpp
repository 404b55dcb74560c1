#include "api/known_ca.hpp"

#include <algorithm>

#include "adapters/text_file.hpp"
#include "encoding/base64.hpp"
#include "encoding/url.hpp"

namespace crest::api {
namespace {

using encoding::Json;

constexpr std::string_view kind = "cas";
constexpr std::size_t anchors_bytes_max = 4u << 20;  // the system's bundle is a quarter of a megabyte

Error expired(const std::vector<x509::Certificate>& certificates, const std::string& file) {
  Time last = certificates.front().not_after();
  for (const x509::Certificate& certificate : certificates) last = std::max(last, certificate.not_after());
  return make_error(ErrorKind::config,
                    "every certificate in it has expired, the last at " + to_rfc3339(last) +
                        "; get the CA's current root from its operator and put it there",
                    file);
}

// Verification never goes on without a file that was asked for.
Result<std::string> anchors_of(const std::vector<std::string>& files, Time now) {
  std::string pem;
  for (const std::string& file : files) {
    const std::string text = TRY(adapters::read_text_file(file, anchors_bytes_max));
    const auto certificates = x509::certificates_from_pem(text);
    if (!certificates || certificates->empty()) {
      return make_error(ErrorKind::config,
                        "holds no certificate that can be read (" +
                            (certificates ? std::string("no CERTIFICATE block") : certificates.error().message) +
                            "); it has to be PEM",
                        file);
    }
    const auto is_over = [&](const x509::Certificate& certificate) { return certificate.not_after() < now; };
    if (std::all_of(certificates->begin(), certificates->end(), is_over)) return expired(*certificates, file);
    for (const x509::Certificate& certificate : *certificates) pem += certificate.pem();
  }
  return pem;
}

// A timer runs in another folder than the person who named the file.
std::vector<std::string> absolute(std::vector<std::string> files) {
  for (std::string& file : files) file = adapters::absolute_path(file);
  return files;
}

Result<void> read_anchors(KnownCa& ca, Time now) {
  ca.trust_pem = TRY(anchors_of(ca.trust_files, now));
  ca.trust_pem += ca.trust_text;
  ca.pinned_pem = TRY(anchors_of(ca.pinned_files, now));
  ca.pinned_pem += ca.pinned_text;
  return {};
}

std::string name_of(const std::string& directory) {
  client::Endpoint endpoint;
  endpoint.directory_url = directory;
  return client::account_record_name(endpoint);
}

Json to_json(const KnownCa& ca) {
  Json json = Json::object();
  json.set("directory", ca.directory).set("trust", ca.trust_text).set("pinned", ca.pinned_text).set("proxy", ca.proxy);
  json.set("trust_files", Json::strings(ca.trust_files)).set("pinned_files", Json::strings(ca.pinned_files));
  json.set("contact", Json::strings(ca.contact)).set("agree_terms_of_service", ca.agree_terms_of_service);
  json.set("account_key_type", ca.account_key_type).set("allow_http", ca.allow_http);
  return json;
}

Result<KnownCa> known_ca_from_json(const Json& json) {
  const encoding::JsonReader reader = TRY(encoding::JsonReader::of(json, "CA"));
  KnownCa ca;
  ca.directory = TRY(reader.string("directory"));
  ca.trust_text = TRY(reader.string("trust"));
  ca.pinned_text = TRY(reader.string("pinned"));
  ca.trust_files = TRY(reader.strings("trust_files"));
  ca.pinned_files = TRY(reader.strings("pinned_files"));
  ca.proxy = TRY(reader.string("proxy"));
  ca.contact = TRY(reader.strings("contact"));
  ca.agree_terms_of_service = TRY(reader.boolean("agree_terms_of_service"));
  ca.account_key_type = TRY(reader.string("account_key_type"));
  ca.allow_http = TRY(reader.boolean("allow_http"));
  return ca;
}

Result<crypto::Hash> hash_of(const std::string& algorithm) {
  if (algorithm == "HS256") return crypto::Hash::sha256;
  if (algorithm == "HS384") return crypto::Hash::sha384;
  if (algorithm == "HS512") return crypto::Hash::sha512;
  return make_error(ErrorKind::usage, "no such algorithm for an external account: use HS256, HS384 or HS512",
                    Untrusted(algorithm).printable(20));
}

// What a person gave as a URL, without the password that may be in it.
std::string shown(const std::string& url) {
  const std::size_t begin = url.find("://"), end = url.find('@');
  const bool has_user = begin != url.npos && end != url.npos && begin < end;
  return Untrusted(has_user ? url.substr(0, begin + 3) + "***" + url.substr(end) : url).printable(200);
}

}  // namespace

Result<KnownCa> known_ca(const ClientOptions& options, Time now) {
  const auto url = encoding::Url::parse(options.directory);
  if (!url) {
    return make_error(ErrorKind::usage, "the directory is no URL (" + url.error().message + ")",
                      shown(options.directory));
  }
  if (!url->is_https() && !options.allow_http) {
    return make_error(ErrorKind::usage, "the directory's URL must begin with https://: ACME is not spoken without TLS",
                      shown(options.directory));
  }
  KnownCa ca;
  ca.directory = options.directory;
  ca.trust_files = absolute(options.trust_pem_files);
  ca.trust_text = options.trust_pem;
  ca.pinned_files = absolute(options.pinned_root_files);
  ca.proxy = options.proxy;
  ca.contact = options.contact;
  ca.agree_terms_of_service = options.agree_terms_of_service;
  ca.account_key_type = options.account_key_type;
  ca.allow_http = options.allow_http;
  TRY(read_anchors(ca, now));
  return ca;
}

Result<KnownCa> renewed(KnownCa known, const ClientOptions& options, Time now) {
  if (!options.trust_pem_files.empty() || !options.trust_pem.empty()) {
    known.trust_files = absolute(options.trust_pem_files);
    known.trust_text = options.trust_pem;
  }
  if (!options.pinned_root_files.empty()) {
    known.pinned_files = absolute(options.pinned_root_files);
    known.pinned_text.clear();
  }
  known.agree_terms_of_service = known.agree_terms_of_service || options.agree_terms_of_service;
  TRY(read_anchors(known, now));
  return known;
}

Result<void> remember(client::Vault& vault, const KnownCa& ca) {
  const Json record = to_json(ca);
  const std::optional<Json> stored = TRY(vault.get(kind, name_of(ca.directory)));
  if (stored && *stored == record) return {};
  return vault.put(kind, name_of(ca.directory), record);
}

Result<std::optional<KnownCa>> recall(client::Vault& vault, const std::string& directory) {
  const std::optional<Json> stored = TRY(vault.get(kind, name_of(directory)));
  if (!stored) return std::optional<KnownCa>();
  auto ca = known_ca_from_json(*stored);
  if (!ca) return std::move(ca).error().as(ErrorKind::storage).at("cas/" + name_of(directory));
  return std::optional<KnownCa>(*std::move(ca));
}

client::Endpoint endpoint_of(const KnownCa& ca) {
  client::Endpoint endpoint;
  endpoint.directory_url = ca.directory;
  if (!ca.trust_pem.empty()) endpoint.trust = {Trust::Mode::pem, ca.trust_pem};
  endpoint.proxy = ca.proxy;
  endpoint.allow_http = ca.allow_http;
  return endpoint;
}

Result<client::AccountOptions> account_options(const KnownCa& ca, const std::optional<ExternalAccount>& binding) {
  client::AccountOptions options;
  options.key_type = TRY(crypto::key_type_from_text(ca.account_key_type));
  options.contact = ca.contact;
  options.agree_terms_of_service = ca.agree_terms_of_service;
  if (!binding) return options;
  client::AccountOptions::Binding bound;
  bound.kid = binding->kid;
  bound.hash = TRY(hash_of(binding->algorithm));
  auto key = encoding::from_base64_lenient(binding->mac_key);
  if (!key || key->empty()) {
    return make_error(ErrorKind::eab, "the MAC key of the external account is not base64; copy it again from the CA",
                      binding->kid);
  }
  bound.mac_key = Secret(to_text(*key));
  options.external_account_binding = std::move(bound);
  return options;
}

Result<std::optional<std::vector<x509::Certificate>>> pinned_roots(const KnownCa& ca) {
  if (ca.pinned_pem.empty()) return std::optional<std::vector<x509::Certificate>>();
  std::vector<x509::Certificate> roots = TRY(x509::certificates_from_pem(ca.pinned_pem));
  return std::optional<std::vector<x509::Certificate>>(std::move(roots));
}

}  // namespace crest::api
