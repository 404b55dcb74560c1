#include <csignal>

#include "adapters/curl_transport.hpp"
#include "adapters/line_log.hpp"
#include "adapters/listen_socket.hpp"
#include "adapters/posix_disk.hpp"
#include "adapters/secret_memory.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/tls_probe.hpp"
#include "adapters/unbound_resolver.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/key_ring.hpp"
#include "apps/crest_ca/own_certificate.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/store/memory_store.hpp"
#include "config/ca_folder.hpp"
#include "crypto/digest.hpp"

namespace crest::apps::crest_ca {
namespace {

using ca::Authority;
using StorePtr = std::unique_ptr<ca::store::Store>;

constexpr int standard_error = 2;
constexpr std::size_t status_body_bytes_max = 8u << 10, status_workers = 4;
constexpr const char* lock_file = "serve.lock";

Result<StorePtr> chosen_store(const Serve& flags, const config::CaConfig& config) {
  if (flags.store == "memory") return StorePtr(std::make_unique<ca::store::MemoryStore>());
  return crest_ca::open_store(flags.folder, config);
}

Result<config::CaConfig> settings(const Serve& flags, Disk& disk) {
  auto settings = TRY(config::read_settings(disk, flags.folder));
  if (!flags.listen.empty()) settings.listen = flags.listen;
  if (!flags.status_listen.empty()) settings.status_listen = flags.status_listen;
  if (flags.http01_port != 0) settings.authority.http01_port = flags.http01_port;
  if (flags.tls_alpn01_port != 0) settings.authority.tls_alpn01_port = flags.tls_alpn01_port;
  return settings;
}

adapters::ServerOptions server_options(const config::CaConfig& config, adapters::ServerIdentity identity) {
  adapters::ServerOptions options;
  options.address = config.listen;
  options.workers = config.workers;
  options.identity = std::move(identity);
  return options;
}

// Whoever asks for a certificate's status asks for little.
adapters::ServerOptions status_server_options(const config::CaConfig& config) {
  adapters::ServerOptions options;
  options.address = config.status_listen;
  options.body_bytes_max = status_body_bytes_max;
  options.workers = status_workers;
  return options;
}

Result<std::unique_ptr<adapters::BeastServer>> status_server(const config::CaConfig& config, Log& log) {
  if (config.status_listen.empty()) return std::unique_ptr<adapters::BeastServer>();
  auto opened = adapters::BeastServer::open(status_server_options(config), log);
  return opened ? std::move(opened) : std::move(opened).error().at("[status] listen");
}

// What the CA must never take for a host that it validates; the same for each listener there is.
Result<void> add_own(std::vector<ca::va::OwnListener>& own, const std::string& listen, std::uint16_t port) {
  const auto address = TRY(adapters::ListenAddress::parse(listen));
  for (const auto& place : adapters::reachable_at(address.host)) {
    const auto network = encoding::IpNetwork::parse(place);
    if (network) own.push_back({*network, port});
  }
  return {};
}

// Threads that do the CA's background work.
class Workers {
 public:
  Workers(Authority& authority, std::size_t count, Log& log) {
    for (std::size_t i = 0; i < count; ++i) {
      threads_.emplace_back([&authority, &log](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          try {
            if (!authority.work(stop)) authority.wait_for_work(stop);
          } catch (const std::exception& failure) {  // out of memory: a thread that ends would end the CA
            log.error("worker_failed", {{"error", failure.what()}});
          }
        }
      });
    }
  }
  void request_stop() {
    for (auto& thread : threads_) thread.request_stop();
  }

 private:
  std::vector<std::jthread> threads_;
};

int wait_for_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  int number = 0;
  sigwait(&signals, &number);
  return number;
}

std::string first_line(const config::CaConfig& config, const std::string& url) {
  std::string line = "crest-ca serves " + url + "/acme/" + config.authority.name + "/directory";
  if (config::may_validate_loopback(config)) line += " (lab: it may validate hosts on loopback)";
  return line;
}

Result<void> serve(const Serve& flags) {
  adapters::SystemClock clock;
  crypto::SystemRandom random;
  adapters::LineLog log(standard_error, clock, flags.debug ? LogLevel::debug : LogLevel::info,
                        flags.json_log ? adapters::LineLog::Format::json : adapters::LineLog::Format::automatic);
  const auto disk = TRY(adapters::open_posix_disk(flags.folder, {.create = false}));
  const auto config = TRY(settings(flags, *disk));
  const auto lock = TRY(disk->lock(lock_file));
  const std::string refused = adapters::shield_secrets();  // before the key is here (SF85)
  if (!refused.empty()) log.warn("secrets_less_protected", {{"error", refused}});
  KeyRing keys(*disk, flags.folder, flags.passphrase);
  auto issuers = TRY(keys.issuers(config.issuers));
  const auto store = TRY(chosen_store(flags, config));

  auto identity = TRY(placeholder_identity(random, clock.now()));
  const auto server = TRY(adapters::BeastServer::open(server_options(config, std::move(identity)), log));
  adapters::CurlTransport egress;
  adapters::SocketTlsProbe probe;
  const auto resolver = TRY(adapters::UnboundResolver::open({.dnssec = config.dns.dnssec,
                                                             .trust_anchor_files = config.dns.trust_anchors,
                                                             .insecure_domains = config.dns.insecure_domains}));
  NullMeter meter;
  auto options = config.authority;
  options.base_url = config::base_url(config, server->port());
  TRY(add_own(options.egress.own, config.listen, server->port()));
  const auto told = TRY(status_server(config, log));
  if (told) {
    options.status.url = config::status_url(config, told->port());
    TRY(add_own(options.egress.own, config.status_listen, told->port()));
  }
  options.caa.identities = config::caa_identities(config);
  const std::string url = options.base_url;
  const auto authority = TRY(Authority::open(
      std::move(options), {*store, *resolver, egress, std::move(issuers), clock, random, log, meter, &probe}));

  say(first_line(config, url));  // connections queue already

  OwnCertificate own(config, {*authority, *server, clock, log});
  TRY(own.renew());
  Workers workers(*authority, config.validation_workers, log);
  TRY(server->start(*authority));
  if (told) TRY(told->start(*authority->status()));
  own.keep();
  const int number = wait_for_signal();
  log.info("stopping", {{"signal", std::to_string(number)}});
  workers.request_stop();
  server->stop();
  if (told) told->stop();
  return {};
}

}  // namespace

int run(const Serve& flags) {
  const auto done = serve(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
