#include "config/ca_config.hpp"
#include "encoding/json.hpp"

namespace crest::config {
namespace {

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
  std::string out =
      "# The settings of crest-ca. Restart the service after a change. A duration is \"90s\", \"8h\", \"2d\".\n\n";
  out += "name    = " + quoted(options.name) + "   # stands in every URL: /acme/" + options.name +
         "/directory; clients keep it\n";
  out += "host    = " + quoted(config.host) + "   # what clients call this CA; the name in its own certificate\n";
  out += "listen  = " + quoted(config.listen) + "   # \":9000\" is every address; \"127.0.0.1:9000\", \"[::1]:9000\"\n";
  out += config.url.empty() ? "# url   = \"https://" + config.host + "\"" : "url     = " + quoted(config.url);
  out += "   # what clients see, when a proxy stands in front; clients keep it\n";
  out += "workers = " + std::to_string(config.workers) + "   # requests at a time\n";
  return out;
}

std::string leaf_text(const ca::AuthorityOptions& options) {
  const bool client_auth = options.leaf_usages.size() > 1;
  std::string out = "\n[leaf]  # the certificates\n";
  out += "life        = " + quoted(options.leaf_life) + "\n";
  out +=
      "life_max    = " + quoted(options.leaf_life_max) + "   # for orders that ask for a notAfter; more is refused\n";
  out += "backdate    = " + quoted(options.backdate) + "   # for clients whose clock is behind\n";
  out += "client_auth = " + truth(client_auth) + "   # good for TLS clients, too\n";
  out += "keys        = " + key_list(options.leaf_key_types) + "   # of certificates and accounts\n";
  return out;
}

std::string orders_text(const ca::AuthorityOptions& options) {
  std::string out = "\n[orders]\n";
  out += "life                 = " + quoted(options.order_life) + "   # to prove the names and finalize\n";
  out += "authorization_life   = " + quoted(options.authorization_life) + "\n";
  out += "reuse_authorizations = " + truth(options.reuse_authorizations) +
         "   # a name proved once is good for later orders, that long\n";
  out += "single_label_names   = " + truth(options.allow_single_label_names) +
         "   # names such as \"localhost\" or \"printer\"\n";
  out += "identifiers_max      = " + std::to_string(options.identifiers_max) + "   # in one order\n";
  out += "open_max             = " + std::to_string(options.pending_orders_max) + "   # of one account\n";
  return out;
}

std::string validation_text(const CaConfig& config) {
  std::string out = "\n[validation]\n";
  out += "http01_port = " + std::to_string(config.authority.http01_port) + "   # anything but 80 is for labs\n";
  out += "workers     = " + std::to_string(config.validation_workers) + "   # validations at a time\n";
  out +=
      "# The CA connects to the hosts it validates. Loopback and private ranges are closed unless a rule opens them;\n"
      "# link-local addresses, metadata services and multicast stay closed. `names` narrows a rule to a domain.\n"
      "# [[validation.allow]]\n"
      "# network = \"10.0.0.0/8\"\n"
      "# names   = \"corp.example\"\n"
      "# [[validation.deny]]   # comes first\n"
      "# network = \"10.0.0.53\"\n";
  return out + rules_text("allow", config.authority.egress.allow) + rules_text("deny", config.authority.egress.deny);
}

std::string directory_text(const ca::AuthorityOptions& options) {
  std::string out = "\n[directory]  # what clients are told\n";
  out += "terms_of_service = " + quoted(options.terms_of_service) + "   # a URL; accounts must agree when it is set\n";
  out += "website          = " + quoted(options.website) + "\n";
  return out;
}

}  // namespace

std::string to_toml(const CaConfig& config) {
  return general_text(config) + leaf_text(config.authority) + orders_text(config.authority) +
         directory_text(config.authority) + validation_text(config);
}

}  // namespace crest::config
