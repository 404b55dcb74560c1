#include <array>
#include <unistd.h>

#include "adapters/posix_disk.hpp"
#include "adapters/secret_memory.hpp"
#include "adapters/system_clock.hpp"
#include "apps/crest_ca/issuing_key.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/hierarchy.hpp"
#include "config/ca_folder.hpp"
#include "crypto/digest.hpp"
#include "encoding/pem.hpp"

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
  if (!flags.allow.empty()) {
    auto policy = ca::ra::policy_from({.label = "ca.toml", .allow = flags.allow, .deny = {}});
    if (!policy) return make_error(ErrorKind::usage, "--allow: " + policy.error().message);
    options.policy = *std::move(policy);
  }
  settings.host = !flags.host.empty() ? flags.host : flags.lab ? "localhost" : own_host_name();
  settings.listen = !flags.listen.empty() ? flags.listen : flags.lab ? "127.0.0.1:9000" : ":9000";
  settings.status_listen = flags.lab ? "127.0.0.1:9080" : ":9080";
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

struct Secrets {
  Secret root, intermediate;
};

// Nothing is asked for that nothing is encrypted with.
Result<Secrets> secrets(const Init& flags) {
  Secrets out;
  const bool root_here = flags.request_file.empty(), in_token = !flags.token.key.empty();
  if (!in_token || (root_here && flags.root_passphrase_file.empty())) {
    out.intermediate = TRY(passphrase(flags.passphrase, "Passphrase for the CA's keys", Asking::twice));
  }
  out.root = out.intermediate;
  if (root_here && !flags.root_passphrase_file.empty()) {
    out.root = TRY(passphrase({.file = flags.root_passphrase_file}, "", Asking::twice));
  }
  return out;
}

std::string serve_command(const Init& flags) {
  return "  crest-ca serve " + flags.folder +
         (flags.passphrase.file.empty() || !flags.token.key.empty() ? ""
                                                                    : " --passphrase-file " + flags.passphrase.file);
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
  say(serve_command(flags));
  if (settings.authority.policy.any_name)
    say("Any name that can be proved may be ordered; [policy] in ca.toml, or --allow here, narrows that.");
  if (config::may_validate_loopback(settings))
    say("This is a lab: it may validate hosts on loopback; ca.toml says where.");
}

void say_what_follows(const Init& flags) {
  say("A new CA is in " + flags.folder + ", and waits for its certificate.");
  say("Take " + flags.request_file + " to the root, have it signed as a CA with path length 0, bring back the");
  say("certificate, and the root's own by a way that you trust:");
  say("  crest-ca issuer install CERTIFICATE.pem " + flags.folder + " --root ROOT.pem");
  say("Then it can serve:");
  say(serve_command(flags));
}

// A root is made beside the intermediate.
Result<void> init_whole(const Init& flags, Disk& disk, config::NewCa files, const crypto::Signer& intermediate,
                        const Secret& root_secret) {
  const auto root = TRY(crypto::PrivateKey::generate(crypto::KeyType::ec_p256));
  files.root_key_pem = TRY(root.to_encrypted_pem(root_secret));
  adapters::SystemClock clock;
  crypto::SystemRandom random;
  const auto hierarchy = TRY(ca::make_hierarchy({.name = flags.name}, root, intermediate, random, clock.now()));
  files.roots_pem = hierarchy.root.pem();
  files.intermediate_pem = hierarchy.intermediate.pem();
  TRY(config::write_ca(disk, files));
  say_what_follows(flags, files.config, hierarchy);
  return {};
}

// The root is elsewhere, and signs a request.
Result<void> init_request(const Init& flags, Disk& disk, config::NewCa files, const crypto::Signer& intermediate) {
  const auto request = TRY(ca::intermediate_request(flags.name, intermediate));
  files.request_pem = encoding::to_pem("CERTIFICATE REQUEST", request);
  TRY(write_new_file(flags.request_file, files.request_pem));
  TRY(config::write_ca(disk, files));
  say_what_follows(flags);
  return {};
}

Result<void> init(const Init& flags) {
  TRY(check(flags.token));
  auto chosen = TRY(settings(flags));
  describe(flags.token, chosen.issuers.front());
  const auto disk = TRY(adapters::open_posix_disk(flags.folder));
  if (auto unused = config::check_unused(*disk); !unused) return std::move(unused).error().at(flags.folder);
  (void)adapters::shield_secrets();  // as far as it goes: this process is over in a second
  const auto secret = TRY(secrets(flags));
  const auto key = TRY(new_key(flags.token, secret.intermediate));
  config::NewCa files{.config = chosen, .intermediate_key_pem = key.pem};
  if (!flags.request_file.empty()) return init_request(flags, *disk, std::move(files), *key.signer);
  return init_whole(flags, *disk, std::move(files), *key.signer, secret.root);
}

}  // namespace

int run(const Init& flags) {
  const auto done = init(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
