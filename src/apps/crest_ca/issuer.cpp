// crest-ca issuer: list, request, install, state.
#include <algorithm>

#include "adapters/posix_disk.hpp"
#include "adapters/secret_memory.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/text_file.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/issuing_key.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/audit/writer.hpp"
#include "ca/hierarchy.hpp"
#include "config/ca_folder.hpp"
#include "config/issuer_edit.hpp"
#include "encoding/json.hpp"
#include "encoding/pem.hpp"
#include "x509/csr.hpp"

namespace crest::apps::crest_ca {
namespace {

using config::IssuerSettings;

constexpr std::size_t pem_bytes_max = 1u << 20, settings_bytes_max = 1u << 20;
constexpr unsigned public_file_mode = 0644;

Result<std::unique_ptr<Disk>> folder_of(const std::string& path) {
  return adapters::open_posix_disk(path, {.create = false});
}

std::string request_file_of(const IssuerSettings& issuer) { return issuer.name + ".csr"; }

// ca.toml as changed by `edit`: no audit row, no change. A running serve goes on as before until it reads it again.
template <class Edit>
Result<void> change_settings(const std::string& folder, Disk& disk, const ca::audit::Event& event, Edit edit) {
  const auto octets = TRY(disk.read(config::ca_settings_file, settings_bytes_max));
  const std::string text = TRY(edit(to_text(octets), joined(folder, config::ca_settings_file)));
  const auto records = TRY(open_records(folder));
  const adapters::SystemClock clock;
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    return ca::audit::append(tx, records.config.authority.node, event, clock.now());
  };
  TRY(records.store->write(work));
  return replace_file(disk, config::ca_settings_file, as_bytes(text), private_file_mode);
}

Result<void> put_new(Disk& disk, const std::string& name, const std::string& text) {
  TRY(disk.create(name, as_bytes(text), public_file_mode));
  TRY(disk.sync(name));
  return disk.sync_folder("");
}

// ---- list

struct Shown {
  IssuerSettings settings;
  std::optional<config::IssuerCertificates> certificates;  // none while it waits for them
};

encoding::Json json_of(const ca::issuer::AlternateChain& alternate, const std::string& file) {
  encoding::Json out = encoding::Json::object();
  const auto validity = ca::issuer::validity_of(alternate);
  out.set("file", file);
  out.set("root", alternate.root.subject());
  out.set("root_fingerprint", alternate.root.fingerprint());
  out.set("not_before", to_rfc3339(validity.not_before));
  out.set("not_after", to_rfc3339(validity.not_after));
  return out;
}

encoding::Json json_of(const Shown& issuer) {
  encoding::Json out = encoding::Json::object();
  out.set("name", issuer.settings.name);
  out.set("state", to_string(issuer.settings.state));
  out.set("key", issuer.settings.key);
  out.set("waits_for_certificate", !issuer.certificates);
  if (!issuer.certificates) return out;
  const auto& own = issuer.certificates->chain.leaf();
  out.set("subject", own.subject());
  out.set("key_type", crypto::to_string(own.public_key().type()));
  out.set("not_before", to_rfc3339(own.not_before()));
  out.set("not_after", to_rfc3339(own.not_after()));
  out.set("fingerprint", own.fingerprint());
  out.set("root_fingerprint", issuer.certificates->root.fingerprint());
  encoding::Json alternates = encoding::Json::array();
  for (std::size_t i = 0; i < issuer.certificates->alternates.size(); ++i) {
    alternates.push(json_of(issuer.certificates->alternates[i], issuer.settings.alternate_chains[i]));
  }
  out.set("alternate_chains", std::move(alternates));
  return out;
}

void say_line(const Shown& issuer) {
  const std::string front = issuer.settings.name + "  " + std::string(to_string(issuer.settings.state)) + "  ";
  if (!issuer.certificates) return say(front + "waits for its certificate; see crest-ca issuer install");
  const auto& own = issuer.certificates->chain.leaf();
  say(front + std::string(crypto::to_string(own.public_key().type())) + "  until " + to_rfc3339(own.not_after()) +
      "  " + own.subject() + "  " + issuer.settings.key);
  for (const auto& alternate : issuer.certificates->alternates) {
    say("  also to " + alternate.root.subject() + "  until " +
        to_rfc3339(ca::issuer::validity_of(alternate).not_after));
  }
}

Result<void> list(const IssuerList& flags) {
  const auto disk = TRY(folder_of(flags.folder));
  const auto settings = TRY(config::read_settings(*disk, flags.folder));
  encoding::Json all = encoding::Json::array();
  for (const auto& issuer : settings.issuers) {
    Shown shown{issuer, std::nullopt};
    const bool there = TRY(disk->exists(issuer.certificate));
    if (there) shown.certificates = TRY(config::read_certificates(*disk, flags.folder, issuer));
    if (flags.json) {
      all.push(json_of(shown));
    } else {
      say_line(shown);
    }
  }
  if (flags.json) say(encoding::Json::object().set("issuers", std::move(all)).dump());
  return {};
}

// ---- request

Result<void> request(const IssuerRequest& flags) {
  TRY(check(flags.token));
  const auto disk = TRY(folder_of(flags.folder));
  const auto settings = TRY(config::read_settings(*disk, flags.folder));
  IssuerSettings issuer{.name = flags.name,
                        .certificate = flags.name + ".pem",
                        .root = flags.name + "-root.pem",
                        .key = flags.name + ".key",
                        .state = ca::issuer::IssuerState::staged};
  describe(flags.token, issuer);
  const auto edit = [&](std::string text, const std::string& file) {
    return config::with_issuer(std::move(text), file, issuer);
  };
  TRY(edit(config::to_toml(settings), flags.folder));  // before there is a key
  (void)adapters::shield_secrets();
  Secret secret;
  if (flags.token.key.empty())
    secret = TRY(passphrase(flags.passphrase, "Passphrase of the intermediate's key", Asking::twice));
  const auto key = TRY(new_key(flags.token, secret));
  const auto der = TRY(ca::intermediate_request(settings.authority.name + " " + flags.name, *key.signer));
  const std::string pem = encoding::to_pem("CERTIFICATE REQUEST", der);
  TRY(write_new_file(flags.request_file, pem));
  if (!key.pem.empty()) {
    TRY(disk->create(issuer.key, as_bytes(key.pem), private_file_mode));
    TRY(disk->sync(issuer.key));
  }
  TRY(put_new(*disk, request_file_of(issuer), pem));
  TRY(change_settings(flags.folder, *disk, {"issuer_requested", {{"name", flags.name}, {"key", issuer.key}}}, edit));
  say("Have the root sign " + flags.request_file + ", then:");
  say("  crest-ca issuer install CERTIFICATE.pem " + flags.folder + " --root ROOT.pem");
  return {};
}

// ---- install

Error not_installed(const std::string& file, std::string why) {
  return make_error(ErrorKind::config, "it is not installed: " + std::move(why), file);
}

// The issuer that asked for this certificate.
Result<IssuerSettings> issuer_of(Disk& disk, const config::CaConfig& settings, const crypto::PublicKey& key,
                                 const std::string& file) {
  for (const auto& issuer : settings.issuers) {
    const bool asked = TRY(disk.exists(request_file_of(issuer)));
    if (!asked) continue;
    const auto octets = TRY(disk.read(request_file_of(issuer), pem_bytes_max));
    const auto blocks = TRY(encoding::parse_pem(to_text(octets)));
    const auto csr = x509::Csr::from_der(blocks.empty() ? Bytes() : blocks.front().der);
    if (csr && csr->key == key) return issuer;
  }
  return not_installed(file, "none of this CA's requests has the key of the certificate");
}

Result<void> put_same_or_new(Disk& disk, const std::string& name, const std::string& text, const std::string& folder) {
  const bool there = TRY(disk.exists(name));
  if (!there) return put_new(disk, name, text);
  const auto octets = TRY(disk.read(name, pem_bytes_max));
  if (to_text(octets) == text) return {};
  return make_error(ErrorKind::config, "there is another one already, and it is not overwritten", joined(folder, name));
}

Result<void> install(const IssuerInstall& flags) {
  const auto disk = TRY(folder_of(flags.folder));
  const auto settings = TRY(config::read_settings(*disk, flags.folder));
  const auto chain_pem = TRY(adapters::read_text_file(flags.certificate_file, pem_bytes_max));
  const auto root_pem = TRY(adapters::read_text_file(flags.root_file, pem_bytes_max));
  const auto chain = x509::Chain::from_pem(chain_pem);
  if (!chain) return not_installed(flags.certificate_file, chain.error().message);
  const auto root = x509::Certificate::from_pem(root_pem);
  if (!root) return not_installed(flags.root_file, root.error().message);
  const auto issuer = TRY(issuer_of(*disk, settings, chain->leaf().public_key(), flags.certificate_file));
  const adapters::SystemClock clock;
  const std::string why = ca::why_unfit(*chain, *root, clock.now());
  if (!why.empty()) return not_installed(flags.certificate_file, why);
  const bool there = TRY(disk->exists(issuer.certificate));
  if (there) return not_installed(joined(flags.folder, issuer.certificate), "the issuer has a certificate already");
  TRY(put_same_or_new(*disk, issuer.root, root->pem(), flags.folder));
  const auto same = [](std::string text, const std::string&) -> Result<std::string> { return text; };
  TRY(change_settings(flags.folder, *disk,
                      {"issuer_installed", {{"name", issuer.name}, {"fingerprint", chain->leaf().fingerprint()}}},
                      same));
  TRY(put_new(*disk, issuer.certificate, chain->pem()));  // last: with it the issuer is there
  say("The issuer " + issuer.name + " has its certificate; it is " + std::string(to_string(issuer.state)) +
      ". Its root is");
  say("  " + root->fingerprint());
  return {};
}

// ---- state

Result<void> set_state(const IssuerSetState& flags) {
  const auto state = ca::issuer::issuer_state_from_word(flags.state);
  if (!state) return make_error(ErrorKind::usage, "there is no such state", flags.state);
  const auto disk = TRY(folder_of(flags.folder));
  const auto settings = TRY(config::read_settings(*disk, flags.folder));
  const auto found = std::ranges::find(settings.issuers, flags.name, &IssuerSettings::name);
  if (found != settings.issuers.end() && *state != ca::issuer::IssuerState::staged) {
    TRY(config::read_certificates(*disk, flags.folder, *found));  // what is not there cannot sign
  }
  const auto edit = [&](std::string text, const std::string& file) {
    return config::with_issuer_state(std::move(text), file, flags.name, *state);
  };
  TRY(change_settings(flags.folder, *disk, {"issuer_state_changed", {{"name", flags.name}, {"state", flags.state}}},
                      edit));
  say("The issuer " + flags.name + " is " + flags.state + " once serve has read ca.toml again.");
  return {};
}

int ended(const Result<void>& done) { return done ? 0 : report(done.error()); }

}  // namespace

int run(const IssuerList& flags) { return ended(list(flags)); }
int run(const IssuerRequest& flags) { return ended(request(flags)); }
int run(const IssuerInstall& flags) { return ended(install(flags)); }
int run(const IssuerSetState& flags) { return ended(set_state(flags)); }

}  // namespace crest::apps::crest_ca
