#include "apps/crest_ca/command_line.hpp"

#include <CLI/CLI.hpp>

#include "apps/crest_ca/verb.hpp"

namespace crest::apps::crest_ca {
namespace {

constexpr int wrong_use = 64;

void add_passphrase_flags(CLI::App& verb, PassphraseFlags& flags) {
  verb.add_option("--passphrase-file", flags.file, "file with the passphrase of the intermediate's key; default: ask");
  verb.add_option("--passphrase-fd", flags.descriptor, "open descriptor to read it from");
  verb.add_option("--passphrase-credential", flags.credential, "systemd credential that holds it");
}

CLI::App* add_init(CLI::App& app, Init& flags) {
  CLI::App* verb = app.add_subcommand("init", "make a root, an intermediate and ca.toml in a new folder");
  verb->add_option("folder", flags.folder, "where the CA will live")->required();
  verb->add_option("--name", flags.name, "stands in URLs: /acme/<name>/directory")->capture_default_str();
  verb->add_option("--host", flags.host, "what clients call this machine; default: its own name, localhost with --lab");
  verb->add_option("--listen", flags.listen, "\":9000\", \"127.0.0.1:9000\"; default: :9000, on loopback with --lab");
  verb->add_flag("--lab", flags.lab, "let the CA validate hosts on this machine's loopback, for trying things out");
  add_passphrase_flags(*verb, flags.passphrase);
  verb->add_option("--root-passphrase-file", flags.root_passphrase_file, "another passphrase for the root's key");
  return verb;
}

CLI::App* add_serve(CLI::App& app, Serve& flags) {
  CLI::App* verb = app.add_subcommand("serve", "answer ACME clients until SIGTERM");
  verb->add_option("folder", flags.folder, "as crest-ca init made it")->required();
  verb->add_option("--listen", flags.listen, "instead of what ca.toml says; port 0 takes a free one");
  verb->add_option("--store", flags.store, "what ca.toml says, or memory: forgotten at the end, for tests")
      ->check(CLI::IsMember({"configured", "memory"}))
      ->capture_default_str();
  verb->add_option("--http01-port", flags.http01_port, "where http-01 is validated instead of port 80, for labs");
  verb->add_option("--tls-alpn01-port", flags.tls_alpn01_port, "where tls-alpn-01 is validated instead of port 443");
  verb->add_flag("--json", flags.json_log, "log as JSON lines");
  verb->add_flag("--debug", flags.debug, "log more");
  add_passphrase_flags(*verb, flags.passphrase);
  return verb;
}

}  // namespace

int run_command_line(int count, char** words) {
  CLI::App app("An ACME certificate authority for your own network.", "crest-ca");
  app.set_version_flag("--version", "crest-ca " CREST_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 2 failed and a person must act, 64 wrong use, 75 try again later.");
  Init init;
  Serve serve;
  int code = 0;
  add_init(app, init)->callback([&] { code = run(init); });
  add_serve(app, serve)->callback([&] { code = run(serve); });
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_use;
  }
  return code;
}

}  // namespace crest::apps::crest_ca
