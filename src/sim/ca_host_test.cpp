#include "sim/ca_host.hpp"

#include <gtest/gtest.h>

namespace crest::sim {
namespace {

const Time noon = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) + 12h;

// What an authority settles when it opens is written, and a machine may die there as anywhere.
TEST(CaHost, ADeathInAStartIsFollowedByAnother) {
  SeededRandom random{3};
  VirtualClock clock{noon};
  EventQueue events;
  Faults faults{FaultRates{.ca_dies_at_store = 0.9}, random};
  Network network{clock, faults};
  Invariants invariants{clock};
  Trace trace;
  NullLog log;
  CaHost host({clock, events, faults, network, invariants, trace, log, 1});
  const auto serves = [&] { return network.service(std::string(CaHost::host_name), 443) != nullptr; };
  int starts = 1;
  for (host.start(); !serves(); ++starts) {
    ASSERT_LT(starts, 100);
    ASSERT_FALSE(events.empty());
    clock.advance_to(events.next_time());
    events.pop()();
  }
  EXPECT_GT(starts, 1) << "no start died, so nothing was shown";
}

}  // namespace
}  // namespace crest::sim
