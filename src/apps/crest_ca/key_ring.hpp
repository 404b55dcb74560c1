// A KeyRing holds the keys of a CA's issuers, open: from files and from tokens. It outlives the Authority.
#pragma once

#include <map>
#include <memory>

#include "apps/crest_ca/verb.hpp"
#include "ca/authority.hpp"
#include "config/ca_config.hpp"
#include "disk/disk.hpp"

namespace crest::apps::crest_ca {

class KeyRing {
 public:
  KeyRing(Disk& disk, std::string folder, PassphraseFlags passphrase)
      : disk_(disk), folder_(std::move(folder)), passphrase_(std::move(passphrase)) {}

  // The issuers for an Authority. A key that was opened before stays as it is, so that settings can be read again
  // without a passphrase; a new one is opened if its issuer signs. Blocks for disk and tokens, and asks for a passphrase
  // that has to be asked for, which is gone when it returns. Errors: config, storage.
  Result<std::vector<ca::IssuingKey>> issuers(const std::vector<config::IssuerSettings>& settings);

 private:
  using Key = std::unique_ptr<const crypto::Signer>;
  Result<const crypto::Signer*> key_of(const config::IssuerSettings& issuer, std::optional<Secret>& asked);
  Result<Key> opened(const config::IssuerSettings& issuer, std::optional<Secret>& asked);

  Disk& disk_;
  std::string folder_;
  PassphraseFlags passphrase_;
  std::map<std::string, Key> keys_;  // by what ca.toml calls it
};

// The PIN or passphrase in a file, whose path may be relative to `folder`. Errors: config, storage.
Result<Secret> secret_in_file(const std::string& folder, const std::string& path);

}  // namespace crest::apps::crest_ca
