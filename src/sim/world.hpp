// A World is one run: a seed decides everything that happens in it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/log.hpp"
#include "sim/ca_host.hpp"
#include "sim/client_host.hpp"

namespace crest::sim {

struct Scenario {
  std::string name;
  std::size_t hosts = 4, certificates_per_host = 5;
  bool shared_name = true;  // the first certificate of the first two hosts is for the same name, by two accounts
  Duration length{14 * 24 * 3'600'000LL};
  FaultRates rates;
};

// "renewals": 20 certificates of 24 h through 14 days; "long": 1,000 of them; "short": one name
// of two accounts through two days, of which many go into a minute. Error: usage, naming the known ones.
Result<Scenario> scenario(const std::string& name);

struct Report {
  std::uint64_t seed = 0;
  Duration virtual_time{0};
  std::uint64_t events = 0, requests = 0, issued = 0, expired = 0;
  std::size_t busiest_hour = 0, busiest_day = 0;  // most requests for one certificate
  std::map<std::string, std::uint64_t> injected;
  std::vector<std::string> violations;
  std::vector<std::string> last_lines;  // of the trace: the wire, the disks, the clock, crashes and every fault
  std::string trace;                    // digest of everything that happened: the same seed gives the same one
};

// Runs to the end of the scenario, or to the first broken invariant. `log` hears what the hosts say.
Report run_world(const Scenario& scenario, std::uint64_t seed, Log& log);

}  // namespace crest::sim
