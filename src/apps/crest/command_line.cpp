#include "apps/crest/command_line.hpp"

#include <algorithm>
#include <string_view>

#include <CLI/CLI.hpp>

#include "apps/crest/terminal.hpp"
#include "apps/crest/verb.hpp"

namespace crest::apps {
namespace {

struct Verbs {
  Obtain obtain;
  Renew renew;
  List list;
  Show show;
  Revoke revoke;
};

void add_state_flag(CLI::App& verb, ClientOptions& options) {
  verb.add_option("--state", options.state_dir, "folder that keeps keys, certificates and accounts")
      ->envname("CREST_STATE")
      ->capture_default_str();
}

void add_trust_flag(CLI::App& verb, ClientOptions& options, const std::string& otherwise) {
  verb.add_option("--trust", options.trust_pem_files,
                  "PEM file with the roots to trust for the CA's own HTTPS; default: " + otherwise)
      ->allow_extra_args(false);
}

// What a CA may ask for when an account has to be made, at first or again.
void add_account_flags(CLI::App& verb, CaFlags& flags) {
  verb.add_flag("--agree-tos", flags.options.agree_terms_of_service, "agree to the CA's terms of service")
      ->envname("CREST_AGREE_TOS");
  verb.add_option("--eab-kid", flags.eab_kid, "key id of an external account binding")->envname("CREST_EAB_KID");
  verb.add_option("--eab-key-file", flags.eab_key_file, "file with its MAC key, as the CA gave it")
      ->envname("CREST_EAB_KEY_FILE");
  verb.add_option("--eab-algorithm", flags.eab_algorithm, "HS256, HS384 or HS512")
      ->envname("CREST_EAB_ALGORITHM")
      ->capture_default_str();
}

void add_ca_flags(CLI::App& verb, CaFlags& flags) {
  add_state_flag(verb, flags.options);
  verb.add_option("--directory", flags.options.directory, "URL of the CA's ACME directory")->envname("CREST_DIRECTORY");
  add_trust_flag(verb, flags.options, "the system's");
  verb.get_option("--trust")->envname("CREST_TRUST");
  verb.add_option("--pinned-root", flags.options.pinned_root_files,
                  "PEM file with a root that the issued chain must end in")
      ->envname("CREST_PINNED_ROOT")
      ->allow_extra_args(false);
  verb.add_option("--contact", flags.options.contact, "mailto: URL for the CA's operator")
      ->envname("CREST_CONTACT")
      ->allow_extra_args(false);
  verb.add_option("--account-key-type", flags.options.account_key_type, "key of a new account")
      ->envname("CREST_ACCOUNT_KEY_TYPE")
      ->capture_default_str();
  add_account_flags(verb, flags);
  verb.add_option("--proxy", flags.options.proxy, "http://host:port, for the CA only")->envname("CREST_PROXY");
}

void add_solver_flags(CLI::App& verb, SolverFlags& flags) {
  verb.add_option(
          "--http-listen", flags.listen,
          "where http-01 is answered: \":80\", \"127.0.0.1:5002\", \"[::1]:5002\"; default: where it was for this "
          "certificate before, else :80")
      ->envname("CREST_HTTP_LISTEN");
  verb.add_option("--webroot", flags.webroot, "answer http-01 with files under this folder of a running web server")
      ->envname("CREST_WEBROOT");
}

// A flag comes before the environment, whichever of the two it is. Both as flags are refused before this.
void choose(SolverFlags& flags, bool listen_said, bool webroot_said) {
  if (listen_said) flags.webroot.clear();
  if (webroot_said || !flags.webroot.empty()) flags.listen.clear();
}

void add_json_flag(CLI::App& verb, OutputFlags& flags) {
  verb.add_flag("--json", flags.json, "print the result as JSON, with a stable schema");
  verb.add_flag("-v,--verbose", flags.verbose, "tell on stderr what is done, not only what is amiss");
}

void add_waiting_flags(CLI::App& verb, OutputFlags& flags) {
  add_json_flag(verb, flags);
  verb.add_option("--timeout", flags.timeout, "longest wait for the CA: 90s, 5m, 1h; the next run resumes")
      ->envname("CREST_TIMEOUT")
      ->capture_default_str();
}

void add_due_flag(CLI::App& verb, OutputFlags& flags) {
  verb.add_flag("--detailed-exit-code", flags.detailed_exit_code, "end with 1 when nothing was due");
}

CLI::App* add_obtain(CLI::App& app, Obtain& flags) {
  CLI::App* verb = app.add_subcommand("obtain", "get a certificate for some names");
  verb->footer(
      "Example:\n  crest obtain --directory https://ca.corp.example:9000/acme/corp/directory --trust root.pem \\\n"
      "    app.corp.example 10.0.0.7\n\nThe set is in STATE/certificates/NAME/live. What is there already is left "
      "alone until two thirds of its life are over.");
  verb->add_option("names", flags.certificate.names, "DNS names and IP addresses")->required();
  verb->add_option("--name", flags.certificate.name, "keep it under this name; default: the first of names");
  verb->add_option("--key-type", flags.certificate.key_type,
                   "ec-p256, ec-p384, ec-p521, rsa-2048, rsa-3072, rsa-4096 or ed25519")
      ->envname("CREST_KEY_TYPE")
      ->capture_default_str();
  verb->add_option("--profile", flags.profile, "one of the CA's certificate profiles")->envname("CREST_PROFILE");
  verb->add_option("--lifetime", flags.lifetime, "ask for this life: 12h, 7d; not every CA grants it")
      ->envname("CREST_LIFETIME");
  verb->add_flag("--retry-now", flags.certificate.retry_now,
                 "although an earlier failure or a rate limit asks to wait");
  add_ca_flags(*verb, flags.ca);
  add_solver_flags(*verb, flags.solver);
  add_waiting_flags(*verb, flags.output);
  add_due_flag(*verb, flags.output);
  return verb;
}

CLI::App* add_renew(CLI::App& app, Renew& flags) {
  CLI::App* verb = app.add_subcommand("renew", "renew what is due");
  verb->footer(
      "Each certificate is renewed at two thirds of its life, from the CA that it came from. Run this from a timer, "
      "several times in the last third of the shortest life.");
  verb->add_option("name", flags.name, "only this one");
  verb->add_flag("--force", flags.force, "at once, due or not");
  add_state_flag(*verb, flags.ca.options);
  add_trust_flag(*verb, flags.ca.options, "what crest obtain was given");
  add_account_flags(*verb, flags.ca);
  add_solver_flags(*verb, flags.solver);
  add_waiting_flags(*verb, flags.output);
  add_due_flag(*verb, flags.output);
  return verb;
}

CLI::App* add_list(CLI::App& app, List& flags) {
  CLI::App* verb = app.add_subcommand("list", "say which certificates are kept here");
  add_state_flag(*verb, flags.options);
  add_json_flag(*verb, flags.output);
  return verb;
}

CLI::App* add_show(CLI::App& app, Show& flags) {
  CLI::App* verb = app.add_subcommand("show", "show one certificate");
  verb->add_option("name", flags.name, "as crest list names it")->required();
  add_state_flag(*verb, flags.options);
  add_json_flag(*verb, flags.output);
  return verb;
}

CLI::App* add_revoke(CLI::App& app, Revoke& flags) {
  CLI::App* verb = app.add_subcommand("revoke", "revoke the live certificate at its CA");
  verb->add_option("name", flags.name, "as crest list names it")->required();
  verb->add_option("--reason", flags.reason,
                   "keyCompromise, superseded, cessationOfOperation, ... (RFC 5280 section 5.3.1)");
  add_state_flag(*verb, flags.options);
  add_trust_flag(*verb, flags.options, "what crest obtain was given");
  add_waiting_flags(*verb, flags.output);
  return verb;
}

// As words that nobody could read are told: in one line, and as JSON where that was asked for.
Error wrong_use(const CLI::App& app, const CLI::ParseError& error, std::string_view first) {
  const std::vector<CLI::App*> verbs = app.get_subcommands();
  const std::string verb = verbs.empty() ? "" : " " + verbs.front()->get_name();
  const bool unknown = verb.empty() && !first.empty() && first.front() != '-';
  const std::string what = unknown ? '"' + std::string(first) + "\" is no verb" : error.what();
  return make_error(ErrorKind::usage,
                    Untrusted(what).printable() + "; see crest" + verb + " --help for what can be said");
}

bool says(int count, char** words, std::string_view flag) {
  return std::any_of(words, words + count, [&](std::string_view word) {
    return word == flag || (word.starts_with(flag) && word.substr(flag.size()).starts_with('='));
  });
}

bool wants_json(int count, char** words) { return says(count, words, "--json"); }

}  // namespace

int run_command_line(int count, char** words, std::stop_token interrupted) {
  CLI::App app("Certificates from any ACME CA: obtained, renewed, and never lost in a crash.", "crest");
  app.set_version_flag("--version", "crest " CREST_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done or nothing due, 2 failed and a person must act, 64 wrong use, 75 try again later.\n"
      "A flag whose help names an environment variable can be set by it.");
  Verbs verbs;
  int code = 0;
  const bool listen_said = says(count, words, "--http-listen"), webroot_said = says(count, words, "--webroot");
  if (listen_said && webroot_said)
    return report(make_error(ErrorKind::usage, "--http-listen and --webroot exclude each other; give one of them"),
                  wants_json(count, words));
  const auto runs = [&](CLI::App* verb, auto& flags) {
    verb->callback([&code, &flags, listen_said, webroot_said, interrupted] {
      if constexpr (requires { flags.solver; }) choose(flags.solver, listen_said, webroot_said);
      code = run(flags, interrupted);
    });
  };
  runs(add_obtain(app, verbs.obtain), verbs.obtain);
  runs(add_renew(app, verbs.renew), verbs.renew);
  runs(add_list(app, verbs.list), verbs.list);
  runs(add_show(app, verbs.show), verbs.show);
  runs(add_revoke(app, verbs.revoke), verbs.revoke);
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help or version
    return report(wrong_use(app, error, count > 1 ? words[1] : ""), wants_json(count, words));
  }
  end_progress();
  return code;
}

}  // namespace crest::apps
