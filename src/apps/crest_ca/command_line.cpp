#include "apps/crest_ca/command_line.hpp"

#include <CLI/CLI.hpp>

#include "apps/crest_ca/verb.hpp"

namespace crest::apps::crest_ca {
namespace {

constexpr int wrong_use = 64;

void add_folder(CLI::App& verb, std::string& folder) {
  verb.add_option("folder", folder, "the CA's, as crest-ca init made it")->required();
}
void add_json(CLI::App& verb, bool& json) { verb.add_flag("--json", json, "print JSON"); }

void add_passphrase_flags(CLI::App& verb, PassphraseFlags& flags) {
  verb.add_option("--passphrase-file", flags.file, "file with the passphrase of the intermediate's key; default: ask");
  verb.add_option("--passphrase-fd", flags.descriptor, "open descriptor to read it from");
  verb.add_option("--passphrase-credential", flags.credential, "systemd credential that holds it");
}

void add_token_flags(CLI::App& verb, TokenFlags& flags) {
  verb.add_option("--key", flags.key, "PKCS#11 URI of the key, pkcs11:token=ca;object=issuing; default: a file");
  verb.add_option("--module", flags.module, "path of the token's library");
  verb.add_option("--pin-file", flags.pin_file, "file with the token's PIN; serve reads it, too");
  verb.add_flag("--generate", flags.generate, "make the key in the token");
  verb.add_option("--key-type", flags.type, "ec-p256, ec-p384, rsa-3072, ed25519, ...")->capture_default_str();
}

CLI::App* add_init(CLI::App& app, Init& flags) {
  CLI::App* verb = app.add_subcommand("init", "make a root, an intermediate and ca.toml in a new folder");
  verb->add_option("folder", flags.folder, "where the CA will live")->required();
  verb->add_option("--name", flags.name, "stands in URLs: /acme/<name>/directory")->capture_default_str();
  verb->add_option("--host", flags.host, "what clients call this machine; default: its own name, localhost with --lab");
  verb->add_option("--listen", flags.listen, "\":9000\", \"127.0.0.1:9000\"; default: :9000, on loopback with --lab");
  verb->add_option("--allow", flags.allow,
                   "names and networks there may be certificates for, as in ca.toml; default: any")
      ->allow_extra_args(false);
  verb->add_flag("--lab", flags.lab, "let the CA validate hosts on this machine's loopback, for trying things out");
  add_passphrase_flags(*verb, flags.passphrase);
  verb->add_option("--root-passphrase-file", flags.root_passphrase_file, "another passphrase for the root's key");
  add_token_flags(*verb, flags.token);
  verb->add_option("--request", flags.request_file,
                   "make no root: write a request for the intermediate, which a root elsewhere signs");
  return verb;
}

void add_import(CLI::App& app, ImportStepCa& flags, int& code) {
  CLI::App* verb = app.add_subcommand("import", "make a CA in the place of another program's");
  verb->require_subcommand(1);
  CLI::App* step = verb->add_subcommand("step-ca", "with step-ca's root, intermediate, directory and rules");
  step->add_option("settings", flags.settings_file, "its ca.json; files it names relatively stand beside it")
      ->required();
  step->add_option("folder", flags.folder, "where the new CA will live")->required();
  step->add_option("--provisioner", flags.provisioner, "which of several ACME provisioners");
  step->add_option("--password-file", flags.password_file, "file with the password of step-ca's key; default: ask");
  step->add_flag("--dry-run", flags.dry_run, "say what would be, and write nothing");
  add_json(*step, flags.json);
  add_passphrase_flags(*step, flags.passphrase);
  step->callback([&] { code = run(flags); });
}

struct IssuerFlags {
  IssuerList list;
  IssuerRequest request;
  IssuerInstall install;
  IssuerSetState state;
};

void add_issuer(CLI::App& app, IssuerFlags& flags, int& code) {
  CLI::App* verb = app.add_subcommand("issuer", "the certificates and keys that sign");
  verb->require_subcommand(1);
  CLI::App* list = verb->add_subcommand("list", "all of them, with their state");
  add_folder(*list, flags.list.folder);
  add_json(*list, flags.list.json);
  list->callback([&] { code = run(flags.list); });

  CLI::App* request =
      verb->add_subcommand("request", "make a key for another issuer, and a request for its certificate");
  request->add_option("name", flags.request.name, "of the new issuer, in ca.toml")->required();
  add_folder(*request, flags.request.folder);
  request->add_option("--out", flags.request.request_file, "where the request goes")->required();
  add_token_flags(*request, flags.request.token);
  add_passphrase_flags(*request, flags.request.passphrase);
  request->callback([&] { code = run(flags.request); });

  CLI::App* install = verb->add_subcommand("install", "check what the root signed, and put it in its place");
  install
      ->add_option("certificate", flags.install.certificate_file,
                   "PEM: the certificate, and what stands between it and the root")
      ->required();
  add_folder(*install, flags.install.folder);
  install->add_option("--root", flags.install.root_file, "PEM: the root, which you know by another way")->required();
  install->callback([&] { code = run(flags.install); });

  CLI::App* state = verb->add_subcommand("state", "staged, active, draining or retired");
  state->add_option("name", flags.state.name, "of the issuer, in ca.toml")->required();
  state->add_option("state", flags.state.state, "the new one")
      ->required()
      ->check(CLI::IsMember({"staged", "active", "draining", "retired"}));
  add_folder(*state, flags.state.folder);
  state->callback([&] { code = run(flags.state); });
}

CLI::App* add_serve(CLI::App& app, Serve& flags) {
  CLI::App* verb = app.add_subcommand("serve", "answer ACME clients until SIGTERM");
  add_folder(*verb, flags.folder);
  verb->add_option("--listen", flags.listen, "instead of what ca.toml says; port 0 takes a free one");
  verb->add_option("--status-listen", flags.status_listen, "the same for CRL and OCSP");
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

CLI::App* add_validator(CLI::App& app, Validator& flags) {
  CLI::App* verb = app.add_subcommand("validator", "look at proofs for a CA that is elsewhere in the network");
  verb->add_option("file", flags.file, "TOML: who may ask, and how to look")->required();
  verb->add_flag("--json", flags.json_log, "log as JSON lines");
  verb->add_flag("--debug", flags.debug, "log more");
  return verb;
}

void add_list_flags(CLI::App& verb, List& flags) {
  verb.add_option("--state", flags.state, "valid, revoked or signing; default: any");
  verb.add_option("--account", flags.account, "whose they are: an account's id");
  verb.add_option("--issuer", flags.issuer, "by whom: an issuer's id");
  verb.add_option("--profile", flags.profile, "by which profile");
  verb.add_option("--limit", flags.limit, "how many at most")->capture_default_str();
  verb.add_option("--after", flags.after, "go on where the page before ended");
  add_json(verb, flags.json);
}

struct CertificateVerbs {
  List list, search;
  Show show;
  Revoke revoke;
};

void add_certificates(CLI::App& app, CertificateVerbs& flags, int& code) {
  CLI::App* list = app.add_subcommand("list", "show certificates, those that end last first");
  add_folder(*list, flags.list.folder);
  add_list_flags(*list, flags.list);
  list->callback([&] { code = run(flags.list); });
  CLI::App* search = app.add_subcommand("search", "show the certificates of a name, or of a part of one");
  add_folder(*search, flags.search.folder);
  search->add_option("text", flags.search.text, "part of a name or an address")->required();
  add_list_flags(*search, flags.search);
  search->callback([&] { code = run(flags.search); });
  CLI::App* show = app.add_subcommand("show", "show all that is on record of one certificate");
  add_folder(*show, flags.show.folder);
  show->add_option("serial", flags.show.serial, "its serial number, in hexadecimal")->required();
  show->add_flag("--pem", flags.show.pem, "print the certificate instead");
  add_json(*show, flags.show.json);
  show->callback([&] { code = run(flags.show); });
  CLI::App* revoke = app.add_subcommand("revoke", "revoke a certificate, for good");
  add_folder(*revoke, flags.revoke.folder);
  revoke->add_option("serial", flags.revoke.serial, "its serial number, in hexadecimal")->required();
  revoke->add_option("--reason", flags.revoke.reason, "keyCompromise, superseded, cessationOfOperation, ...")
      ->required();
  revoke->add_flag("--yes", flags.revoke.yes, "do not ask");
  add_json(*revoke, flags.revoke.json);
  revoke->callback([&] { code = run(flags.revoke); });
}

struct EabVerbs {
  EabCreate create;
  EabList list;
  EabRevoke revoke;
};

void add_eab(CLI::App& app, EabVerbs& flags, int& code) {
  CLI::App* verb = app.add_subcommand("eab", "keys for external account binding: who has one may open an account");
  verb->require_subcommand(1);
  CLI::App* create = verb->add_subcommand("create", "hand a new key out");
  add_folder(*create, flags.create.folder);
  create->add_option("--label", flags.create.label, "whose it is")->required();
  create->add_option("--allow", flags.create.allow, "names and networks its accounts are held to, as in ca.toml")
      ->allow_extra_args(false);
  create->add_option("--profile", flags.create.profiles, "profiles its accounts are held to")->allow_extra_args(false);
  create->add_option("--accounts", flags.create.accounts, "how many it opens")->capture_default_str();
  create->add_option("--expires", flags.create.expires, "when it opens no more: \"30d\"; default: never");
  add_json(*create, flags.create.json);
  create->callback([&] { code = run(flags.create); });
  CLI::App* list = verb->add_subcommand("list", "show all keys, without their secrets");
  add_folder(*list, flags.list.folder);
  add_json(*list, flags.list.json);
  list->callback([&] { code = run(flags.list); });
  CLI::App* revoke = verb->add_subcommand("revoke", "let a key open no more accounts");
  add_folder(*revoke, flags.revoke.folder);
  revoke->add_option("key-id", flags.revoke.key_id, "of the key")->required();
  add_json(*revoke, flags.revoke.json);
  revoke->callback([&] { code = run(flags.revoke); });
}

void add_account(CLI::App& app, AccountAgree& flags, int& code) {
  CLI::App* verb = app.add_subcommand("account", "accounts of clients");
  verb->require_subcommand(1);
  CLI::App* agree =
      verb->add_subcommand("agree", "record that the holder of an account agrees to the terms of service in ca.toml");
  add_folder(*agree, flags.folder);
  agree->add_option("account", flags.account, "its id or URL")->required();
  add_json(*agree, flags.json);
  agree->callback([&] { code = run(flags); });
}

void add_policy(CLI::App& app, PolicyExplain& flags, int& code) {
  CLI::App* verb = app.add_subcommand("policy", "what ca.toml allows");
  verb->require_subcommand(1);
  CLI::App* explain =
      verb->add_subcommand("explain", "whether there may be a certificate for a name, and which rule says so");
  add_folder(*explain, flags.folder);
  explain->add_option("names", flags.names, "names and addresses")->required();
  explain->add_option("--account", flags.account, "who asks: an account's id");
  explain->add_option("--eab-key", flags.eab_key, "who asks: an account made with this key");
  explain->add_option("--profile", flags.profile, "which profile is asked for");
  add_json(*explain, flags.json);
  explain->add_flag("--detailed-exit-code", flags.detailed_exit_code, "exit with 1 when one is refused");
  explain->callback([&] { code = run(flags); });
}

struct BackupFlags {
  Backup backup;
  Rehearse rehearse;
  Restore restore;
};

void add_backup(CLI::App& app, BackupFlags& flags, int& code) {
  auto& [backup, rehearse, restore] = flags;
  CLI::App* make = app.add_subcommand("backup", "copy a CA into one file, while it serves");
  add_folder(*make, backup.folder);
  make->add_option("file", backup.file, "a new file; it holds encrypted keys")->required();
  make->add_flag("--rehearse", backup.rehearse, "then restore it for a try, as crest-ca rehearse does");
  make->callback([&] { code = run(flags.backup); });
  CLI::App* attempt = app.add_subcommand("rehearse", "restore a backup for a try, check that, and remove it");
  attempt->add_option("file", rehearse.file, "as crest-ca backup made it")->required();
  attempt->callback([&] { code = run(flags.rehearse); });
  CLI::App* back = app.add_subcommand("restore", "make a CA of a backup");
  back->add_option("file", restore.file, "as crest-ca backup made it")->required();
  back->add_option("folder", restore.folder, "a new folder")->required();
  back->add_option("--postgres", restore.postgres,
                   "an empty database for the records, instead of the one that ca.toml names: a connection string");
  back->callback([&] { code = run(flags.restore); });
}

void add_audit(CLI::App& app, Audit& flags, int& code) {
  CLI::App* verb = app.add_subcommand("audit", "the log of what the CA has done");
  verb->require_subcommand(1);
  CLI::App* verify = verb->add_subcommand("verify", "read the log from its beginning and say whether it is whole");
  CLI::App* lines = verb->add_subcommand("export", "print the log, a JSON object for each line");
  for (CLI::App* action : {verify, lines}) {
    add_folder(*action, flags.folder);
    action->add_option("--chain", flags.chain, "of this node only");
  }
  verify->add_flag("--json", flags.json, "print the result as JSON");
  lines->add_flag("--json", flags.json, "with chain, number and digest around each line");
  verify->callback([&] { code = run(flags); });
  lines->callback([&] {
    flags.action = Audit::Action::export_lines;
    code = run(flags);
  });
}

}  // namespace

int run_command_line(int count, char** words) {
  CLI::App app("An ACME certificate authority for your own network.", "crest-ca");
  app.set_version_flag("--version", "crest-ca " CREST_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 2 failed and a person must act, 64 wrong use, 75 try again later.");
  Init init;
  ImportStepCa import_step_ca;
  Serve serve;
  Validator validator;
  IssuerFlags issuer;
  CertificateVerbs certificates;
  EabVerbs eab;
  AccountAgree account;
  PolicyExplain policy;
  Audit audit;
  BackupFlags backup;
  int code = 0;
  add_init(app, init)->callback([&] { code = run(init); });
  add_import(app, import_step_ca, code);
  add_issuer(app, issuer, code);
  add_serve(app, serve)->callback([&] { code = run(serve); });
  add_validator(app, validator)->callback([&] { code = run(validator); });
  add_certificates(app, certificates, code);
  add_eab(app, eab, code);
  add_account(app, account, code);
  add_policy(app, policy, code);
  add_audit(app, audit, code);
  add_backup(app, backup, code);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_use;
  }
  return code;
}

}  // namespace crest::apps::crest_ca
