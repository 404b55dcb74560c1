// A CaHost is the machine that the real Authority runs on: it dies, restarts from its store, and has outages.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "ca/authority.hpp"
#include "ca/store/memory_store.hpp"
#include "sim/invariants.hpp"
#include "sim/network.hpp"
#include "sim/trace.hpp"
#include "sim/virtual_clock.hpp"
#include "sim/watched_store.hpp"

namespace crest::sim {

class CaHost final : public http::Service {
 public:
  static constexpr std::string_view host_name = "ca.sim.example";

  struct Deps {
    VirtualClock& clock;
    EventQueue& events;
    Faults& faults;
    Network& network;
    Invariants& invariants;
    Trace& trace;
    Log& log;
    std::uint64_t seed;
  };
  explicit CaHost(Deps deps);

  std::string directory_url() const;
  std::string root_pem() const { return root_->pem(); }
  void start();                   // first start, and the end of an outage
  void plan_outages(Time until);  // one a day, at a random hour, of a random length; rarely one of over a day
  const std::vector<Interval>& outages() const { return outages_; }
  std::optional<Interval> long_outage() const { return long_outage_; }

  http::Response handle(const http::Request& request) override;  // ProcessDied passes through, after the death

 private:
  void note(std::string_view what) { deps_.trace.add(deps_.clock.now(), host_name, what); }
  Duration up_to(Duration longest);
  void plan_long_outage(Time from, Time until);
  void die(Duration down, const std::string& why);
  void schedule_work();
  void work();
  void see_issued(const ca::store::CertificateRow& row);

  Deps deps_;
  SeededRandom random_;
  crypto::PrivateKey root_key_, issuing_key_;
  std::optional<x509::Certificate> root_, issuing_;
  ca::store::MemoryStore memory_;
  WatchedStore store_;
  NetworkTransport egress_;
  NullMeter meter_;
  std::unique_ptr<ca::Authority> authority_;
  std::vector<Interval> outages_;
  std::optional<Interval> long_outage_;
  std::optional<Time> next_work_;
  bool reuses_authorizations_ = false;
  std::uint64_t life_ = 0;  // an event of an earlier life does nothing
};

}  // namespace crest::sim
