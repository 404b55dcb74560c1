#include "http/retry_after.hpp"

#include <gtest/gtest.h>

namespace crest::http {
namespace {

using std::chrono::seconds;
const Time eve = from_unix_seconds(784111777);  // the example of RFC 9110: 1994-11-06T08:49:37Z

TEST(HttpDate, ReadsAllThreeForms) {
  for (const char* text : {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov  6 08:49:37 1994", "Sun Nov 06 08:49:37 1994"}) {
    const auto time = from_http_date(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(*time, eve) << text;
  }
  EXPECT_EQ(to_rfc3339(*from_http_date("Friday, 01-Jan-27 00:00:00 GMT")), "2027-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(*from_http_date("Thu Dec 31 23:59:60 2026")), "2027-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(*from_http_date("Tue, 19 Jan 2038 03:14:08 GMT")), "2038-01-19T03:14:08Z");
}

TEST(HttpDate, RefusesTheRest) {
  for (const char* text : {"",
                           "0",
                           "now",
                           "Sun",
                           "Sun,",
                           "Sun, 06 Nov 1994 08:49:37",
                           "Sun, 06 Nov 1994 08:49:37 UTC",
                           "Sun, 06 Nov 1994 08:49:37 GMT ",
                           "sun, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 06 nov 1994 08:49:37 GMT",
                           "Xxx, 06 Nov 1994 08:49:37 GMT",
                           "Sun, 6 Nov 1994 08:49:37 GMT",
                           "Sun, 31 Feb 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT",
                           "Sun, 06 Nov 94 08:49:37 GMT",
                           "Sun, 06 Nov 1994 24:49:37 GMT",
                           "Sun, 06 Nov 1994 08:60:37 GMT",
                           "Sun, 06 Nov 1994 08:49:61 GMT",
                           "Sun, 06 Nov 1994 8:49:37 GMT",
                           "Sun, 06 Nov 1994 08:49 GMT",
                           "Sunday, 06-Nov-1994 08:49:37 GMT",
                           "Sun, 06-Nov-94 08:49:37 GMT",
                           "Sun Nov 6 08:49:37 1994",
                           "Sun Nov  6 08:49:37 1994 GMT",
                           "Sun Nov 6",
                           "1994-11-06T08:49:37Z",
                           "06 Nov 1994 08:49:37 GMT",
                           "Sun, +6 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(from_http_date(text)) << text;
  }
}

TEST(HttpDate, Writes) {
  EXPECT_EQ(to_http_date(eve + 999ms), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(to_http_date(Time()), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(to_http_date(Time::max()), "Fri, 31 Dec 9999 23:59:59 GMT");
  EXPECT_EQ(to_http_date(Time::min()), "Sat, 01 Jan 0000 00:00:00 GMT");
  for (std::int64_t day = 0; day < 800; ++day) {
    const Time time = from_unix_seconds(day * 86'399);
    EXPECT_EQ(*from_http_date(to_http_date(time)), time);
  }
}

TEST(RetryAfter, ERR_09_ReadsSecondsAndDates) {
  const std::pair<const char*, seconds> rows[] = {{"0", seconds(0)},
                                                  {"120", seconds(120)},
                                                  {" 120\t", seconds(120)},
                                                  {"000007", seconds(7)},
                                                  {"Sun, 06 Nov 1994 08:50:37 GMT", seconds(60)},
                                                  {"Sunday, 06-Nov-94 08:50:37 GMT", seconds(60)},
                                                  {"Sun Nov  6 08:50:37 1994", seconds(60)},
                                                  {"Sun, 06 Nov 1994 08:00:00 GMT", seconds(0)}};  // the past is now
  for (const auto& [text, wait] : rows) EXPECT_EQ(retry_after({{"retry-after", text}}, eve), eve + wait) << text;
}

TEST(RetryAfter, CF12_ADateCountsFromTheServersOwn) {
  const Time behind = eve - 24h;  // this machine's clock is a day slow
  const Headers headers = {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Retry-After", "Sun, 06 Nov 1994 08:50:37 GMT"}};
  EXPECT_EQ(retry_after(headers, behind), behind + 60s);
  const Headers bad_date = {{"Date", "today"}, {"Retry-After", "Sun, 06 Nov 1994 08:50:37 GMT"}};
  EXPECT_EQ(retry_after(bad_date, eve), eve + 60s);
  const Headers only_seconds = {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"Retry-After", "5"}};
  EXPECT_EQ(retry_after(only_seconds, behind), behind + 5s);
}

TEST(RetryAfter, CF12_GarbageIsAbsent) {
  EXPECT_EQ(retry_after({}, eve), std::nullopt);
  for (const char* text : {"", " ", "-1", "+5", "1.5", "1e3", "0x10", "5s", "1, 2", "5;6", "soon", "\xd9\xa1",
                           "Sun, 99 Nov 1994 08:50:37 GMT"}) {
    EXPECT_EQ(retry_after({{"Retry-After", text}}, eve), std::nullopt) << text;
  }
}

TEST(RetryAfter, CF12_HugeValuesSaturate) {
  const Time longest = eve + 36'500 * 24h;
  for (const char* text :
       {"99999999999", "9223372036854775807", "99999999999999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    EXPECT_EQ(retry_after({{"Retry-After", text}}, eve), longest) << text;
  }
  EXPECT_EQ(retry_after({{"Retry-After", "1"}}, Time::max()), Time::max());
}

}  // namespace
}  // namespace crest::http
