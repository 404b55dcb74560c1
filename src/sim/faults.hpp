// Faults is what a world does to those who live in it: how often, and how often it did.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "core/time.hpp"
#include "sim/seeded_random.hpp"

namespace crest::sim {

// Thrown from a seam when the process at this end dies there. Not an exception of the program's: nothing catches it but
// the world, which then forgets what was not synced and starts the host again.
struct ProcessDied {
  std::string where;
};

struct FaultRates {  // probability per opportunity
  double bad_nonce = 0;
  double request_lost = 0, reply_lost = 0, request_twice = 0, server_error = 0, reply_cut = 0;
  double validation_lost = 0;  // the CA's fetch of a proof
  double client_dies_at_disk = 0, client_dies_at_network = 0;
  double ca_dies_at_store = 0;
  double disk_full = 0, disk_error = 0;
  Duration latency_max{40};
  double proxy_pages = 0;  // per host and day: for some time a proxy answers with pages of its own
  Duration proxy_pages_max{0};
  Duration outage_max{0};  // once a day, of up to this long
  double long_outage = 0;  // per world: one that no certificate outlives, instead of those of its days
};

class Faults {
 public:
  Faults(FaultRates rates, SeededRandom& random) : rates_(rates), random_(random) {}

  const FaultRates& rates() const { return rates_; }
  SeededRandom& random() { return random_; }
  // One roll, and one count under `name` when it comes up. Rolls nothing when the world is calm.
  bool strikes(double probability, const char* name) {
    if (calm_ || probability <= 0 || !random_.chance(probability)) return false;
    count(name);
    return true;
  }
  void count(const std::string& name) {
    ++injected_[name];
    if (watcher_) watcher_(name);
  }
  void watch(std::function<void(const std::string& name)> watcher) { watcher_ = std::move(watcher); }
  void set_calm(bool calm) { calm_ = calm; }
  const std::map<std::string, std::uint64_t>& injected() const { return injected_; }

 private:
  FaultRates rates_;
  SeededRandom& random_;
  bool calm_ = false;
  std::function<void(const std::string&)> watcher_;
  std::map<std::string, std::uint64_t> injected_;
};

}  // namespace crest::sim
