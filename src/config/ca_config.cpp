#include "config/ca_config.hpp"

#include <algorithm>
#include <charconv>

#include "acme/authorization.hpp"
#include "config/ca_config_tables.hpp"
#include "dns/name.hpp"
#include "dns/name_servers.hpp"
#include "encoding/url.hpp"

namespace crest::config {
namespace {

using ca::AuthorityOptions;
using ca::va::EgressRule;

constexpr std::int64_t workers_max = 256, port_max = 65'535, identifiers_most = 100, open_orders_most = 1'000'000;
constexpr std::uint16_t https_port = 443;
constexpr std::size_t persist_issuers_most = 10;  // dns-persist draft

struct Setting {
  const char *option, *key;
};

// The CA's own rules, told with file, line and key.
Result<void> check(const TableReader& table, const AuthorityOptions& options, std::initializer_list<Setting> settings) {
  for (const auto& fault : ca::faults_of(options)) {
    for (const auto& [option, key] : settings) {
      if (fault.option == option) return table.wrong(key, fault.why);
    }
  }
  return {};
}

Result<void> read_leaf(TableReader& root, AuthorityOptions& options) {
  auto table = TRY(root.table("leaf"));
  if (!table) return {};
  options.leaf_life = TRY(table->duration("life", options.leaf_life));
  options.leaf_life_max = TRY(table->duration("life_max", options.leaf_life_max));
  options.backdate = TRY(table->duration("backdate", options.backdate));
  const bool client_auth = TRY(table->boolean("client_auth", false));
  if (client_auth) options.leaf_usages = {x509::ExtendedUsage::server_auth, x509::ExtendedUsage::client_auth};
  options.leaf_key_types = TRY(read_key_types(*table, "keys", options.leaf_key_types));
  TRY(check(
      *table, options,
      {{"leaf_life_max", "life_max"}, {"leaf_life", "life"}, {"leaf_backdate", "backdate"}, {"leaf_keys", "keys"}}));
  return table->finish();
}

Result<void> read_orders(TableReader& root, AuthorityOptions& options) {
  auto table = TRY(root.table("orders"));
  if (!table) return {};
  options.order_life = TRY(table->duration("life", options.order_life));
  options.authorization_life = TRY(table->duration("authorization_life", options.authorization_life));
  options.reuse_authorizations = TRY(table->boolean("reuse_authorizations", options.reuse_authorizations));
  options.reuse_orders = TRY(table->boolean("reuse_orders", options.reuse_orders));
  options.subdomains = TRY(table->boolean("subdomains", options.subdomains));
  options.allow_single_label_names = TRY(table->boolean("single_label_names", options.allow_single_label_names));
  const auto identifiers =
      TRY(table->integer("identifiers_max", static_cast<std::int64_t>(options.identifiers_max), 1, identifiers_most));
  const auto open =
      TRY(table->integer("open_max", static_cast<std::int64_t>(options.pending_orders_max), 1, open_orders_most));
  options.identifiers_max = static_cast<std::size_t>(identifiers);
  options.pending_orders_max = static_cast<std::size_t>(open);
  TRY(check(*table, options, {{"order_life", "life"}, {"authorization_life", "authorization_life"}}));
  return table->finish();
}

Result<std::vector<EgressRule>> read_rules(TableReader& table, const std::string& key) {
  auto entries = TRY(table.tables(key));
  std::vector<EgressRule> rules;
  for (auto& entry : entries) {
    const auto network = TRY(entry.string("network", ""));
    auto parsed = encoding::IpNetwork::parse(network);
    if (!parsed) return entry.wrong("network", "a network is expected, such as \"10.0.0.0/8\" or \"fd00::/8\"");
    auto suffix = TRY(entry.string("names", ""));
    if (!suffix.empty()) {
      const auto domain = acme::identifier_from_user(suffix);
      if (!domain || domain->is_wildcard()) {
        return entry.wrong("names", "a domain is expected, such as \"corp.example\"; it covers what is below it");
      }
      suffix = domain->value;
    }
    TRY(entry.finish());
    rules.push_back({*std::move(parsed), std::move(suffix)});
  }
  return rules;
}

Result<std::uint16_t> read_port(TableReader& table, const std::string& key, std::uint16_t fallback) {
  const auto port = TRY(table.integer(key, fallback, 1, port_max));
  return static_cast<std::uint16_t>(port);
}

// Host names in their canonical form.
Result<std::vector<std::string>> read_names(TableReader& table, const std::string& key,
                                            std::vector<std::string> fallback) {
  auto names = TRY(table.strings(key, std::move(fallback)));
  for (auto& text : names) {
    const auto name = dns::Name::from_user(text);
    if (!name) return table.wrong(key, name.error().message);
    text = name->str();
  }
  return names;
}

Result<void> read_methods(TableReader& table, AuthorityOptions& options) {
  options.methods = TRY(table.strings("methods", options.methods));
  for (const auto& method : options.methods) {
    if (!acme::is_known_method(method)) return table.wrong("methods", "there is no method \"" + method + "\"");
  }
  if (options.methods.empty()) return table.wrong("methods", "without a method nothing can be proved; name one");
  options.http01_port = TRY(read_port(table, "http01_port", options.http01_port));
  options.tls_alpn01_port = TRY(read_port(table, "tls_alpn01_port", options.tls_alpn01_port));
  options.persist.issuer_names = TRY(read_names(table, "persist_issuers", {}));
  if (options.persist.issuer_names.size() > persist_issuers_most) {
    return table.wrong("persist_issuers", "at most 10 names are allowed");
  }
  const auto draft = TRY(table.string("persist_draft", "01"));
  if (draft != "01" && draft != "02") return table.wrong("persist_draft", "\"01\" or \"02\" is expected");
  using Draft = ca::va::DnsPersist01::Draft;
  options.persist.draft = draft == "01" ? Draft::draft_01 : Draft::draft_02;
  options.persist.account_hash_prefix = TRY(table.string("persist_hash_prefix", ""));
  return check(table, options, {{"persist.account_hash_prefix", "persist_hash_prefix"}});
}

Result<void> read_caa(TableReader& table, CaConfig& config) {
  auto& caa = config.authority.caa;
  caa.enabled = TRY(table.boolean("caa", caa.enabled));
  caa.identities = TRY(read_names(table, "caa_identities", {}));
  caa.exempt_zones = TRY(read_names(table, "caa_exempt", {}));
  return {};
}

// Draft -02 of dns-persist wants every issuer name among those that the directory shows for CAA.
Result<void> check_persist(const TableReader& table, const CaConfig& config) {
  const auto& persist = config.authority.persist;
  if (persist.draft == ca::va::DnsPersist01::Draft::draft_01 || !config.authority.caa.enabled) return {};
  const auto identities = caa_identities(config);
  for (const auto& name : persist.issuer_names) {
    if (std::ranges::count(identities, name) == 0)
      return table.wrong("persist_issuers", "by draft 02 each has to be in caa_identities; \"" + name + "\" is not");
  }
  return {};
}

Result<void> read_dns(TableReader& table, CaConfig& config) {
  config.authority.resolvers = TRY(table.strings("resolvers", {}));
  for (const auto& text : config.authority.resolvers) {
    const auto server = dns::name_server_from_text(text);
    if (!server) return table.wrong("resolvers", server.error().describe());
  }
  config.dns.dnssec = TRY(table.boolean("dnssec", config.dns.dnssec));
  config.dns.trust_anchors = TRY(table.strings("trust_anchors", {}));
  config.dns.insecure_domains = TRY(read_names(table, "insecure_domains", {}));
  return {};
}

// Half of the workers, when it is not said; more than all of them is all of them.
Result<std::size_t> read_share(TableReader& table, const std::string& key) {
  if (!table.has(key)) return std::size_t{0};
  const auto share = TRY(table.integer(key, 1, 1, workers_max));
  return static_cast<std::size_t>(share);
}

// "password=..." among the words of a connection string, or behind the user in a URI.
bool holds_password(std::string_view target) {
  constexpr std::string_view word = "password";
  for (std::size_t at = target.find(word); at != target.npos; at = target.find(word, at + 1)) {
    const std::size_t next = target.find_first_not_of(' ', at + word.size());
    if (next != target.npos && target[next] == '=') return true;
  }
  const std::size_t scheme = target.find("://");
  if (scheme == target.npos) return false;
  const std::string_view authority = target.substr(scheme + 3, target.find_first_of("/?", scheme + 3) - scheme - 3);
  const std::size_t user_end = authority.rfind('@');
  return user_end != authority.npos && authority.substr(0, user_end).find(':') != authority.npos;
}

Result<void> read_store(TableReader& root, CaConfig& config) {
  auto table = TRY(root.table("store"));
  if (!table) return {};
  config.postgres = TRY(table->string("postgres", ""));
  config.authority.shared_store = !config.postgres.empty();
  config.authority.node = TRY(table->string("node", config.authority.node));
  TRY(check(*table, config.authority, {{"node", "node"}}));
  if (holds_password(config.postgres)) {
    return table->wrong("postgres",
                        "a password does not belong here; put it into libpq's passfile, or use certificates");
  }
  return table->finish();
}

Result<void> read_status(TableReader& root, CaConfig& config) {
  auto table = TRY(root.table("status"));
  if (!table) return {};
  auto& options = config.authority.status;
  config.status_listen = TRY(table->string("listen", ""));
  if (!config.status_listen.empty() && !is_listen_address(config.status_listen)) {
    return table->wrong("listen", "an address is expected, such as \":9080\" or \"127.0.0.1:9080\", or \"\" for none");
  }
  options.url = TRY(table->string("url", ""));
  options.crl_life = TRY(table->duration("crl_life", options.crl_life));
  options.ocsp_life = TRY(table->duration("ocsp_life", options.ocsp_life));
  const auto parts = TRY(table->integer("crl_parts", options.crl_parts, 0, ca::status::crl_parts_most));
  options.crl_parts = static_cast<std::uint32_t>(parts);
  TRY(check(*table, config.authority,
            {{"status.url", "url"},
             {"status.crl_life", "crl_life"},
             {"status.ocsp_life", "ocsp_life"},
             {"status.crl_parts", "crl_parts"}}));
  if (!options.url.empty() && config.status_listen.empty()) {
    return table->wrong("url", "nobody would answer there: listen says that the status is told nowhere");
  }
  return table->finish();
}

Result<void> read_directory(TableReader& root, AuthorityOptions& options) {
  auto table = TRY(root.table("directory"));
  if (!table) return {};
  options.terms_of_service = TRY(table->string("terms_of_service", ""));
  options.website = TRY(table->string("website", ""));
  options.incident_url = TRY(table->string("incident_url", ""));
  TRY(check(*table, options,
            {{"terms_of_service", "terms_of_service"}, {"website", "website"}, {"incident_url", "incident_url"}}));
  return table->finish();
}

Result<void> read_retention(TableReader& root, AuthorityOptions& options) {
  auto table = TRY(root.table("retention"));
  if (!table) return {};
  options.retention.orders = TRY(table->duration("orders", options.retention.orders));
  options.retention.certificates = TRY(table->duration("certificates", options.retention.certificates));
  TRY(check(*table, options, {{"retention.orders", "orders"}, {"retention.certificates", "certificates"}}));
  return table->finish();
}

bool is_host(const std::string& text) {
  const auto name = acme::identifier_from_user(text);
  return name && !name->is_wildcard();
}

Result<void> read_admin(TableReader& root, CaConfig& config) {
  auto table = TRY(root.table("admin"));
  if (!table) return {};
  config.admin.listen = TRY(table->string("listen", ""));
  config.admin.client_ca = TRY(table->string("client_ca", ""));
  if (!config.admin.listen.empty() && !is_listen_address(config.admin.listen)) {
    return table->wrong("listen", "an address is expected, such as \"127.0.0.1:9001\"");
  }
  if (!config.admin.listen.empty() && config.admin.client_ca.empty()) {
    return table->wrong("client_ca", "operators are known by certificates: the file of their authority is expected");
  }
  return table->finish();
}

Result<void> check_general(const TableReader& root, const CaConfig& config) {
  TRY(check(root, config.authority, {{"name", "name"}, {"former_urls", "former_urls"}}));
  if (!is_host(config.host)) return root.wrong("host", "a host name or an IP address is expected");
  if (!is_listen_address(config.listen)) {
    return root.wrong("listen", "an address is expected, such as \":9000\", \"127.0.0.1:9000\" or \"[::1]:9000\"");
  }
  if (!config.url.empty() && !is_base_url(config.url)) {
    return root.wrong("url", "an https URL without a path is expected, such as \"https://ca.corp.example\"");
  }
  return {};
}

}  // namespace

Result<void> read_validation(TableReader& root, CaConfig& config) {
  auto table = TRY(root.table("validation"));
  if (!table) return {};
  auto& options = config.authority;
  TRY(read_methods(*table, options));
  TRY(read_caa(*table, config));
  TRY(check_persist(*table, config));
  TRY(read_dns(*table, config));
  const auto workers =
      TRY(table->integer("workers", static_cast<std::int64_t>(config.validation_workers), 1, workers_max));
  config.validation_workers = options.workers = static_cast<std::size_t>(workers);
  options.validations_per_account = TRY(read_share(*table, "per_account"));
  options.validations_per_target = TRY(read_share(*table, "per_target"));
  options.egress.allow = TRY(read_rules(*table, "allow"));
  options.egress.deny = TRY(read_rules(*table, "deny"));
  return table->finish();
}

bool is_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == text.npos) return false;
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (problem != std::errc() || end != digits.data() + digits.size()) return false;
  std::string_view host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto address = encoding::IpAddress::parse(host);
  return colon == 0 || (address && address->is_v4() != brackets);
}

