#include "core/time.hpp"

#include <gtest/gtest.h>

namespace crest {
namespace {

constexpr Time new_year = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)) + 3h + 4min + 5s;

TEST(Rfc3339, Writes) {
  EXPECT_EQ(to_rfc3339(Time()), "1970-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(new_year), "2026-01-02T03:04:05Z");
  EXPECT_EQ(to_rfc3339(new_year + 7ms), "2026-01-02T03:04:05.007Z");
  EXPECT_EQ(to_rfc3339(Time() - 1ms), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(from_unix_seconds(4102444800)), "2100-01-01T00:00:00Z");  // behind 2038
  EXPECT_EQ(to_rfc3339(Time::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(Time::min()), "0000-01-01T00:00:00Z");
}

TEST(Rfc3339, Reads) {
  const std::pair<const char*, Time> rows[] = {
      {"2026-01-02T03:04:05Z", new_year},
      {"2026-01-02t03:04:05z", new_year},
      {"2026-01-02T03:04:05+00:00", new_year},
      {"2026-01-02T03:04:05-00:00", new_year},
      {"2026-01-02T04:34:05+01:30", new_year},
      {"2026-01-01T22:04:05-05:00", new_year},
      {"2026-01-02T03:04:05.5Z", new_year + 500ms},
      {"2026-01-02T03:04:05.123456789123456789+00:00", new_year + 123ms},
      {"2026-01-02T03:04:05.0009Z", new_year},
      {"2024-02-29T00:00:00Z", from_unix_seconds(1709164800)},
      {"1969-12-31T23:59:59Z", from_unix_seconds(-1)},
      {"2016-12-31T23:59:60Z", from_unix_seconds(1483228800)},  // a leap second is the next second
  };
  for (const auto& [text, expected] : rows) {
    const auto time = from_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(*time, expected) << text;
  }
}

TEST(Rfc3339, RefusesTheRest) {
  for (const char* text : {"",
                           "2026",
                           "2026-01-02",
                           "2026-01-02T03:04:05",
                           "2026-01-02T03:04Z",
                           "2026-01-02 03:04:05Z",
                           "2026-1-2T03:04:05Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-02-29T00:00:00Z",
                           "2026-01-32T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-01-02T24:00:00Z",
                           "2026-01-02T03:60:00Z",
                           "2026-01-02T03:04:61Z",
                           "2026-01-02T03:04:05.Z",
                           "2026-01-02T03:04:05,5Z",
                           "2026-01-02T03:04:05+01",
                           "2026-01-02T03:04:05+0100",
                           "2026-01-02T03:04:05+24:00",
                           "2026-01-02T03:04:05+01:60",
                           "2026-01-02T03:04:05ZZ",
                           "2026-01-02T03:04:05Z ",
                           " 2026-01-02T03:04:05Z",
                           "+2026-01-02T03:04:05Z",
                           "-026-01-02T03:04:05Z",
                           "12026-01-02T03:04:05Z",
                           "2026-01-02T+3:04:05Z",
                           "2026/01/02T03:04:05Z"}) {
    const auto time = from_rfc3339(text);
    ASSERT_FALSE(time) << text;
    EXPECT_EQ(time.error().kind, ErrorKind::malformed);
  }
}

TEST(UnixSeconds, RoundDownAndSaturate) {
  EXPECT_EQ(unix_seconds(Time() + 1999ms), 1);
  EXPECT_EQ(unix_seconds(Time() - 1ms), -1);
  EXPECT_EQ(from_unix_seconds(INT64_MAX), Time::max());
  EXPECT_EQ(from_unix_seconds(INT64_MIN), Time::min());
  EXPECT_EQ(unix_seconds(from_unix_seconds(1767323045)), 1767323045);
}

TEST(SaturatingAdd, CF22_NeverWraps) {
  EXPECT_EQ(saturating_add(new_year, 5s), new_year + 5s);
  EXPECT_EQ(saturating_add(new_year, -5s), new_year - 5s);
  EXPECT_EQ(saturating_add(Time::max(), 1ms), Time::max());
  EXPECT_EQ(saturating_add(Time::max() - 1ms, Duration::max()), Time::max());
  EXPECT_EQ(saturating_add(Time::min(), -1ms), Time::min());
  EXPECT_EQ(saturating_add(Time(), Duration::min()), Time::min());
  EXPECT_EQ(saturating_add(Time::min(), Duration::max()), Time() - 1ms);
}

TEST(Duration, ReadsForPeople) {
  const std::pair<Duration, const char*> rows[] = {
      {0ms, "0s"},         {4ms, "0.004s"},        {400ms, "0.4s"},   {1500ms, "1.5s"}, {59s, "59s"},
      {60s, "1m"},         {725s, "12m 5s"},       {16h, "16h"},      {76h, "3d 4h"},   {72h + 5min, "3d"},
      {60s + 500ms, "1m"}, {24h - 1ms, "23h 59m"}, {-90s, "-1m 30s"}, {90 * 24h, "90d"}};
  for (const auto& [span, text] : rows) EXPECT_EQ(to_human(span), text);
  EXPECT_EQ(to_human(Duration::max()), "106751991167d 7h");
  EXPECT_EQ(to_human(Duration::min()), "-106751991167d 7h");
}

TEST(Duration, ReadsFromText) {
  const std::pair<const char*, Duration> rows[] = {
      {"90s", 90s}, {"8h", 8h},  {"2d", 48h},    {"10m", 10min},
      {"5ms", 5ms}, {"0s", 0ms}, {"007m", 7min}, {"9223372036854775807ms", Duration::max()}};
  for (const auto& [text, span] : rows) {
    const auto read = duration_from_text(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, span) << text;
  }
  for (const char* text : {"", "5", "s", "-5s", "+5s", "1.5h", "5 s", " 5s", "5s ", "5sec", "5S", "1h30m", "5w",
                           "9223372036854775808ms", "106751991168d", "99999999999999999999s"}) {
    EXPECT_FALSE(duration_from_text(text)) << text;
  }
}

}  // namespace
}  // namespace crest
