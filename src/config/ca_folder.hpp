// A CaFolder is a CA on disk: its settings, certificates and keys, written once by `crest-ca init`.
#pragma once

#include <string>

#include "config/ca_config.hpp"
#include "core/secret.hpp"
#include "disk/disk.hpp"

namespace crest::config {

inline constexpr const char *ca_settings_file = "ca.toml", *ca_roots_file = "roots.pem",
                            *ca_intermediate_file = "intermediate.pem", *ca_intermediate_key_file = "intermediate.key",
                            *ca_intermediate_request_file = "intermediate.csr", *ca_root_key_file = "root.key",
                            *ca_store_folder = "db";

struct NewCa {
  const CaConfig& config;
  std::string root_key_pem;                 // encrypted PKCS#8; "": the root is kept elsewhere
  std::string intermediate_key_pem;         // "": it is in a token
  std::string roots_pem, intermediate_pem;  // "": not signed yet
  std::string request_pem;                  // "": signed already
};

// Error: config, when there is a CA or a part of one already: nothing is ever overwritten; storage.
Result<void> check_unused(Disk& disk);
// Writes everything durably, keys with mode 0600 from their first octet, the settings last: a folder without them holds
// no CA. Error: as check_unused(); storage.
Result<void> write_ca(Disk& disk, const NewCa& ca);

// `folder` is how messages name it. Errors: config, storage.
Result<CaConfig> read_settings(Disk& disk, const std::string& folder);
struct IssuerCertificates {
  x509::Chain chain;  // the issuing certificate and what stands between it and the root
  x509::Certificate root;
  std::vector<ca::issuer::AlternateChain> alternates = {};  // in the order of the settings, each fit for the issuer
};
// Error: config (no such file, files that are none), storage.
Result<IssuerCertificates> read_certificates(Disk& disk, const std::string& folder, const IssuerSettings& issuer);
// Opens the key in a file. Errors: config (others may read the file, a wrong passphrase, a file that is none), storage.
Result<crypto::PrivateKey> read_key(Disk& disk, const std::string& folder, const IssuerSettings& issuer,
                                    const Secret& passphrase);

}  // namespace crest::config
