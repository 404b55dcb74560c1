#include "config/validator_config.hpp"

#include "config/ca_config_tables.hpp"
#include "dns/name.hpp"

namespace crest::config {
namespace {

Result<void> read_files(TableReader& root, ValidatorConfig& config) {
  for (const auto& [key, place] :
       {std::pair{"certificate", &config.certificate}, {"key", &config.key}, {"clients", &config.clients}}) {
    *place = TRY(root.string(key, ""));
    if (place->empty()) return root.wrong(key, "a PEM file is expected; each end knows the other by its certificate");
  }
  return {};
}

Result<void> read_client_names(TableReader& root, ValidatorConfig& config) {
  config.client_names = TRY(root.strings("client_names", {}));
  for (auto& text : config.client_names) {
    const auto name = dns::Name::from_user(text);
    if (!name) return root.wrong("client_names", name.error().message);
    text = name->str();
  }
  if (!config.client_names.empty()) return {};
  return root.wrong("client_names",
                    "the DNS names in the certificates of the CAs that may ask are expected; whoever else could ask "
                    "would have a probe into this network");
}

}  // namespace

Result<ValidatorConfig> validator_config_from_toml(std::string_view text, std::string file) {
  const auto document = TRY(Document::parse(text, std::move(file)));
  TableReader root(document);
  ValidatorConfig config;
  config.listen = TRY(root.string("listen", config.listen));
  if (!is_listen_address(config.listen)) {
    return root.wrong("listen", "an address is expected, such as \":9443\", \"127.0.0.1:9443\" or \"[::1]:9443\"");
  }
  TRY(read_files(root, config));
  TRY(read_client_names(root, config));
  CaConfig of_ca;  // [validation] means the same to both
  TRY(read_validation(root, of_ca));
  TRY(root.finish());
  config.workers = of_ca.validation_workers;
  config.dns = of_ca.dns;
  config.validation = ca::validation_of(of_ca.authority);
  if (config.validation.caa.enabled && config.validation.caa.identities.empty()) {
    return root.wrong("validation",
                      "caa_identities: the names by which CAA records permit the CA are expected, or caa = false");
  }
  return config;
}

}  // namespace crest::config
