#include <algorithm>

#include "ca/turns.hpp"
#include "config/ca_config_tables.hpp"
#include "encoding/json.hpp"

namespace crest::config {

// A TOML basic string has the escapes of a JSON string.
std::string quoted(const std::string& text) { return encoding::Json(text).dump(); }

std::string quoted(Duration span) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(span).count();
  if (Duration(seconds * 1000) != span) return quoted(std::to_string(span.count()) + "ms");
  for (const auto& [unit, size] : {std::pair{"d", 86'400}, {"h", 3'600}, {"m", 60}}) {
    if (seconds != 0 && seconds % size == 0) return quoted(std::to_string(seconds / size) + unit);
  }
  return quoted(std::to_string(seconds) + "s");
}

std::string truth(bool value) { return value ? "true" : "false"; }

std::string key_list(const std::vector<crypto::KeyType>& types) {
  std::string out = "[";
  for (const auto type : types) out += (out.size() > 1 ? ", " : "") + quoted(std::string(crypto::to_string(type)));
  return out + "]";
}

std::string text_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) out += (out.size() > 1 ? ", " : "") + quoted(text);
  return out + "]";
}

std::string line(const std::string& name, std::size_t name_width, const std::string& value,
                 const std::string& meaning) {
  std::string out = name + std::string(name_width - std::min(name_width, name.size()), ' ') + " = " + value;
  if (meaning.empty()) return out + "\n";
  constexpr std::size_t meaning_column = 44;
  return out + std::string(out.size() < meaning_column ? meaning_column - out.size() : 1, ' ') + "# " + meaning + "\n";
}

