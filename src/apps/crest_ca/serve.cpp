#include <csignal>

#include "adapters/curl_transport.hpp"
#include "adapters/line_log.hpp"
#include "adapters/posix_disk.hpp"
#include "adapters/postgres_nonces.hpp"
#include "adapters/prometheus_meter.hpp"
#include "adapters/secret_memory.hpp"
#include "adapters/system_clock.hpp"
#include "adapters/text_file.hpp"
#include "adapters/tls_probe.hpp"
#include "adapters/unbound_resolver.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/own_certificate.hpp"
#include "apps/crest_ca/running_ca.hpp"
#include "apps/crest_ca/service_process.hpp"
#include "ca/admin/admin_service.hpp"
#include "ca/nonce/sealed_counter.hpp"
#include "ca/store/memory_store.hpp"
#include "ca/store/metered_store.hpp"
#include "config/ca_folder.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

namespace crest::apps::crest_ca {
namespace {

using StorePtr = std::unique_ptr<ca::store::Store>;
using NoncesPtr = std::unique_ptr<ca::nonce::NonceSource>;
using ServerPtr = std::unique_ptr<adapters::BeastServer>;

constexpr int standard_error = 2;
constexpr std::size_t status_body_bytes_max = 8u << 10, status_workers = 4;
constexpr const char* lock_file = "serve.lock";
constexpr std::size_t instance_octets = 16, admin_workers = 2, admin_connections_max = 64;
constexpr std::size_t trust_bytes_max = 1u << 20;
constexpr Duration signal_wait_max = 24h, join_look_every{200};

Result<StorePtr> chosen_store(const Serve& flags, const config::CaConfig& config) {
  if (flags.store == "memory") return StorePtr(std::make_unique<ca::store::MemoryStore>());
  return open_store(flags.folder, config);
}

// In memory on one node; where several share a database, any of them takes back what another has made.
Result<NoncesPtr> chosen_nonces(const Serve& flags, const config::CaConfig& config, Clock& clock, Random& random,
                                Log& log) {
  if (flags.store == "memory" || config.postgres.empty()) {
    return NoncesPtr(std::make_unique<ca::nonce::SealedCounter>(random));
  }
  auto shared = TRY(adapters::PostgresNonces::open(config.postgres, clock, random, log));
  return NoncesPtr(std::move(shared));
}

adapters::ServerOptions server_options(const config::CaConfig& config, adapters::ServerIdentity identity) {
  adapters::ServerOptions options;
  options.address = config.listen;
  options.workers = config.workers;
  options.identity = std::move(identity);
  return options;
}

// nullptr when ca.toml wants none. Error: as BeastServer::open(); config, for a file that holds no certificate.
Result<ServerPtr> admin_server(const Serve& flags, const config::CaConfig& config, adapters::ServerIdentity identity,
                               Log& log) {
  if (config.admin.listen.empty()) return ServerPtr();
  const std::string path =
      config.admin.client_ca.starts_with('/') ? config.admin.client_ca : joined(flags.folder, config.admin.client_ca);
  identity.client_trust_pem = TRY(adapters::read_text_file(path, trust_bytes_max));
  adapters::ServerOptions options;
  options.address = config.admin.listen;
  options.workers = admin_workers;
  options.connections_max = admin_connections_max;
  options.identity = std::move(identity);
  return adapters::BeastServer::open(std::move(options), log);
}

// Whoever asks for a certificate's status asks for little. nullptr when nobody tells.
Result<ServerPtr> status_server(const config::CaConfig& config, Log& log) {
  if (config.status_listen.empty()) return ServerPtr();
  adapters::ServerOptions options;
  options.address = config.status_listen;
  options.body_bytes_max = status_body_bytes_max;
  options.workers = status_workers;
  auto opened = adapters::BeastServer::open(std::move(options), log);
  return opened ? std::move(opened) : std::move(opened).error().at("[status] listen");
}

std::string first_line(const config::CaConfig& config, std::uint16_t port) {
  std::string line =
      "crest-ca serves " + config::base_url(config, port) + "/acme/" + config.authority.name + "/directory";
  if (config::may_validate_loopback(config)) line += " (lab: it may validate hosts on loopback)";
  return line;
}

// Bad settings leave everything as it was, and say so.
void reload(RunningCa& ca, const adapters::SystemdNotify& notify, Log& log) {
  notify.reloading();
  const auto done = ca.reload();
  if (!done) log.error("reload_failed", {{"error", done.error().describe()}, {"effect", "the old settings hold"}});
  notify.ready();
}

void run_until_stopped(RunningCa& ca, const adapters::SystemdNotify& notify, Log& log) {
  while (true) {
    const int number = next_signal(notify.alive_every().value_or(signal_wait_max));
    notify.alive();
    if (number == SIGHUP) reload(ca, notify, log);
    if (number != SIGINT && number != SIGTERM) continue;
    log.info("stopping", {{"signal", std::to_string(number)}});
    return;
  }
}

// Blocks until this node has its place among those that share the store, if there are others. False: it was told to stop
// first. Error: config, another process of its name lives.
Result<bool> join_others(RunningCa& ca, const adapters::SystemdNotify& notify, Log& log) {
  while (true) {
    const bool joined = TRY(ca.current()->has_joined());
    if (joined) return true;
    const int number = next_signal(join_look_every);
    notify.alive();
    if (number == SIGHUP) reload(ca, notify, log);
    if (number == SIGINT || number == SIGTERM) return false;
  }
}

// A disk that is full or a clock that is wrong may be mended while lists and OCSP are served (SF65).
Result<void> first_certificate(OwnCertificate& own, Log& log) {
  auto made = own.renew();
  if (made) return {};
  const bool passes = made.error().kind == ErrorKind::storage || made.error().kind == ErrorKind::clock_suspect;
  if (!passes) return made;
  log.error("own_certificate_not_issued",
            {{"error", made.error().describe()}, {"effect", "ACME clients cannot trust this listener until it is"}});
  return {};
}

ca::admin::AdminService::Deps admin_deps(RunningCa& ca, const RunningCa::Parts& parts,
                                         const adapters::PrometheusMeter& meter, const std::string& chain) {
  return {.store = parts.store,
          .clock = parts.clock,
          .log = parts.log,
          .metrics =
              [&] {
                ca.current()->gauge_state();
                return meter.text();
              },
          .health = [&] { return ca.current()->health(); },
          .reload = [&] { return ca.reload(); },
          .audit_chain = chain};
}

// What they hold is no key, and a backup or a group of operators may want to read it: told, not refused.
void tell_of_readers(const config::CaConfig& config, Disk& disk, Log& log) {
  std::vector<const char*> names = {config::ca_settings_file};
  if (config.postgres.empty()) names.push_back(config::ca_store_folder);
  for (const char* name : names) {
    const auto is_private = disk.check_private(name);
    if (!is_private) log.warn("readable_by_others", {{"error", is_private.error().describe()}});
  }
}

Result<void> serve(const Serve& flags) {
  adapters::SystemClock clock;
  crypto::SystemRandom random;
  adapters::LineLog log(standard_error, clock, flags.debug ? LogLevel::debug : LogLevel::info,
                        flags.json_log ? adapters::LineLog::Format::json : adapters::LineLog::Format::automatic);
  const auto notify = service_manager();
  const auto disk = TRY(adapters::open_posix_disk(flags.folder, {.create = false}));
  const auto config = TRY(settings_of(flags, *disk));
  const auto lock = TRY(disk->lock(lock_file));
  const std::string refused = adapters::shield_secrets();  // before the key is here (SF85)
  if (!refused.empty()) log.warn("secrets_less_protected", {{"error", refused}});
  tell_of_readers(config, *disk, log);
  KeyRing keys(*disk, flags.folder, flags.passphrase);
  TRY(keys.issuers(config.issuers));  // asks for a passphrase before anything listens
  adapters::PrometheusMeter meter;
  const auto inner_store = TRY(chosen_store(flags, config));
  ca::store::MeteredStore store(*inner_store, clock, meter);
  const auto nonces = TRY(chosen_nonces(flags, config, clock, random, log));

  auto identity = TRY(placeholder_identity(random, clock.now()));
  const auto admin = TRY(admin_server(flags, config, identity, log));
  const auto server = TRY(adapters::BeastServer::open(server_options(config, std::move(identity)), log));
  adapters::CurlTransport egress;
  adapters::SocketTlsProbe probe;
  const auto resolver = TRY(adapters::UnboundResolver::open({.dnssec = config.dns.dnssec,
                                                             .trust_anchor_files = config.dns.trust_anchors,
                                                             .insecure_domains = config.dns.insecure_domains}));
  RunningCa::Place place{
      .port = server->port(), .own = {}, .instance = encoding::base64url(random.bytes(instance_octets))};
  TRY(add_listener(place.own, config.listen, server->port()));
  if (admin) TRY(add_listener(place.own, config.admin.listen, admin->port()));
  const auto told = TRY(status_server(config, log));
  if (told) {
    place.status_url = config::status_url(config, told->port());
    TRY(add_listener(place.own, config.status_listen, told->port()));
  }
  const RunningCa::Parts parts{*disk, keys, store, *nonces, *resolver, egress, probe, clock, random, log, meter};
  const auto ca = TRY(RunningCa::open(flags, config, std::move(place), parts));

  say(first_line(config, server->port()));  // connections queue already
  if (admin) say("operators: https://" + config.host + ":" + std::to_string(admin->port()) + ", by client certificate");

  std::vector<adapters::BeastServer*> servers = {server.get()};
  if (admin) servers.push_back(admin.get());
  OwnCertificate own(
      config, {[&ca = *ca](const auto& key, const auto& names) { return ca.current()->issue_own(key, names); }, servers,
               clock, log});
  TRY(first_certificate(own, log));
  ca::admin::AdminService admin_service(admin_deps(*ca, parts, meter, config.authority.node));
  ca->start_work();
  TRY(server->start(ca->service()));
  if (admin) TRY(admin->start(admin_service));
  if (told) TRY(told->start(ca->status()));
  own.keep();
  const auto joined = join_others(*ca, notify, log);
  if (joined && *joined) {
    notify.ready();
    run_until_stopped(*ca, notify, log);
  }
  notify.stopping();
  ca->stop_work();
  if (admin) admin->stop();
  server->stop();
  if (told) told->stop();
  return joined ? Result<void>() : Result<void>(joined.error());
}

}  // namespace

int run(const Serve& flags) {
  const auto done = serve(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
