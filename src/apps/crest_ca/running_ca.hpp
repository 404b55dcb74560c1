// A RunningCa is what `serve` runs: an Authority by the settings as they are, with the threads that do its background
// work; and another one in its place when the settings have changed.
#pragma once

#include <mutex>
#include <thread>

#include "apps/crest_ca/key_ring.hpp"
#include "ca/live_authority.hpp"

namespace crest::apps::crest_ca {

// Threads that do an Authority's background work.
class Workers {
 public:
  Workers(std::shared_ptr<ca::Authority> authority, std::size_t count, Log& log);
  void request_stop();  // what they are at is cut short

 private:
  std::shared_ptr<ca::Authority> authority_;
  std::vector<std::jthread> threads_;
};

class RunningCa {
 public:
  struct Parts {
    Disk& disk;
    KeyRing& keys;
    ca::store::Store& store;
    ca::nonce::NonceSource& nonces;
    dns::Resolver& resolver;
    http::Transport& egress;
    x509::TlsProbe& probe;
    Clock& clock;
    Random& random;
    Log& log;
    Meter& meter;
  };
  // What stands fast while it runs: where it listens, and which process it is.
  struct Place {
    std::uint16_t port = 0;
    std::vector<ca::va::OwnListener> own;  // what it must never validate
    std::string instance;
    std::string status_url;  // where certificates' status is told; "" what ca.toml says
  };
  // Errors: config, storage.
  static Result<std::unique_ptr<RunningCa>> open(const Serve& flags, const config::CaConfig& config, Place place,
                                                 Parts parts);
  // Ends the work and gives this node's place back, so that it can be started again at once.
  ~RunningCa();

  http::Service& service() { return live_; }
  http::Service& status() { return live_.status(); }
  std::shared_ptr<ca::Authority> current() const { return live_.current(); }
  void start_work();
  void stop_work();

  // Reads ca.toml and the issuers' certificates again. Error: config, storage; everything is as it was then. Blocks until
  // the requests under way are answered; thread-safe.
  Result<void> reload();

 private:
  RunningCa(const Serve& flags, config::CaConfig config, Place place, Parts parts,
            std::shared_ptr<ca::Authority> authority);

  const Serve flags_;
  config::CaConfig config_;
  const Place place_;
  Parts parts_;
  ca::LiveAuthority live_;
  std::mutex mutex_;  // of what follows, and of reload()
  std::unique_ptr<Workers> workers_;
};

// ca.toml with what the flags say instead. Errors: config, storage.
Result<config::CaConfig> settings_of(const Serve& flags, Disk& disk);

}  // namespace crest::apps::crest_ca
