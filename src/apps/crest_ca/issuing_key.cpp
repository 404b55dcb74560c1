#include "apps/crest_ca/issuing_key.hpp"

#include <filesystem>

#include "adapters/pkcs11_signer.hpp"
#include "adapters/posix_disk.hpp"
#include "adapters/text_file.hpp"

namespace crest::apps::crest_ca {
namespace {

constexpr unsigned public_file_mode = 0644;

Error wrong(std::string why) { return make_error(ErrorKind::usage, std::move(why), "command line"); }

}  // namespace

Result<void> check(const TokenFlags& flags) {
  TRY(crypto::key_type_from_text(flags.type));
  if (flags.key.empty()) {
    const bool stray = !flags.module.empty() || !flags.pin_file.empty() || flags.generate;
    if (stray) return wrong("--module, --pin-file and --generate go with a key in a token: --key pkcs11:...");
    return {};
  }
  if (!flags.key.starts_with("pkcs11:"))
    return wrong("--key: a PKCS#11 URI is expected: pkcs11:token=ca;object=issuing");
  if (flags.module.empty()) return wrong("--module is missing: the path of the token's library");
  if (flags.pin_file.empty()) return wrong("--pin-file is missing: a file with the token's PIN, readable by you alone");
  return {};
}

void describe(const TokenFlags& flags, config::IssuerSettings& issuer) {
  if (flags.key.empty()) return;
  issuer.key = flags.key;
  issuer.module = flags.module;
  issuer.pin_file = adapters::absolute_path(flags.pin_file);
}

Result<NewKey> new_key(const TokenFlags& flags, const Secret& secret) {
  const auto type = TRY(crypto::key_type_from_text(flags.type));
  if (flags.key.empty()) {
    auto key = TRY(crypto::PrivateKey::generate(type));
    auto pem = TRY(key.to_encrypted_pem(secret));
    return NewKey{std::make_unique<crypto::PrivateKey>(std::move(key)), std::move(pem)};
  }
  auto pin = TRY(passphrase({.file = flags.pin_file}, "", Asking::once));
  adapters::Pkcs11Options options{.module = flags.module, .uri = flags.key, .pin = std::move(pin)};
  if (flags.generate) TRY(adapters::generate_pkcs11_key(options, type));
  auto signer = TRY(adapters::open_pkcs11_signer(std::move(options)));
  return NewKey{std::move(signer), ""};
}

Result<void> write_new_file(const std::string& path, const std::string& text) {
  const std::filesystem::path whole(adapters::absolute_path(path));
  const auto disk = TRY(adapters::open_posix_disk(whole.parent_path().string(), {.create = false, .exclusive = false}));
  const std::string name = whole.filename().string();
  const bool there = TRY(disk->exists(name));
  if (there) return make_error(ErrorKind::config, "there is such a file already, and it is not overwritten", path);
  TRY(disk->create(name, as_bytes(text), public_file_mode));
  TRY(disk->sync(name));
  return disk->sync_folder("");
}

}  // namespace crest::apps::crest_ca
