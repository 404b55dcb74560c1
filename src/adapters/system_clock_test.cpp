#include "adapters/system_clock.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "core/time.hpp"

namespace crest::adapters {
namespace {

TEST(SystemClock, TellsTheSystemsTime) {
  SystemClock clock;
  const auto before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  const Time now = clock.now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, std::chrono::system_clock::now());
  EXPECT_LE(clock.monotonic(), clock.monotonic());
}

TEST(SystemClock, SleepsUntilThen) {
  SystemClock clock;
  const Instant start = clock.monotonic();
  const Time until = clock.now() + 30ms;
  EXPECT_TRUE(clock.sleep_until(until, {}));
  EXPECT_GE(clock.now(), until);
  EXPECT_GE(clock.monotonic() - start, 25ms);
  EXPECT_TRUE(clock.sleep_until(clock.now() - 1h, {})) << "the past is no wait";
}

TEST(SystemClock, StopEndsASleepThatWouldOutliveUs) {
  SystemClock clock;
  for (const Time until : {clock.now() + 1h, Time::max()}) {
    std::stop_source stop;
    bool whole = true;
    std::jthread sleeper([&] { whole = clock.sleep_until(until, stop.get_token()); });
    stop.request_stop();
    sleeper.join();
    EXPECT_FALSE(whole);
  }
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_FALSE(clock.sleep_until(clock.now() + 1h, stopped.get_token()));
}

}  // namespace
}  // namespace crest::adapters
