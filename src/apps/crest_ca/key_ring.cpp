#include "apps/crest_ca/key_ring.hpp"

#include "adapters/pkcs11_signer.hpp"
#include "config/ca_folder.hpp"

namespace crest::apps::crest_ca {

Result<Secret> secret_in_file(const std::string& folder, const std::string& path) {
  return passphrase({.file = path.starts_with('/') ? path : joined(folder, path)}, "", Asking::once);
}

Result<KeyRing::Key> KeyRing::opened(const config::IssuerSettings& issuer, std::optional<Secret>& asked) {
  if (issuer.is_in_token()) {
    auto pin = TRY(secret_in_file(folder_, issuer.pin_file));
    auto signer =
        TRY(adapters::open_pkcs11_signer({.module = issuer.module, .uri = issuer.key, .pin = std::move(pin)}));
    return Key(std::move(signer));
  }
  Secret own;
  if (!issuer.passphrase_file.empty()) {
    own = TRY(secret_in_file(folder_, issuer.passphrase_file));
  } else {
    if (!asked) asked = TRY(passphrase(passphrase_, "Passphrase of the intermediate's key", Asking::once));
    own = *asked;
  }
  auto key = TRY(config::read_key(disk_, folder_, issuer, own));
  return Key(std::make_unique<crypto::PrivateKey>(std::move(key)));
}

Result<const crypto::Signer*> KeyRing::key_of(const config::IssuerSettings& issuer, std::optional<Secret>& asked) {
  auto& place = keys_[issuer.key];
  if (!place) place = TRY(opened(issuer, asked));
  return place.get();
}

Result<std::vector<ca::IssuingKey>> KeyRing::issuers(const std::vector<config::IssuerSettings>& settings) {
  std::vector<ca::IssuingKey> out;
  std::optional<Secret> asked;
  for (const auto& issuer : settings) {
    const bool there = TRY(disk_.exists(issuer.certificate));
    if (!there && issuer.state == ca::issuer::IssuerState::staged) continue;  // it waits for its certificate
    auto certificates = TRY(config::read_certificates(disk_, folder_, issuer));
    const crypto::Signer* key = nullptr;
    if (ca::issuer::needs_key(issuer.state)) key = TRY(key_of(issuer, asked));
    out.push_back({std::move(certificates.chain), key, std::move(certificates.root), issuer.name, issuer.state,
                   std::move(certificates.alternates)});
  }
  return out;
}

}  // namespace crest::apps::crest_ca
