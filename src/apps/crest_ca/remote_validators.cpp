#include "apps/crest_ca/remote_validators.hpp"

#include "adapters/text_file.hpp"
#include "disk/disk.hpp"
#include "x509/certificate.hpp"

namespace crest::apps::crest_ca {
namespace {

constexpr std::size_t pem_bytes_max = 1u << 20, key_bytes_max = 64u << 10;

std::string path_in(const std::string& folder, const std::string& path) {
  return path.starts_with('/') ? path : joined(folder, path);
}

Result<ca::va::Perspectives::RemotePtr> opened(const config::ValidatorSettings& settings, const std::string& folder,
                                               http::Transport& transport) {
  auto trust = TRY(adapters::read_text_file(path_in(folder, settings.trust), pem_bytes_max));
  auto identity = TRY(identity_in(folder, settings.certificate, settings.key));
  return ca::va::Perspectives::RemotePtr(std::make_shared<const ca::va::RemoteValidator>(
      ca::va::RemoteValidator::Options{.name = settings.name,
                                       .url = settings.url,
                                       .trust = {Trust::Mode::pem, std::move(trust)},
                                       .identity = std::move(identity),
                                       .timeout = settings.timeout},
      transport));
}

}  // namespace

Result<ClientIdentity> identity_in(const std::string& folder, const std::string& certificate, const std::string& key) {
  ClientIdentity identity;
  identity.chain_pem = TRY(adapters::read_text_file(path_in(folder, certificate), pem_bytes_max));
  identity.key_pem = TRY(adapters::read_private_file(path_in(folder, key), key_bytes_max));
  auto chain = x509::Chain::from_pem(identity.chain_pem);
  if (!chain) return std::move(chain).error().at(path_in(folder, certificate));
  auto own = crypto::PrivateKey::from_pem(identity.key_pem.reveal());
  if (!own) return std::move(own).error().at(path_in(folder, key));
  if (own->public_key() == chain->leaf().public_key()) return identity;
  return make_error(ErrorKind::config, "it is not the key of " + path_in(folder, certificate), path_in(folder, key));
}

Result<std::vector<ca::va::Perspectives::RemotePtr>> remote_validators(
    const std::vector<config::ValidatorSettings>& settings, const std::string& folder, http::Transport& transport) {
  std::vector<ca::va::Perspectives::RemotePtr> out;
  for (const auto& each : settings) {
    auto validator = opened(each, folder, transport);
    if (!validator) return std::move(validator).error().at("[validator." + each.name + "]");
    out.push_back(*std::move(validator));
  }
  return out;
}

}  // namespace crest::apps::crest_ca
