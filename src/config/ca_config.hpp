// CaConfig is ca.toml: what `crest-ca init` writes and `crest-ca serve` reads.
#pragma once

#include <string>
#include <string_view>

#include "ca/authority.hpp"

namespace crest::config {

// How the CA's own resolver works; see adapters::UnboundResolver.
struct DnsSettings {
  bool dnssec = true;
  std::vector<std::string> trust_anchors;     // files
  std::vector<std::string> insecure_domains;  // never validated
  friend bool operator==(const DnsSettings&, const DnsSettings&) = default;
};

// An issuer as ca.toml has it; its files are in the CA's folder.
struct IssuerSettings {
  std::string name = "intermediate";
  std::string certificate =
      "intermediate.pem";  // PEM: the issuing certificate, and what stands between it and the root
  std::string root = "roots.pem";
  std::string key = "intermediate.key";  // a file with encrypted PKCS#8, or a PKCS#11 URI
  std::string module, pin_file;          // of a token: its library, and the file with its PIN
  std::string passphrase_file;           // of a key in a file; "": the passphrase that serve is given
  ca::issuer::IssuerState state = ca::issuer::IssuerState::active;
  std::vector<std::string> alternate_chains;  // PEM files: from the issuer's key to another root, which stands last
  bool is_in_token() const { return key.starts_with("pkcs11:"); }
  friend bool operator==(const IssuerSettings&, const IssuerSettings&) = default;
};

// The listener for operators; see ca/admin.
struct AdminSettings {
  std::string listen;     // "": there is none
  std::string client_ca;  // file: who may be a client
  friend bool operator==(const AdminSettings&, const AdminSettings&) = default;
};

// Another place in the network that looks at proofs; its files are in the CA's folder. See ca::va::RemoteValidator.
struct ValidatorSettings {
  std::string name, url;
  std::string trust;             // PEM file: who vouches for the validator's own certificate
  std::string certificate, key;  // PEM files: what the CA shows to it
  Duration timeout = ca::va::RemoteValidator::timeout_usual;
  friend bool operator==(const ValidatorSettings&, const ValidatorSettings&) = default;
};

struct CaConfig {
  std::string host = "localhost";  // what clients call this CA; the name in its own certificate
  std::string listen = ":9000";
  std::string url;                     // "" is https://host:port; another one when a proxy stands in front
  std::size_t workers = 8;             // requests at a time
  std::size_t validation_workers = 8;  // validations at a time
  std::string postgres;                // a libpq connection string; "" is SQLite in the CA's folder
  DnsSettings dns;
  std::string status_listen;  // where the status of certificates is told; "" nowhere
  AdminSettings admin;
  std::vector<IssuerSettings> issuers = {IssuerSettings{}};
  std::vector<ValidatorSettings> validators;
  ca::AuthorityOptions authority;  // base_url is left empty: see base_url(); status.url may be: see status_url()
};

// Error: config, naming file, line and key.
Result<CaConfig> ca_config_from_toml(std::string_view text, std::string file);
// The same as a file for people: every setting that matters with its meaning. Reading it gives `config` again.
std::string to_toml(const CaConfig& config);

std::string base_url(const CaConfig& config, std::uint16_t port);
// What certificates name for their status; "" when that is told nowhere.
std::string status_url(const CaConfig& config, std::uint16_t port);
// The names by which CAA records permit this CA: its host, when none is set.
std::vector<std::string> caa_identities(const CaConfig& config);
bool may_validate_loopback(const CaConfig& config);

}  // namespace crest::config