bool is_base_url(const std::string& text) {
  const auto url = encoding::Url::parse(text);
  return url && url->is_https() && url->target == "/" && !text.ends_with('/');
}

Result<CaConfig> ca_config_from_toml(std::string_view text, std::string file) {
  const auto document = TRY(Document::parse(text, std::move(file)));
  TableReader root(document);
  CaConfig config;
  config.authority.name = TRY(root.string("name", config.authority.name));
  config.host = TRY(root.string("host", config.host));
  config.listen = TRY(root.string("listen", config.listen));
  config.url = TRY(root.string("url", ""));
  config.authority.former_urls = TRY(root.strings("former_urls", {}));
  const auto workers = TRY(root.integer("workers", static_cast<std::int64_t>(config.workers), 1, workers_max));
  config.workers = static_cast<std::size_t>(workers);
  TRY(check_general(root, config));
  TRY(read_leaf(root, config.authority));
  TRY(read_profiles(root, config.authority));
  TRY(read_issuers(root, config));
  TRY(read_orders(root, config.authority));
  TRY(read_admission(root, config.authority));
  TRY(read_validation(root, config));
  TRY(read_validators(root, config));
  TRY(read_directory(root, config.authority));
  TRY(read_store(root, config));
  TRY(read_status(root, config));
  TRY(read_retention(root, config.authority));
  TRY(read_admin(root, config));
  TRY(root.finish());
  return config;
}

std::string status_url(const CaConfig& config, std::uint16_t port) {
  if (config.status_listen.empty() || !config.authority.status.url.empty()) return config.authority.status.url;
  const encoding::Url url{.scheme = "http", .host = config.host, .port = port, .target = "/"};
  return "http://" + url.authority();
}

std::string base_url(const CaConfig& config, std::uint16_t port) {
  if (!config.url.empty()) return config.url;
  const encoding::Url url{.scheme = "https", .host = config.host, .port = port == 0 ? https_port : port, .target = "/"};
  return "https://" + url.authority();
}

std::vector<std::string> caa_identities(const CaConfig& config) {
  if (!config.authority.caa.identities.empty()) return config.authority.caa.identities;
  const auto own = acme::identifier_from_user(config.host);
  if (!own || own->type != acme::IdentifierType::dns) return {};
  return {own->value};
}

bool may_validate_loopback(const CaConfig& config) {
  for (const auto* address : {"127.0.0.1", "::1"}) {
    const auto parsed = encoding::IpAddress::parse(address);
    if (config.authority.egress.why_denied(*parsed, config.host).empty()) return true;
  }
  return false;
}

}  // namespace crest::config
