#include "apps/crest_ca/running_ca.hpp"

#include "apps/crest_ca/remote_validators.hpp"
#include "ca/audit/writer.hpp"
#include "config/ca_folder.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

namespace crest::apps::crest_ca {
namespace {

using AuthorityPtr = std::shared_ptr<ca::Authority>;

constexpr std::size_t settings_bytes_max = 1u << 20;

Result<AuthorityPtr> authority_by(const config::CaConfig& config, const std::string& folder,
                                  const RunningCa::Place& place, const RunningCa::Parts& parts) {
  auto validators = TRY(remote_validators(config.validators, folder, parts.egress));
  auto issuers = TRY(parts.keys.issuers(config.issuers));
  auto options = config.authority;
  options.base_url = config::base_url(config, place.port);
  options.egress.own = place.own;
  options.caa.identities = config::caa_identities(config);
  options.instance = place.instance;
  if (!place.status_url.empty()) options.status.url = place.status_url;
  auto authority = TRY(ca::Authority::open(std::move(options), {.store = parts.store,
                                                                .resolver = parts.resolver,
                                                                .egress = parts.egress,
                                                                .issuers = std::move(issuers),
                                                                .clock = parts.clock,
                                                                .random = parts.random,
                                                                .log = parts.log,
                                                                .meter = parts.meter,
                                                                .probe = &parts.probe,
                                                                .nonces = &parts.nonces,
                                                                .validators = std::move(validators)}));
  return AuthorityPtr(std::move(authority));
}

// What a new Authority cannot change. The words are those of ca.toml.
std::string needing_a_restart(const config::CaConfig& before, const config::CaConfig& after) {
  const std::pair<const char*, bool> settings[] = {
      {"listen", before.listen != after.listen},
      {"workers", before.workers != after.workers},
      {"validation (dnssec, trust_anchors, insecure_domains)", !(before.dns == after.dns)},
      {"store.postgres", before.postgres != after.postgres},
      {"store.node", before.authority.node != after.authority.node},
      {"status.listen", before.status_listen != after.status_listen},
      {"admin", !(before.admin == after.admin)}};
  std::string words;
  for (const auto& [word, changed] : settings) {
    if (changed) words += (words.empty() ? "" : ", ") + std::string(word);
  }
  return words;
}

// Validations wait for strangers; one thread more is there for what waits for nobody (SF52).
std::size_t threads_for(const config::CaConfig& config) { return config.validation_workers + 1; }

// The settings as they are read are in the audit log, by their digest (ENT-09): which ca.toml was in force when.
Result<void> audit_settings(const config::CaConfig& config, const RunningCa::Parts& parts) {
  const Bytes text = TRY(parts.disk.read(config::ca_settings_file, settings_bytes_max));
  const ca::audit::Event event{"settings_read", {{"sha256", encoding::hex(crypto::sha256(text))}}};
  const auto work = [&](ca::store::Tx& tx) {
    return ca::audit::append(tx, config.authority.node, event, parts.clock.now());
  };
  return parts.store.write(work);
}

}  // namespace

Result<config::CaConfig> settings_of(const Serve& flags, Disk& disk) {
  auto settings = TRY(config::read_settings(disk, flags.folder));
  if (!flags.listen.empty()) settings.listen = flags.listen;
  if (!flags.status_listen.empty()) settings.status_listen = flags.status_listen;
  if (flags.http01_port != 0) settings.authority.http01_port = flags.http01_port;
  if (flags.tls_alpn01_port != 0) settings.authority.tls_alpn01_port = flags.tls_alpn01_port;
  return settings;
}

Workers::Workers(AuthorityPtr authority, std::size_t count, Log& log) : authority_(std::move(authority)) {
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, &log](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        try {
          if (!authority_->work(stop)) authority_->wait_for_work(stop);
        } catch (const std::exception& failure) {  // out of memory: a thread that ends would end the CA
          log.error("worker_failed", {{"error", failure.what()}});
        }
      }
    });
  }
}

void Workers::request_stop() {
  for (auto& thread : threads_) thread.request_stop();
}

RunningCa::RunningCa(const Serve& flags, config::CaConfig config, Place place, Parts parts, AuthorityPtr authority)
    : flags_(flags), config_(std::move(config)), place_(std::move(place)), parts_(parts), live_(std::move(authority)) {}

Result<std::unique_ptr<RunningCa>> RunningCa::open(const Serve& flags, const config::CaConfig& config, Place place,
                                                   Parts parts) {
  auto authority = TRY(authority_by(config, flags.folder, place, parts));
  // A full disk keeps it from issuing, not from being there: what was issued has to be told of (SF65).
  const auto audited = audit_settings(config, parts);
  if (!audited) parts.log.error("settings_not_audited", {{"error", audited.error().describe()}});
  return std::unique_ptr<RunningCa>(new RunningCa(flags, config, std::move(place), parts, std::move(authority)));
}

RunningCa::~RunningCa() {
  const std::scoped_lock lock(mutex_);
  workers_.reset();  // waits
  const auto left = live_.current()->leave();
  if (!left) parts_.log.warn("place_not_given_back", {{"error", left.error().describe()}});
}

void RunningCa::start_work() {
  const std::scoped_lock lock(mutex_);
  workers_ = std::make_unique<Workers>(live_.current(), threads_for(config_), parts_.log);
}

void RunningCa::stop_work() {
  const std::scoped_lock lock(mutex_);
  if (workers_) workers_->request_stop();
}

// The new one takes up twice what is begun: when it is opened, and when the old one has come to an end, whose last
// requests may have begun something more.
Result<void> RunningCa::reload() {
  const std::scoped_lock lock(mutex_);
  const auto config = TRY(settings_of(flags_, parts_.disk));
  auto next = TRY(authority_by(config, flags_.folder, place_, parts_));
  TRY(audit_settings(config, parts_));
  live_.swap(next);
  if (workers_) workers_->request_stop();
  workers_.reset();  // waits
  const auto resumed = next->resume();
  if (!resumed) parts_.log.error("work_not_resumed", {{"error", resumed.error().describe()}});
  workers_ = std::make_unique<Workers>(next, threads_for(config), parts_.log);
  const std::string later = needing_a_restart(config_, config);
  if (!later.empty()) parts_.log.warn("restart_needed", {{"settings", later}});
  parts_.log.info("reloaded");
  return {};
}

}  // namespace crest::apps::crest_ca
