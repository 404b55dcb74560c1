#include "sim/trace.hpp"

#include <gtest/gtest.h>

namespace crest::sim {
namespace {

const Time noon = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) + 12h;

TEST(Trace, EveryPartOfALineAndEveryMomentChangeTheDigest) {
  const auto digest = [](Time now, std::string_view who, std::string_view what, Duration passed) {
    Trace trace;
    trace.add(now, who, what);
    trace.pass(now + passed);
    return trace.digest();
  };
  const std::string one = digest(noon, "host1", "starts", 1s);
  EXPECT_EQ(digest(noon, "host1", "starts", 1s), one);
  EXPECT_NE(digest(noon + 1ms, "host1", "starts", 1s), one);
  EXPECT_NE(digest(noon, "host2", "starts", 1s), one);
  EXPECT_NE(digest(noon, "host1", "dies", 1s), one);
  EXPECT_NE(digest(noon, "host1", "starts", 2s), one);
}

TEST(Trace, KeepsItsLastLinesAndCutsLongOnes) {
  Trace trace;
  for (std::size_t i = 0; i < Trace::lines_max + 5; ++i) trace.add(noon, "host1", "line " + std::to_string(i));
  trace.add(noon, "wire", std::string(100'000, 'x'));
  const std::vector<std::string> lines = trace.last_lines();
  ASSERT_EQ(lines.size(), Trace::lines_max);
  EXPECT_EQ(lines.front(), "2026-01-01T12:00:00Z host1: line 6");
  EXPECT_EQ(lines.back().size(), Trace::line_chars_max);
  EXPECT_EQ(trace.count(), Trace::lines_max + 6);
}

TEST(Trace, TheCutPartOfALineIsInTheDigestToo) {
  Trace one, other;
  one.add(noon, "wire", std::string(1'000, 'x') + "a");
  other.add(noon, "wire", std::string(1'000, 'x') + "b");
  EXPECT_EQ(one.last_lines(), other.last_lines());
  EXPECT_NE(one.digest(), other.digest());
}

}  // namespace
}  // namespace crest::sim
