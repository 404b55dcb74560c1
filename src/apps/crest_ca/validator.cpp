#include <csignal>
#include <filesystem>

#include "adapters/beast_server.hpp"
#include "adapters/curl_transport.hpp"
#include "adapters/line_log.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/text_file.hpp"
#include "adapters/tls_probe.hpp"
#include "adapters/unbound_resolver.hpp"
#include "apps/crest_ca/remote_validators.hpp"
#include "apps/crest_ca/service_process.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/va/remote_codec.hpp"
#include "ca/va/validation_service.hpp"
#include "config/validator_config.hpp"
#include "disk/disk.hpp"

namespace crest::apps::crest_ca {
namespace {

using adapters::BeastServer;

constexpr int standard_error = 2;
constexpr std::size_t file_bytes_max = 1u << 20;

std::string folder_of(const std::string& file) {
  const std::string folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

// As many wait as work: what waits for longer than that, its CA does not wait for any more.
Result<std::unique_ptr<BeastServer>> opened(const config::ValidatorConfig& config, const std::string& folder,
                                            Log& log) {
  auto own = TRY(identity_in(folder, config.certificate, config.key));
  const std::string clients = config.clients.starts_with('/') ? config.clients : joined(folder, config.clients);
  adapters::ServerOptions options;
  options.address = config.listen;
  options.workers = options.queue_max = config.workers;
  options.body_bytes_max = ca::va::claim_bytes_max;
  adapters::ServerIdentity identity;
  identity.chain_pem = std::move(own.chain_pem);
  identity.key_pem = std::move(own.key_pem);
  identity.client_trust_pem = TRY(adapters::read_text_file(clients, file_bytes_max));
  options.identity = std::move(identity);
  return BeastServer::open(std::move(options), log);
}

// Other settings need a restart: what a validator looks at is decided in one place, before it begins.
void take_up_certificate(const config::ValidatorConfig& config, const std::string& folder, BeastServer& server,
                         Log& log) {
  const auto own = identity_in(folder, config.certificate, config.key);
  const auto set = own ? server.set_certificate(own->chain_pem, own->key_pem) : own.error();
  if (set) return log.info("certificate_taken_up");
  log.error("reload_failed", {{"error", set.error().describe()}, {"effect", "the old certificate stays"}});
}

Result<void> look(const Validator& flags) {
  adapters::SystemClock clock;
  adapters::LineLog log(standard_error, clock, flags.debug ? LogLevel::debug : LogLevel::info,
                        flags.json_log ? adapters::LineLog::Format::json : adapters::LineLog::Format::automatic);
  const auto notify = service_manager();
  const auto text = TRY(adapters::read_text_file(flags.file, file_bytes_max));
  auto config = TRY(config::validator_config_from_toml(text, flags.file));
  const std::string folder = folder_of(flags.file);
  const auto server = TRY(opened(config, folder, log));
  TRY(add_listener(config.validation.egress.own, config.listen, server->port()));
  adapters::CurlTransport egress;
  adapters::SocketTlsProbe probe;
  const auto resolver = TRY(adapters::UnboundResolver::open({.dnssec = config.dns.dnssec,
                                                             .trust_anchor_files = config.dns.trust_anchors,
                                                             .insecure_domains = config.dns.insecure_domains}));
  const ca::va::Validator validator(config.validation, {*resolver, egress, &probe, clock});
  ca::va::ValidationService service(config.client_names, {validator, log});
  TRY(server->start(service));
  say("crest-ca validator looks for " + std::to_string(config.client_names.size()) + " client name(s) at port " +
      std::to_string(server->port()));
  notify.ready();
  for (int number = 0; number != SIGINT && number != SIGTERM;) {
    number = next_signal(notify.alive_every().value_or(signal_wait_max));
    notify.alive();
    if (number == SIGHUP) take_up_certificate(config, folder, *server, log);
  }
  log.info("stopping");
  notify.stopping();
  service.stop();
  server->stop();
  return {};
}

}  // namespace

int run(const Validator& flags) {
  const auto done = look(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
