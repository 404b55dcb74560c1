// crest-ca import step-ca: a CA in the place of step-ca, with the same root, directory and rules.
#include <filesystem>

#include "adapters/posix_disk.hpp"
#include "adapters/secret_memory.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/text_file.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/hierarchy.hpp"
#include "config/ca_folder.hpp"
#include "encoding/json.hpp"
#include "import/step_ca.hpp"

namespace crest::apps::crest_ca {
namespace {

using import::Note;
using import::StepCaPlan;

constexpr std::size_t settings_bytes_max = 1u << 20, pem_bytes_max = 1u << 20;

// What is named relatively stands beside ca.json.
std::string beside(const std::string& settings_file, const std::string& path) {
  return (std::filesystem::path(settings_file).parent_path() / path).string();
}

Error wrong_file(Error error, const std::string& file, const std::string& setting) {
  error.message += "; it is the file of \"" + setting + "\"";
  return std::move(error).as(ErrorKind::config).at(file);
}

Result<std::string> read_named(const std::string& settings_file, const std::string& path, const std::string& setting) {
  const std::string file = beside(settings_file, path);
  auto text = adapters::read_text_file(file, pem_bytes_max);
  if (!text) {
    Error error = std::move(text).error();
    error.message += "; ca.json names it as \"" + setting + "\"";
    return error;
  }
  return text;
}

struct Material {
  x509::Chain chain;
  x509::Certificate root;
  std::string sealed_key_pem;  // "" in a dry run that was given no password
  std::size_t other_roots = 0;
};

// The root that signed the top of the chain, among all that step-ca has.
Result<x509::Certificate> root_of(const StepCaPlan& plan, const std::string& settings_file, const x509::Chain& chain,
                                  std::size_t& others) {
  const auto& top = chain.certificates().back();
  std::optional<x509::Certificate> found;
  for (const auto& path : plan.root_files) {
    const auto text = TRY(read_named(settings_file, path, "root"));
    auto all = x509::certificates_from_pem(text);
    if (!all) return wrong_file(std::move(all).error(), beside(settings_file, path), "root");
    for (const auto& each : *all) {
      const bool is_it = !found && top.issuer_der() == each.subject_der() && top.signed_by(each);
      if (is_it) found = each;
      others += is_it ? 0 : 1;
    }
  }
  if (found) return *std::move(found);
  return make_error(ErrorKind::config, "none of the files of \"root\" holds the root that signed " + top.subject(),
                    settings_file);
}

struct Passwords {
  std::optional<Secret> old, fresh;
};

// The key as it was, and what it will be encrypted with: the same password, when there is one.
Result<std::string> sealed_key(const StepCaPlan& plan, const std::string& settings_file, const x509::Chain& chain,
                               const Passwords& passwords) {
  auto text = TRY(read_named(settings_file, plan.key_file, "key"));
  const Secret pem(std::move(text));
  const std::string file = beside(settings_file, plan.key_file);
  auto key = crypto::PrivateKey::from_pem(pem.reveal(), passwords.old ? &*passwords.old : nullptr);
  if (!key) return wrong_file(std::move(key).error(), file, "key");
  if (!(key->public_key() == chain.leaf().public_key()))
    return make_error(ErrorKind::config,
                      "the key is not the one of " + chain.leaf().subject() + ", which is in \"crt\"", file);
  if (!passwords.fresh)
    return make_error(ErrorKind::config, "the key has no passphrase; give one with --passphrase-file", file);
  return key->to_encrypted_pem(*passwords.fresh);
}

bool is_encrypted(std::string_view pem) {
  return pem.find("ENCRYPTED PRIVATE KEY") != pem.npos || pem.find("4,ENCRYPTED") != pem.npos;
}

Result<Passwords> passwords_for(const ImportStepCa& flags, const StepCaPlan& plan) {
  Passwords out;
  auto text = TRY(read_named(flags.settings_file, plan.key_file, "key"));
  const Secret pem(std::move(text));
  const bool encrypted = is_encrypted(pem.reveal());
  if (!flags.password_file.empty()) {
    out.old = TRY(passphrase({.file = flags.password_file}, "", Asking::once));
  } else if (plan.password_known) {
    out.old = plan.password;
  } else if (encrypted && !flags.dry_run) {
    out.old = TRY(passphrase({}, "Password of step-ca's key", Asking::once));
  }
  const bool given =
      !flags.passphrase.file.empty() || flags.passphrase.descriptor || !flags.passphrase.credential.empty();
  if (given || (!encrypted && !flags.dry_run)) {
    out.fresh = TRY(passphrase(flags.passphrase, "Passphrase for the CA's key", Asking::twice));
  } else {
    out.fresh = out.old;
  }
  return out;
}

Result<Material> read_material(const ImportStepCa& flags, const StepCaPlan& plan) {
  const auto text = TRY(read_named(flags.settings_file, plan.certificate_file, "crt"));
  auto chain = x509::Chain::from_pem(text);
  if (!chain) return wrong_file(std::move(chain).error(), beside(flags.settings_file, plan.certificate_file), "crt");
  std::size_t others = 0;
  auto root = TRY(root_of(plan, flags.settings_file, *chain, others));
  const std::string why = ca::why_unfit(*chain, root, adapters::SystemClock().now());
  if (!why.empty()) return make_error(ErrorKind::config, why, beside(flags.settings_file, plan.certificate_file));
  const auto passwords = TRY(passwords_for(flags, plan));
  Material out{*std::move(chain), std::move(root), "", others};
  if (passwords.fresh || !flags.dry_run)
    out.sealed_key_pem = TRY(sealed_key(plan, flags.settings_file, out.chain, passwords));
  return out;
}

// As serve will read it.
Result<config::CaConfig> settings_of(const StepCaPlan& plan, const std::string& settings_file) {
  config::CaConfig settings;
  settings.host = plan.host;
  settings.listen = plan.listen;
  settings.status_listen = plan.status_listen;
  settings.dns.dnssec = plan.dnssec;
  settings.authority = plan.options;
  auto read_back = config::ca_config_from_toml(config::to_toml(settings), "ca.toml");
  if (read_back) return read_back;
  Error error = std::move(read_back).error();
  error.message = "the settings make no CA: " + error.describe();
  error.context = settings_file;
  return error;
}

std::string directory_of(const config::CaConfig& settings) {
  const std::string digits = settings.listen.substr(settings.listen.rfind(':') + 1);
  const auto port = static_cast<std::uint16_t>(std::stoul(digits));
  return config::base_url(settings, port) + "/acme/" + settings.authority.name + "/directory";
}

struct Outcome {
  const ImportStepCa& flags;
  const StepCaPlan& plan;
  const config::CaConfig& settings;
  const Material& material;
};

std::string report_json(const Outcome& outcome) {
  encoding::Json notes = encoding::Json::array();
  for (const auto& note : outcome.plan.notes) {
    encoding::Json out = encoding::Json::object();
    out.set("setting", note.setting)
        .set("outcome", to_string(note.kind))
        .set("why", note.why)
        .set("advice", note.advice);
    notes.push(std::move(out));
  }
  encoding::Json out = encoding::Json::object();
  out.set("folder", outcome.flags.folder);
  out.set("written", !outcome.flags.dry_run);
  out.set("directory", directory_of(outcome.settings));
  out.set("root_fingerprint", outcome.material.root.fingerprint());
  out.set("issuer", outcome.material.chain.leaf().subject());
  out.set("not_after", to_rfc3339(outcome.material.chain.leaf().not_after()));
  out.set("key_checked", !outcome.material.sealed_key_pem.empty());
  out.set("notes", std::move(notes));
  return out.dump();
}

std::string line_of(const Note& note) {
  const std::string front = (note.kind == Note::Kind::changed ? "changed      " : "left behind  ") + note.setting;
  return front + ": " + note.why + (note.advice == "nothing" ? "" : "; to do: " + note.advice);
}

void say_report(const Outcome& outcome) {
  say(outcome.flags.dry_run ? "This would be written to " + outcome.flags.folder + ":"
                            : "The CA is in " + outcome.flags.folder + ".");
  say("  directory  " + directory_of(outcome.settings));
  say("  root       " + outcome.material.root.subject() + "  " + outcome.material.root.fingerprint());
  say("  issuer     " + outcome.material.chain.leaf().subject() + "  until " +
      to_rfc3339(outcome.material.chain.leaf().not_after()));
  if (outcome.material.sealed_key_pem.empty()) say("  The key was not opened; --password-file tries it.");
  for (const auto& note : outcome.plan.notes) say(line_of(note));
  if (outcome.flags.dry_run) return;
  say("Stop step-ca, then: crest-ca serve " + outcome.flags.folder);
}

Result<void> import_it(const ImportStepCa& flags) {
  const auto text = TRY(adapters::read_text_file(flags.settings_file, settings_bytes_max));
  auto plan = import::read_step_ca(text, {.provisioner = flags.provisioner});
  if (!plan) return std::move(plan).error().as(ErrorKind::config).at(flags.settings_file);
  (void)adapters::shield_secrets();
  const auto settings = TRY(settings_of(*plan, flags.settings_file));
  std::unique_ptr<Disk> disk;
  if (!flags.dry_run) {
    disk = TRY(adapters::open_posix_disk(flags.folder));
    if (auto unused = config::check_unused(*disk); !unused) return std::move(unused).error().at(flags.folder);
  }
  const auto material = TRY(read_material(flags, *plan));
  if (material.other_roots != 0) {
    plan->notes.push_back({Note::Kind::not_carried, "root", "an issuer has one root here: the one that signed it",
                           "give clients the others by the way they have"});
  }
  if (disk) {
    config::NewCa files{.config = settings,
                        .root_key_pem = "",
                        .intermediate_key_pem = material.sealed_key_pem,
                        .roots_pem = material.root.pem(),
                        .intermediate_pem = material.chain.pem(),
                        .request_pem = ""};
    TRY(config::write_ca(*disk, files));
  }
  const Outcome outcome{flags, *plan, settings, material};
  if (flags.json) {
    say(report_json(outcome));
  } else {
    say_report(outcome);
  }
  return {};
}

}  // namespace

int run(const ImportStepCa& flags) {
  const auto done = import_it(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
