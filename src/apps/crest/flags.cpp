#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "apps/crest/terminal.hpp"
#include "apps/crest/verb.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::apps {
namespace {

constexpr std::size_t eab_key_bytes_max = 4096;

Result<std::string> text_of_file(const std::string& path, std::size_t bytes_max) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return make_error(ErrorKind::config,
                      std::string("cannot be read: ") + std::strerror(errno) +
                          "; name a file that is there, and that this user may read",
                      path);
  }
  std::string text(bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > bytes_max) {
    return make_error(ErrorKind::config, "is larger than " + std::to_string(bytes_max) + " octets; name another file",
                      path);
  }
  return text;
}

}  // namespace

Result<ClientOptions> client_options(const CaFlags& flags) {
  ClientOptions options = flags.options;
  if (flags.eab_kid.empty() != flags.eab_key_file.empty()) {
    return make_error(ErrorKind::usage, "an external account binding needs both --eab-kid and --eab-key-file");
  }
  if (!flags.eab_kid.empty()) {
    const std::string key = TRY(text_of_file(flags.eab_key_file, eab_key_bytes_max));
    options.external_account = ExternalAccount{flags.eab_kid, key, flags.eab_algorithm};
  }
  return options;
}

Result<Client> open_client(ClientOptions options, const OutputFlags& flags) {
  options.log = log_lines(flags);
  options.create_state_dir = false;  // only crest obtain makes the folder: elsewhere another one was meant
  return Client::open(std::move(options));
}

Result<std::unique_ptr<Http01Solver>> open_solver(const SolverFlags& flags) {
  if (flags.listen.empty() && flags.webroot.empty()) return std::unique_ptr<Http01Solver>();
  return Http01Solver::open({.listen = flags.listen, .webroot = flags.webroot});
}

Result<Waiting> waiting(const OutputFlags& flags, std::stop_token interrupted) {
  auto at_most = duration_from_text(flags.timeout);
  if (!at_most) return std::move(at_most).error().as(ErrorKind::usage).at("--timeout");
  Waiting waiting;
  waiting.stop = std::move(interrupted);
  waiting.at_most = *at_most;
  waiting.progress = show_progress;
  return waiting;
}

}  // namespace crest::apps