namespace {

std::string rules_text(const char* kind, const std::vector<ca::va::EgressRule>& rules) {
  std::string out;
  for (const auto& rule : rules) {
    out += "\n[[validation." + std::string(kind) + "]]\nnetwork = " + quoted(rule.network.str()) + "\n";
    if (!rule.name_suffix.empty()) out += "names   = " + quoted(rule.name_suffix) + "\n";
  }
  return out;
}

std::string general_text(const CaConfig& config) {
  const auto& options = config.authority;
  constexpr std::size_t width = 7;
  const std::string url = config.url.empty() ? quoted("https://" + config.host) : quoted(config.url);
  return "# The settings of crest-ca. Restart the service after a change. A duration is \"90s\", \"8h\", \"2d\".\n\n" +
         line("name", width, quoted(options.name),
              "in every URL: /acme/" + options.name + "/directory; clients keep it") +
         line("host", width, quoted(config.host), "what clients call this CA; the name in its certificate") +
         line("listen", width, quoted(config.listen),
              "\":9000\" is every address; \"127.0.0.1:9000\", \"[::1]:9000\"") +
         line(config.url.empty() ? "# url" : "url", width, url, "what clients see behind a proxy; clients keep it") +
         line(options.former_urls.empty() ? "# former_urls" : "former_urls", width,
              options.former_urls.empty() ? text_list({"https://old-ca.corp.example"}) : text_list(options.former_urls),
              "of earlier times: accounts keep their URL") +
         line("workers", width, std::to_string(config.workers), "requests at a time") +
         line("default_profile", width, quoted(options.default_profile), "for orders that ask for none");
}

std::string leaf_text(const ca::AuthorityOptions& options) {
  const bool client_auth = options.leaf_usages.size() > 1;
  constexpr std::size_t width = 11;
  return "\n[leaf]  # the certificates\n" + line("life", width, quoted(options.leaf_life), "") +
         line("life_max", width, quoted(options.leaf_life_max), "when an order asks for a notAfter; more is refused") +
         line("backdate", width, quoted(options.backdate), "for clients whose clock is behind") +
         line("client_auth", width, truth(client_auth), "good for TLS clients, too") +
         line("keys", width, key_list(options.leaf_key_types), "");
}

std::string orders_text(const ca::AuthorityOptions& options) {
  constexpr std::size_t width = 20;
  return "\n[orders]\n" + line("life", width, quoted(options.order_life), "to prove the names and finalize") +
         line("authorization_life", width, quoted(options.authorization_life), "") +
         line("reuse_authorizations", width, truth(options.reuse_authorizations),
              "a name proved once is good for later orders") +
         line("reuse_orders", width, truth(options.reuse_orders),
              "an open order is given again; not for accounts that machines share") +
         line("subdomains", width, truth(options.subdomains), "a domain proved by DNS is good for all names below") +
         line("single_label_names", width, truth(options.allow_single_label_names), "\"localhost\", \"printer\"") +
         line("identifiers_max", width, std::to_string(options.identifiers_max), "in one order") +
         line("open_max", width, std::to_string(options.pending_orders_max), "of one account");
}

std::string share_line(const std::string& name, std::size_t width, std::size_t share, const CaConfig& config,
                       const std::string& meaning) {
  if (share != 0) return line(name, width, std::to_string(share), meaning);
  const auto half = ca::turn_limits(config.validation_workers).per_account_max;
  return line("# " + name, width, std::to_string(half), meaning);
}

std::string validation_text(const CaConfig& config) {
  constexpr std::size_t width = 16;
  const auto& options = config.authority;
  const std::string out =
      "\n[validation]\n" + line("workers", width, std::to_string(config.validation_workers), "validations at a time") +
      share_line("per_account", width, options.validations_per_account, config, "of them; half, if not said") +
      share_line("per_target", width, options.validations_per_target, config,
                 "for names in one domain, or one address") +
      "# Wildcards are proved by the dns methods only, addresses never by them. dns-persist-01 is offered once\n"
      "# persist_issuers names this CA as records may: \"ca.corp.example; accounturi=...\".\n" +
      line("methods", width, text_list(options.methods), "") +
      line("persist_issuers", width, text_list(options.persist.issuer_names), "") +
      "# Draft 02 of it hides the account: records hold a hash behind persist_hash_prefix, a URL of this CA.\n" +
      line("persist_draft", width, quoted(options.persist.draft == ca::va::DnsPersist01::Draft::draft_01 ? "01" : "02"),
           "") +
      line("persist_hash_prefix", width, quoted(options.persist.account_hash_prefix), "") +
      line("http01_port", width, std::to_string(options.http01_port), "anything but 80 is for labs") +
      line("tls_alpn01_port", width, std::to_string(options.tls_alpn01_port), "anything but 443 is for labs") +
      "# CAA records say who may issue for a domain; a name in caa_identities makes one ours. What stands in\n"
      "# caa_exempt, and all below it, is not asked about. Where no name server answers, nothing is issued: caa = "
      "false\n"
      "# is for a network without one.\n" +
      line("caa", width, truth(options.caa.enabled), "") +
      line("caa_identities", width, text_list(options.caa.identities), "empty: the host above") +
      line("caa_exempt", width, text_list(options.caa.exempt_zones), "") +
      "# Servers that recurse, such as [\"10.0.0.53\", \"[2001:db8::1]:5353\"]; empty: those of /etc/resolv.conf, and\n"
      "# /etc/hosts first. Signed answers are validated, from the root down where Debian's dns-root-data is there, "
      "and\n"
      "# in private signed zones from the DS or DNSKEY records in trust_anchors (files). insecure_domains are not\n"
      "# validated: private zones whose name a public zone denies. dnssec = false is for a network whose servers\n"
      "# cannot answer for the root.\n" +
      line("resolvers", width, text_list(options.resolvers), "") + line("dnssec", width, truth(config.dns.dnssec), "") +
      line("trust_anchors", width, text_list(config.dns.trust_anchors), "") +
      line("insecure_domains", width, text_list(config.dns.insecure_domains), "") +
      "# The CA connects to the hosts it validates. Loopback and private ranges are closed unless a rule opens them;\n"
      "# link-local addresses, metadata services and multicast stay closed. `names` narrows a rule to a domain.\n"
      "# [[validation.allow]]\n"
      "# network = \"10.0.0.0/8\"\n"
      "# names   = \"corp.example\"\n"
      "# [[validation.deny]]   # comes first\n"
      "# network = \"10.0.0.53\"\n";
  return out + rules_text("allow", config.authority.egress.allow) + rules_text("deny", config.authority.egress.deny);
}

std::string store_text(const CaConfig& config) {
  return "\n[store]\n"
         "# Empty: SQLite in this folder. Or PostgreSQL, as libpq is told: \"host=db.corp.example dbname=crest\n"
         "# sslmode=verify-full\"; a password goes into libpq's passfile.\n" +
         line("postgres", 8, quoted(config.postgres), "") +
         line("node", 8, quoted(config.authority.node), "each node on one database has another name; keep it");
}

std::string admin_text(const CaConfig& config) {
  constexpr std::size_t width = 9;
  return "\n[admin]  # for operators: GET /metrics /health /ready /certificates?q=..., POST /reload /revoke\n"
         "# Clients show a certificate of the authority in the PEM file client_ca; nobody else is answered.\n" +
         line("listen", width, quoted(config.admin.listen), "\"127.0.0.1:9001\"; empty: there is no such listener") +
         line("client_ca", width, quoted(config.admin.client_ca), "");
}

std::string retention_text(const ca::AuthorityOptions& options) {
  constexpr std::size_t width = 12;
  return "\n[retention]  # how long things are kept after their end\n" +
         line("orders", width, quoted(options.retention.orders), "that came to nothing, and authorizations") +
         line("certificates", width, quoted(options.retention.certificates), "what a CRL must list stays longer");
}

std::string status_text(const CaConfig& config) {
  constexpr std::size_t width = 9;
  const auto& options = config.authority.status;
  const std::string url = quoted(options.url.empty() ? "http://" + config.host + ":9080" : options.url);
  return "\n[status]  # CRL, OCSP and the issuers' certificates, by plain HTTP\n" +
         line("listen", width, quoted(config.status_listen), "\"\": nowhere, and certificates name no place") +
         line(options.url.empty() ? "# url" : "url", width, url, "what certificates name; they keep it for life") +
         line("crl_life", width, quoted(options.crl_life), "signed anew by half of it and at each revocation") +
         line("crl_parts", width, std::to_string(options.crl_parts),
              "4, 16, 64, ...: so many shorter lists beside the full one") +
         line("ocsp_life", width, quoted(options.ocsp_life), "");
}

std::string directory_text(const ca::AuthorityOptions& options) {
  constexpr std::size_t width = 16;
  return "\n[directory]  # what clients are told\n" +
         line("terms_of_service", width, quoted(options.terms_of_service),
              "a URL; accounts must agree when it is set") +
         line("website", width, quoted(options.website), "") +
         line("incident_url", width, quoted(options.incident_url), "shown with what must be renewed at once");
}

}  // namespace

std::string to_toml(const CaConfig& config) {
  return general_text(config) + leaf_text(config.authority) + profiles_text(config.authority) +
         issuers_text(config.issuers) + orders_text(config.authority) + admission_text(config.authority) +
         directory_text(config.authority) + store_text(config) + retention_text(config.authority) + admin_text(config) +
         status_text(config) + validation_text(config) + validators_text(config);
}

}  // namespace crest::config
