// A verb is a struct of flags and a run(); command_line.cpp alone knows how flags are spelled.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace crest::apps::crest_ca {

// Where a passphrase comes from: one of these, or the terminal. Never from arguments or the environment.
struct PassphraseFlags {
  std::string file;
  std::optional<int> descriptor;
  std::string credential;  // a systemd credential's name
};
enum class Asking { once, twice };
// Errors: usage, when several are given; config.
Result<Secret> passphrase(const PassphraseFlags& flags, const std::string& prompt, Asking asking);

// Where a new key of an issuer is: in a file, or in a token.
struct TokenFlags {
  std::string key, module, pin_file;  // key: a PKCS#11 URI; "": a file
  std::string type = "ec-p256";       // of a key that is made
  bool generate = false;              // in the token; without it the key is there already
};

struct Init {
  std::string folder;
  std::string name = "corp", host, listen;
  bool lab = false;
  std::vector<std::string> allow;  // names and networks, as in ca.toml; empty: any
  PassphraseFlags passphrase;
  std::string root_passphrase_file;  // "" is the same passphrase
  TokenFlags token;
  std::string request_file;  // a root that is kept elsewhere signs this; "": the root is made, too
};

// A CA in the place of another program's.
struct ImportStepCa {
  std::string settings_file, folder;  // ca.json; the new CA's
  std::string provisioner;            // "": the only one
  std::string password_file;          // of step-ca's key
  PassphraseFlags passphrase;         // of the key here; none: the same as before
  bool dry_run = false, json = false;
};

struct IssuerList {
  std::string folder;
  bool json = false;
};
struct IssuerRequest {
  std::string folder, name, request_file;
  TokenFlags token;
  PassphraseFlags passphrase;
};
struct IssuerInstall {
  std::string folder, certificate_file, root_file;
};
struct IssuerSetState {
  std::string folder, name, state;
};

struct Serve {
  std::string folder;
  std::string listen, status_listen;  // "" is what the settings say; the same below
  std::string store = "configured";
  std::uint16_t http01_port = 0, tls_alpn01_port = 0;
  bool json_log = false, debug = false;
  PassphraseFlags passphrase;
};

// Looks at proofs for a CA elsewhere in the network.
struct Validator {
  std::string file;
  bool json_log = false, debug = false;
};

// Certificates on record; what is empty does not matter.
struct List {
  std::string folder;
  std::string text;  // part of a name
  std::string state, account, issuer, profile;
  std::size_t limit = 50;
  std::string after;  // where the page before ended
  bool json = false;
};
struct Show {
  std::string folder, serial;
  bool pem = false, json = false;
};
struct Revoke {
  std::string folder, serial, reason;
  bool yes = false, json = false;
};

// Keys for external account binding.
struct EabCreate {
  std::string folder, label;
  std::vector<std::string> allow, profiles;
  std::uint32_t accounts = 1;
  std::string expires;  // a duration from now, or "" never
  bool json = false;
};
struct EabList {
  std::string folder;
  bool json = false;
};
struct EabRevoke {
  std::string folder, key_id;
  bool json = false;
};

struct AccountAgree {
  std::string folder, account;  // id or URL
  bool json = false;
};

struct PolicyExplain {
  std::string folder;
  std::vector<std::string> names;
  std::string account, eab_key, profile;  // who asks; "" anybody
  bool json = false, detailed_exit_code = false;
};

struct Audit {
  enum class Action { verify, export_lines };
  std::string folder;
  Action action = Action::verify;
  std::string chain;  // "" is all
  bool json = false;
};

struct Backup {
  std::string folder, file;
  bool rehearse = false;
};
struct Rehearse {
  std::string file;
};
struct Restore {
  std::string file, folder;
  std::string postgres;  // another database than the one of ca.toml
};

// Each prints what it has to say to stdout and problems to stderr, and returns the exit code.
int run(const Init& flags);
int run(const ImportStepCa& flags);
int run(const IssuerList& flags);
int run(const IssuerRequest& flags);
int run(const IssuerInstall& flags);
int run(const IssuerSetState& flags);
int run(const Backup& flags);
int run(const Rehearse& flags);
int run(const Restore& flags);
int run(const Audit& flags);  // 2 also when the log is broken
// Serves until SIGTERM or SIGINT, and reads its settings again at SIGHUP; all of them are blocked in every thread.
int run(const Serve& flags);
int run(const Validator& flags);  // the same signals; at SIGHUP it takes up a renewed certificate
int run(const EabCreate& flags);
int run(const EabList& flags);
int run(const EabRevoke& flags);
int run(const AccountAgree& flags);
int run(const PolicyExplain& flags);

int run(const List& flags);
int run(const Show& flags);
int run(const Revoke& flags);

int report(const Error& error);  // prints it, returns its exit code
void say(const std::string& line);

}  // namespace crest::apps::crest_ca
