// A verb is a struct of flags and a run(); command_line.cpp alone knows how flags are spelled. What verbs share is here.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <crest/client.hpp>

#include "encoding/json.hpp"

namespace crest::apps {

// Flags that name the CA and the account; remembered with the certificate, so that renew and revoke need none of them.
struct CaFlags {
  ClientOptions options;
  std::string eab_kid, eab_key_file, eab_algorithm = "HS256";
};
Result<ClientOptions> client_options(const CaFlags& flags);  // reads the EAB key; error: config, usage

// How the CA is shown that the names are ours; remembered with the certificate, too.
struct SolverFlags {
  std::string listen, webroot;  // neither: as remembered, else on port 80
};
Result<std::unique_ptr<Http01Solver>> open_solver(const SolverFlags& flags);  // null when nothing was said

struct OutputFlags {
  bool json = false, verbose = false, detailed_exit_code = false;
  std::string timeout = "5m";
};
LogSink log_lines(const OutputFlags& flags);  // warnings and errors, with --verbose more; on stderr
// Opens a state folder that is there already. Error: storage.
Result<Client> open_client(ClientOptions options, const OutputFlags& flags);
Result<Waiting> waiting(const OutputFlags& flags, std::stop_token interrupted);  // progress on stderr

struct Obtain {
  CaFlags ca;
  SolverFlags solver;
  OutputFlags output;
  CertificateOptions certificate;
  std::string profile, lifetime;
};
struct Renew {
  CaFlags ca;
  SolverFlags solver;
  OutputFlags output;
  std::string name;
  bool force = false;
};
struct List {
  ClientOptions options;
  OutputFlags output;
};
struct Show {
  ClientOptions options;
  OutputFlags output;
  std::string name;
};
struct Revoke {
  ClientOptions options;
  OutputFlags output;
  std::string name, reason;
};

// Each prints its result and returns the exit code.
int run(const Obtain& flags, std::stop_token interrupted);
int run(const Renew& flags, std::stop_token interrupted);
int run(const List& flags, std::stop_token interrupted);
int run(const Show& flags, std::stop_token interrupted);
int run(const Revoke& flags, std::stop_token interrupted);

// Results go to stdout, as text or as JSON (docs/schema); progress and errors go to stderr.
encoding::Json to_json(const CertificateInfo& certificate);
encoding::Json to_json(const Error& error);
encoding::Json to_json(const KeyAside& key);
encoding::Json to_json(const Http01Place& place);
std::string to_text(const CertificateInfo& certificate);
std::string joined(const std::vector<std::string>& names);  // "a, b"
void print_json(const encoding::Json& value);
void print_line(const std::string& line);
int report(const Error& error, bool json);  // prints it, returns its exit code

}  // namespace crest::apps
