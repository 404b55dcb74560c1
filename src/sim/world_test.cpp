#include "sim/world.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "sim/trace.hpp"

namespace crest::sim {
namespace {

Scenario small_scenario() {
  Scenario small = scenario("renewals").value();
  small.hosts = 2;
  small.certificates_per_host = 2;
  small.length = Duration(3 * 24 * 3'600'000LL);
  return small;
}

TEST(World, SameSeedSameTrace) {
  NullLog log;
  const Report first = run_world(small_scenario(), 42, log);
  const Report second = run_world(small_scenario(), 42, log);
  const Report other = run_world(small_scenario(), 43, log);
  EXPECT_EQ(first.trace, second.trace);
  EXPECT_EQ(first.events, second.events);
  EXPECT_NE(first.trace, other.trace);
}

TEST(World, CertificatesAreRenewedThroughFaults) {
  NullLog log;
  const Report report = run_world(small_scenario(), 1, log);
  EXPECT_TRUE(report.violations.empty()) << report.violations.front();
  EXPECT_GE(report.issued, 4u * 4u);
  EXPECT_GT(report.injected.at("bad nonce"), 0u);
}

// A CA that never sees a proof: no certificate is ever there, and that is said once the CA was there for long enough.
TEST(World, AnAbsentCertificateIsAskedForFromTheBeginning) {
  Scenario blind = small_scenario();
  blind.rates.validation_lost = 1;
  blind.rates.outage_max = Duration(0);
  NullLog log;
  const Report report = run_world(blind, 1, log);
  ASSERT_FALSE(report.violations.empty());
  EXPECT_NE(report.violations.front().find("is absent or expired"), std::string::npos) << report.violations.front();
  EXPECT_LE(report.virtual_time, Invariants::recovery_max + 1h);
}

TEST(World, AnOutageOfOverADayIsRecoveredFrom) {
  Scenario scene = small_scenario();
  scene.length = Duration(5 * 24 * 3'600'000LL);
  scene.rates.long_outage = 1;
  NullLog log;
  const Report report = run_world(scene, 1, log);
  EXPECT_EQ(report.injected.at("CA outage of over a day"), 1u);
  EXPECT_EQ(report.expired, 4u);
  EXPECT_TRUE(report.violations.empty()) << report.violations.front();
}

TEST(World, SeedsThatOnceBrokeAnInvariantHold) {
  std::ifstream file(CREST_REGRESSIONS);
  ASSERT_TRUE(file) << CREST_REGRESSIONS;
  NullLog log;
  int runs = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string name;
    std::uint64_t seed = 0;
    ASSERT_TRUE(words >> name >> seed) << line;
    const Report report = run_world(scenario(name).value(), seed, log);
    EXPECT_TRUE(report.violations.empty()) << line << ": " << report.violations.front();
    ++runs;
  }
  EXPECT_GT(runs, 0);
}

bool has_line(const Report& report, const std::string& from, const std::string& what) {
  return std::any_of(report.last_lines.begin(), report.last_lines.end(), [&](const std::string& line) {
    return line.find(" " + from + ": ") != std::string::npos && line.find(what) != std::string::npos;
  });
}

TEST(World, TheTraceTellsOfWireDisksClockCrashesAndFaults) {
  Scenario rough = small_scenario();
  rough.length = Duration(24 * 3'600'000LL);
  rough.rates.client_dies_at_disk = 0.02;
  rough.rates.reply_lost = 0.1;
  NullLog log;
  const Report report = run_world(rough, 5, log);
  EXPECT_TRUE(has_line(report, "wire", "host1.sim.example to ca.sim.example: POST https://ca.sim.example/acme/corp/"));
  EXPECT_TRUE(has_line(report, "host1.sim.example", "disk sync orders/app1.host1.sim.example"));
  EXPECT_TRUE(has_line(report, "host1.sim.example", "dies at "));
  EXPECT_TRUE(has_line(report, "host1.sim.example", "starts"));
  EXPECT_TRUE(has_line(report, "host1.sim.example", "disk after the crash"));
  EXPECT_TRUE(has_line(report, "clock", " inside a step"));
  EXPECT_TRUE(has_line(report, "fault", "reply lost"));
  EXPECT_LE(report.last_lines.size(), Trace::lines_max);
}

TEST(World, UnknownScenarioNamesTheKnownOnes) {
  const auto unknown = scenario("nonsense");
  ASSERT_FALSE(unknown);
  for (const char* name : {"renewals", "long", "short"}) {
    EXPECT_NE(unknown.error().message.find(name), std::string::npos) << name;
    EXPECT_TRUE(scenario(name)) << name;
  }
}

TEST(World, AProxyAnswersWithPagesOfEveryKindForAWhile) {
  Scenario scene = small_scenario();
  scene.rates.proxy_pages = 1;
  scene.rates.proxy_pages_max = 20h;
  scene.length = Duration(5 * 24 * 3'600'000LL);
  NullLog log;
  const Report report = run_world(scene, 2, log);
  EXPECT_TRUE(report.violations.empty()) << report.violations.front();
  for (const char* const kind : {"proxy page 404", "proxy page 502", "captive page"}) {
    EXPECT_GT(report.injected.count(kind), 0u) << kind;
  }
}

}  // namespace
}  // namespace crest::sim
