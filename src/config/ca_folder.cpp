#include "config/ca_folder.hpp"

namespace crest::config {
namespace {

constexpr std::size_t file_bytes_max = 1u << 20;
constexpr unsigned public_file_mode = 0644;

Result<std::string> read_text(Disk& disk, const std::string& name, const std::string& folder) {
  auto octets = disk.read(name, file_bytes_max);
  if (!octets) return std::move(octets).error().at(folder);
  return to_text(*octets);
}

Error unusable(Error error, const std::string& folder, const std::string& name) {
  return std::move(error).as(ErrorKind::config).at(joined(folder, name));
}

Result<void> put(Disk& disk, const char* name, const std::string& text, unsigned mode) {
  TRY(disk.create(name, as_bytes(text), mode));
  return disk.sync(name);
}

Result<ca::issuer::AlternateChain> read_alternate(Disk& disk, const std::string& folder, const std::string& file,
                                                  const x509::Certificate& issuer) {
  const auto pem = TRY(read_text(disk, file, folder));
  auto alternate = ca::issuer::alternate_chain_from_pem(pem);
  if (!alternate) return unusable(std::move(alternate).error(), folder, file);
  auto checked = ca::issuer::check_alternate(*alternate, issuer);
  if (!checked) return unusable(std::move(checked).error(), folder, file);
  return alternate;
}

}  // namespace

Result<void> check_unused(Disk& disk) {
  for (const char* name : {ca_settings_file, ca_roots_file, ca_intermediate_file, ca_intermediate_key_file,
                           ca_intermediate_request_file, ca_root_key_file, ca_store_folder}) {
    const bool there = TRY(disk.exists(name));
    if (!there) continue;
    const bool whole = TRY(disk.exists(ca_settings_file));
    return make_error(ErrorKind::config,
                      whole ? "there is a CA here already, and it is never overwritten; choose another folder"
                            : "an init that did not finish left this behind; remove it, or choose another folder",
                      name);
  }
  return {};
}

Result<void> write_ca(Disk& disk, const NewCa& ca) {
  TRY(check_unused(disk));
  const struct {
    const char* name;
    const std::string& text;
    unsigned mode;
  } files[] = {{ca_root_key_file, ca.root_key_pem, private_file_mode},
               {ca_intermediate_key_file, ca.intermediate_key_pem, private_file_mode},
               {ca_roots_file, ca.roots_pem, public_file_mode},
               {ca_intermediate_file, ca.intermediate_pem, public_file_mode},
               {ca_intermediate_request_file, ca.request_pem, public_file_mode}};
  for (const auto& [name, text, mode] : files) {
    if (!text.empty()) TRY(put(disk, name, text, mode));
  }
  TRY(disk.make_folder(ca_store_folder, private_folder_mode));
  TRY(disk.sync_folder(""));
  TRY(put(disk, ca_settings_file, to_toml(ca.config), private_file_mode));
  return disk.sync_folder("");
}

Result<CaConfig> read_settings(Disk& disk, const std::string& folder) {
  const bool there = TRY(disk.exists(ca_settings_file));
  if (!there) {
    return make_error(ErrorKind::config, "there is no CA here; make one with crest-ca init", folder);
  }
  const auto text = TRY(read_text(disk, ca_settings_file, folder));
  return ca_config_from_toml(text, joined(folder, ca_settings_file));
}

Result<IssuerCertificates> read_certificates(Disk& disk, const std::string& folder, const IssuerSettings& issuer) {
  const bool there = TRY(disk.exists(issuer.certificate));
  if (!there) {
    return make_error(ErrorKind::config,
                      "the issuer has no certificate yet; have its request signed, and install what comes back with "
                      "crest-ca issuer install",
                      joined(folder, issuer.certificate));
  }
  const auto chain_pem = TRY(read_text(disk, issuer.certificate, folder));
  auto chain = x509::Chain::from_pem(chain_pem);
  if (!chain) return unusable(std::move(chain).error(), folder, issuer.certificate);
  const auto root_pem = TRY(read_text(disk, issuer.root, folder));
  auto root = x509::Certificate::from_pem(root_pem);
  if (!root) return unusable(std::move(root).error(), folder, issuer.root);
  IssuerCertificates out{*std::move(chain), *std::move(root)};
  for (const auto& file : issuer.alternate_chains) {
    auto alternate = TRY(read_alternate(disk, folder, file, out.chain.leaf()));
    out.alternates.push_back(std::move(alternate));
  }
  return out;
}

Result<crypto::PrivateKey> read_key(Disk& disk, const std::string& folder, const IssuerSettings& issuer,
                                    const Secret& passphrase) {
  TRY(disk.check_private(issuer.key));
  auto text = TRY(read_text(disk, issuer.key, folder));
  const Secret pem(std::move(text));
  auto key = crypto::PrivateKey::from_pem(pem.reveal(), &passphrase);
  if (!key) return unusable(std::move(key).error(), folder, issuer.key);
  return key;
}

}  // namespace crest::config
