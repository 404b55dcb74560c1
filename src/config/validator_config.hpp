// ValidatorConfig is the file that `crest-ca validator` is run by.
#pragma once

#include "config/ca_config.hpp"

namespace crest::config {

struct ValidatorConfig {
  std::string listen = ":9443";
  std::string certificate, key;           // PEM files: what the validator shows; like the next one beside this file
  std::string clients;                    // PEM file: who vouches for clients
  std::vector<std::string> client_names;  // DNS names: a client's certificate must hold one of them
  std::size_t workers = 8;                // validations at a time
  ca::va::Validator::Options validation;
  DnsSettings dns;
};

// Error: config, naming file, line and key.
Result<ValidatorConfig> validator_config_from_toml(std::string_view text, std::string file);

}  // namespace crest::config
