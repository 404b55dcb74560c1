#include <array>
#include <unistd.h>

#include "adapters/posix_disk.hpp"
#include "adapters/secret_memory.hpp"
#include "adapters/system_clock.hpp"
#include "apps/crest_ca/verb.hpp"
#include "config/ca_folder.hpp"
#include "crypto/digest.hpp"

namespace crest::apps::crest_ca {
namespace {

constexpr std::size_t host_chars_max = 256;

std::string own_host_name() {
  std::array<char, host_chars_max> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "localhost";
}

Result<config::CaConfig> settings(const Init& flags) {
  config::CaConfig settings;
  auto& options = settings.authority;
  options.name = flags.name;
  settings.host = !flags.host.empty() ? flags.host : flags.lab ? "localhost" : own_host_name();
  settings.listen = !flags.listen.empty() ? flags.listen : flags.lab ? "127.0.0.1:9000" : ":9000";
  if (flags.lab) {
    for (const auto* network : {"127.0.0.0/8", "::1"}) {
      const auto loopback = TRY(encoding::IpNetwork::parse(network));
      options.egress.allow.push_back({loopback, ""});
    }
    options.allow_single_label_names = true;
    options.caa.enabled = false;  // a lab's names are nobody's
  }
  auto read_back = config::ca_config_from_toml(config::to_toml(settings), "the new settings");
  if (read_back) return settings;
  Error error = std::move(read_back).error().as(ErrorKind::usage);
  error.context = "command line";  // there is no file yet: the settings have the names of the flags
  return error;
}

struct Keys {
  crypto::PrivateKey root, intermediate;
  std::string root_pem, intermediate_pem;  // encrypted
};

Result<Keys> make_keys(const Init& flags) {
  const auto secret = TRY(passphrase(flags.passphrase, "Passphrase for the CA's keys", Asking::twice));
  Secret root_secret = secret;
  if (!flags.root_passphrase_file.empty()) {
    root_secret = TRY(passphrase({.file = flags.root_passphrase_file}, "", Asking::twice));
  }
  auto root = TRY(crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  auto intermediate = TRY(crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  auto root_pem = TRY(root.to_encrypted_pem(root_secret));
  auto intermediate_pem = TRY(intermediate.to_encrypted_pem(secret));
  return Keys{std::move(root), std::move(intermediate), std::move(root_pem), std::move(intermediate_pem)};
}

void say_what_follows(const Init& flags, const config::CaConfig& settings, const ca::Hierarchy& hierarchy) {
  const std::string at = flags.folder + "/";
  say("A new CA is in " + flags.folder + ". Its root certificate has the fingerprint");
  say("  " + hierarchy.root.fingerprint());
  say("Give clients " + at + config::ca_roots_file + ", and the fingerprint by another way, to compare.");
  say("The root's key is needed again only for a new intermediate, by " +
      to_rfc3339(hierarchy.intermediate.not_after()) + ":");
  say("  copy " + at + config::ca_root_key_file + " to two media that stay offline, compare them, and delete it here.");
  say("Serving needs the intermediate's key alone:");
  say("  crest-ca serve " + flags.folder +
      (flags.passphrase.file.empty() ? "" : " --passphrase-file " + flags.passphrase.file));
  if (config::may_validate_loopback(settings))
    say("This is a lab: it may validate hosts on loopback; ca.toml says where.");
}

Result<void> init(const Init& flags) {
  const auto chosen = TRY(settings(flags));
  const auto disk = TRY(adapters::open_posix_disk(flags.folder));
  if (auto unused = config::check_unused(*disk); !unused) return std::move(unused).error().at(flags.folder);
  (void)adapters::shield_secrets();  // as far as it goes: this process is over in a second
  const auto keys = TRY(make_keys(flags));
  adapters::SystemClock clock;
  crypto::SystemRandom random;
  const auto hierarchy =
      TRY(ca::make_hierarchy({.name = flags.name}, keys.root, keys.intermediate, random, clock.now()));
  TRY(config::write_ca(*disk, {chosen, hierarchy, keys.root_pem, keys.intermediate_pem}));
  say_what_follows(flags, chosen, hierarchy);
  return {};
}

}  // namespace

int run(const Init& flags) {
  const auto done = init(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
