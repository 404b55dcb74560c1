#include "ca/ra/limits.hpp"

#include <gtest/gtest.h>

namespace crest::ca::ra {
namespace {

const Time start = from_unix_seconds(1'767'225'600);
const Limit ten_an_hour{10, 1h};

// How many of `tries` at `when` are allowed; `full_at` is remembered as the CA would.
int taken(std::optional<Time>& full_at, const Limit& limit, Time when, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) {
    const Spending spending = spend(full_at, limit, when);
    if (!spending.allowed) continue;
    full_at = spending.full_at;
    ++count;
  }
  return count;
}

TEST(Limits, SF61_AllAtOnceAndThenOneForEachShareOfThePeriod) {
  std::optional<Time> full_at;
  EXPECT_EQ(taken(full_at, ten_an_hour, start, 100), 10);
  EXPECT_EQ(taken(full_at, ten_an_hour, start + 5min, 100), 0);
  EXPECT_EQ(taken(full_at, ten_an_hour, start + 6min, 100), 1);
  EXPECT_EQ(taken(full_at, ten_an_hour, start + 36min, 100), 5);
  EXPECT_EQ(taken(full_at, ten_an_hour, start + 10h, 100), 10);
}

TEST(Limits, ERR_08_TheMomentToTryAgainIsTheFirstThatWorks) {
  std::optional<Time> full_at;
  taken(full_at, ten_an_hour, start, 10);
  const Spending refused = spend(full_at, ten_an_hour, start + 1min);
  ASSERT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_at, start + 6min);
  EXPECT_FALSE(spend(full_at, ten_an_hour, refused.retry_at - 1ms).allowed);
  EXPECT_TRUE(spend(full_at, ten_an_hour, refused.retry_at).allowed);
}

TEST(Limits, AreNoLimitWithoutACount) {
  std::optional<Time> full_at;
  EXPECT_EQ(taken(full_at, {}, start, 1'000), 1'000);
}

TEST(Limits, SF80_AClockThatWasSetBackShutsNobodyOut) {
  std::optional<Time> full_at = start + 240h;
  EXPECT_EQ(taken(full_at, ten_an_hour, start, 20), 10);
}

TEST(Limits, AreToldAsPeopleWriteThem) {
  EXPECT_EQ(to_text({300, 3h}), "300 in 3h");
  EXPECT_EQ(to_text({5, 48h}), "5 in 2d");
  EXPECT_EQ(to_text({5, 90s}), "5 in 90s");
}

TEST(Limits, AreReadAsTheyAreWritten) {
  for (const char* text : {"300 in 3h", "1 in 1s", "10 in 90m", "5 in 7d", "unlimited"}) {
    const auto limit = limit_from_text(text);
    ASSERT_TRUE(limit) << text;
    EXPECT_EQ(to_text(*limit), text);
  }
  for (const char* bad : {"", "300", "300 in", "300 in x", "0 in 1h", "-1 in 1h", " 1 in 1h", "1 in 0s", "1 in 9999d",
                          "99999999999 in 1h", "Unlimited"})
    EXPECT_FALSE(limit_from_text(bad)) << bad;
}

TEST(Limits, SF61_AnAddressIsASite) {
  const std::pair<const char*, const char*> rows[] = {{"192.0.2.1", "192.0.2.1"},
                                                      {"::ffff:192.0.2.1", "192.0.2.1"},
                                                      {"2001:db8::1", "2001:db8::/64"},
                                                      {"2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"},
                                                      {"", ""},
                                                      {"host", ""}};
  for (const auto& [address, subject] : rows) EXPECT_EQ(limited_address(address), subject) << address;
}

}  // namespace
}  // namespace crest::ca::ra
