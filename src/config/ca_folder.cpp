#include "config/ca_folder.hpp"

namespace crest::config {
namespace {

constexpr std::size_t file_bytes_max = 1u << 20;
constexpr unsigned public_file_mode = 0644;

Result<std::string> read_text(Disk& disk, const char* name, const std::string& folder) {
  auto octets = disk.read(name, file_bytes_max);
  if (!octets) return std::move(octets).error().at(folder);
  return to_text(*octets);
}

Error unusable(Error error, const std::string& folder, const char* name) {
  return std::move(error).as(ErrorKind::config).at(joined(folder, name));
}

Result<void> put(Disk& disk, const char* name, const std::string& text, unsigned mode) {
  TRY(disk.create(name, as_bytes(text), mode));
  return disk.sync(name);
}

}  // namespace

Result<void> check_unused(Disk& disk) {
  for (const char* name : {ca_settings_file, ca_roots_file, ca_intermediate_file, ca_intermediate_key_file,
                           ca_root_key_file, ca_store_folder}) {
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
  TRY(put(disk, ca_root_key_file, ca.root_key_pem, private_file_mode));
  TRY(put(disk, ca_intermediate_key_file, ca.intermediate_key_pem, private_file_mode));
  TRY(put(disk, ca_roots_file, ca.hierarchy.root.pem(), public_file_mode));
  TRY(put(disk, ca_intermediate_file, ca.hierarchy.intermediate.pem(), public_file_mode));
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

Result<CaKeys> read_keys(Disk& disk, const std::string& folder, const Secret& passphrase) {
  const auto chain_pem = TRY(read_text(disk, ca_intermediate_file, folder));
  auto chain = x509::Chain::from_pem(chain_pem);
  if (!chain) return unusable(std::move(chain).error(), folder, ca_intermediate_file);
  const auto root_pem = TRY(read_text(disk, ca_roots_file, folder));
  auto root = x509::Certificate::from_pem(root_pem);
  if (!root) return unusable(std::move(root).error(), folder, ca_roots_file);
  auto key_text = TRY(read_text(disk, ca_intermediate_key_file, folder));
  const Secret key_pem(std::move(key_text));
  auto key = crypto::PrivateKey::from_pem(key_pem.reveal(), &passphrase);
  if (!key) return unusable(std::move(key).error(), folder, ca_intermediate_key_file);
  return CaKeys{*std::move(chain), *std::move(root), *std::move(key)};
}

}  // namespace crest::config
