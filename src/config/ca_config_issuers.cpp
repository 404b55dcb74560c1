// [issuer.<name>]: certificates and keys that sign.
#include <algorithm>

#include "config/ca_config_tables.hpp"

namespace crest::config {
namespace {

using ca::issuer::IssuerState;

constexpr std::string_view pin_in_uri = "pin-value";

Result<void> check_key(const TableReader& table, const IssuerSettings& issuer) {
  if (issuer.key.empty()) return table.wrong("key", "a file or a PKCS#11 URI is expected");
  if (!issuer.is_in_token()) {
    if (!issuer.module.empty()) return table.wrong("module", "it goes with a key in a token: key = \"pkcs11:...\"");
    if (!issuer.pin_file.empty()) return table.wrong("pin_file", "it goes with a key in a token: key = \"pkcs11:...\"");
    return {};
  }
  if (issuer.key.find(pin_in_uri) != std::string::npos) {
    return table.wrong("key", "the PIN does not belong here, where others can see it; put it into pin_file");
  }
  if (issuer.module.empty()) return table.wrong("module", "the path of the token's library is expected");
  if (issuer.pin_file.empty()) return table.wrong("pin_file", "the file with the token's PIN is expected");
  if (!issuer.passphrase_file.empty()) return table.wrong("passphrase_file", "a token has a PIN: say pin_file");
  return {};
}

Result<IssuerSettings> read_issuer(TableReader& table, const std::string& name) {
  IssuerSettings issuer{.name = name};
  issuer.certificate = TRY(table.string("certificate", name + ".pem"));
  issuer.root = TRY(table.string("root", issuer.root));
  issuer.key = TRY(table.string("key", name + ".key"));
  issuer.module = TRY(table.string("module", ""));
  issuer.pin_file = TRY(table.string("pin_file", ""));
  issuer.passphrase_file = TRY(table.string("passphrase_file", ""));
  const auto word = TRY(table.string("state", "active"));
  const auto state = ca::issuer::issuer_state_from_word(word);
  if (!state) return table.wrong("state", "\"staged\", \"active\", \"draining\" or \"retired\" is expected");
  issuer.state = *state;
  issuer.alternate_chains = TRY(table.strings("alternate_chains", {}));
  if (issuer.alternate_chains.size() > ca::issuer::alternate_chains_max) {
    return table.wrong("alternate_chains", "at most 8 files are allowed");
  }
  TRY(check_key(table, issuer));
  TRY(table.finish());
  return issuer;
}

}  // namespace

Result<void> read_issuers(TableReader& root, CaConfig& config) {
  auto tables = TRY(root.named_tables("issuer"));
  if (tables.empty()) return {};
  config.issuers.clear();
  for (auto& [name, table] : tables) {
    if (!ca::issuer::is_plain_name(name)) {
      return root.wrong("issuer", "the name of an issuer has 1 to 64 characters of a-z, 0-9 and -");
    }
    auto issuer = TRY(read_issuer(table, name));
    config.issuers.push_back(std::move(issuer));
  }
  if (std::ranges::find(config.issuers, IssuerState::active, &IssuerSettings::state) == config.issuers.end()) {
    return root.wrong("issuer", "none is active, so nothing could be issued; one needs state = \"active\"");
  }
  return {};
}

std::string issuer_text(const IssuerSettings& issuer) {
  constexpr std::size_t width = 15;
  std::string out = "\n[issuer." + issuer.name + "]\n" + line("certificate", width, quoted(issuer.certificate), "") +
                    line("root", width, quoted(issuer.root), "") + line("key", width, quoted(issuer.key), "");
  if (!issuer.module.empty()) out += line("module", width, quoted(issuer.module), "");
  if (!issuer.pin_file.empty()) out += line("pin_file", width, quoted(issuer.pin_file), "");
  if (!issuer.passphrase_file.empty()) out += line("passphrase_file", width, quoted(issuer.passphrase_file), "");
  out += line("state", width, quoted(std::string(to_string(issuer.state))), "staged, active, draining or retired");
  if (issuer.alternate_chains.empty()) return out;
  return out + line("alternate_chains", width, text_list(issuer.alternate_chains), "other ways to a root");
}

std::string issuers_text(const std::vector<IssuerSettings>& issuers) {
  std::string out =
      "\n# Issuers: `crest-ca issuer` installs them and changes their state. Without a table there is one, active, of\n"
      "# intermediate.pem, intermediate.key and roots.pem. staged: clients see its root, it signs nothing. draining: "
      "it\n"
      "# signs only what tells whether its certificates are still good. retired: they still have their chain.\n"
      "# [issuer.hsm]\n"
      "# certificate = \"hsm.pem\"\n"
      "# root        = \"roots.pem\"\n"
      "# key         = \"pkcs11:token=ca;object=issuing\"\n"
      "# module      = \"/usr/lib/softhsm/libsofthsm2.so\"\n"
      "# pin_file    = \"pin\"\n"
      "# state       = \"staged\"\n"
      "# Of an issuer that other roots have signed, too: PEM files, each with the cross-signed certificate first and "
      "its\n"
      "# root last. Clients find them by Link: rel=\"alternate\".\n"
      "# alternate_chains = [\"hsm-by-old-root.pem\"]\n";
  if (issuers == std::vector<IssuerSettings>{IssuerSettings{}}) return out;
  for (const auto& issuer : issuers) out += issuer_text(issuer);
  return out;
}

}  // namespace crest::config
