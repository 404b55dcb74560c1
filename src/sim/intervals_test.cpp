#include "sim/intervals.hpp"

#include <gtest/gtest.h>

namespace crest::sim {
namespace {

Time hour(int h) { return Time(std::chrono::hours(h)); }

TEST(Intervals, AGapIsFoundBetweenOutages) {
  const Duration three = 3h;
  EXPECT_TRUE(has_gap({}, {hour(0), hour(8)}, three));
  EXPECT_TRUE(has_gap({{hour(2), hour(5)}}, {hour(0), hour(8)}, three));
  EXPECT_FALSE(has_gap({{hour(2), hour(6)}}, {hour(0), hour(8)}, three));
  EXPECT_FALSE(has_gap({{hour(-3), hour(6)}}, {hour(0), hour(8)}, three));
  EXPECT_FALSE(has_gap({{hour(1), hour(4)}, {hour(5), hour(7)}}, {hour(0), hour(8)}, three));
}

TEST(Intervals, ThoseThatTouchAreOne) {
  const auto all = merged({{hour(5), hour(6)}, {hour(0), hour(4)}, {hour(1), hour(2)}, {hour(6), hour(8)}});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].from, hour(0));
  EXPECT_EQ(all[0].to, hour(4));
  EXPECT_EQ(all[1].from, hour(5));
  EXPECT_EQ(all[1].to, hour(8));
}

}  // namespace
}  // namespace crest::sim
