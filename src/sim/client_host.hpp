// A ClientHost is a machine with certificates: the real client on a disk that forgets, killed and started again.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/http01.hpp"
#include "client/issuance.hpp"
#include "sim/fixed_keys.hpp"
#include "sim/invariants.hpp"
#include "sim/network.hpp"
#include "sim/trace.hpp"

namespace crest::sim {

class ClientHost {
 public:
  struct Deps {
    VirtualClock& clock;
    EventQueue& events;
    Faults& faults;
    Network& network;
    Invariants& invariants;
    Trace& trace;
    Log& log;
    const std::vector<Interval>& ca_down;
    Time end;  // of the world
    std::string directory_url;
    std::string root_pem;
    std::uint64_t seed;
  };
  ClientHost(std::string name, std::vector<std::string> certificates, Deps deps);
  ~ClientHost();

  void start();
  void check_recovery(Interval outage);  // the invariant on an outage that no certificate outlived
  void check_keys();                     // the invariant on lost keys, on the disk as it is
  const std::string& name() const { return name_; }

 private:
  struct Process;  // what a crash takes away

  void note(std::string_view what) { deps_.trace.add(deps_.clock.now(), name_, what); }
  void die(const std::string& where);
  void schedule(const std::string& certificate, Time when);
  void run(const std::string& certificate);
  Time step(const std::string& certificate);
  Time advance(const std::string& certificate, client::Issuance& issuance);
  Result<void> open_vault();
  Result<std::optional<Time>> due(const std::string& certificate);  // nullopt: now
  void note_live(const std::string& certificate);
  void watch_absence(const std::string& certificate, Time when, Time since);

  std::string name_;
  std::vector<std::string> certificates_;
  Deps deps_;
  SeededRandom random_;
  FixedKeys keys_;
  CrashyDisk disk_;
  NetworkTransport transport_;
  Proxy proxy_;
  std::vector<Interval> down_;  // the CA, or the way to it
  std::unique_ptr<Process> process_;
  std::map<std::string, Bytes> noted_;      // certificate to the chain last seen live
  std::map<std::string, Time> live_until_;  // of one that was never there: when the host was set up
  std::uint64_t life_ = 0;
};

}  // namespace crest::sim
