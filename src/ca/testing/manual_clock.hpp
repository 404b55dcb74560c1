// A clock that tests set. Sleeping moves it.
#pragma once

#include <algorithm>
#include <atomic>

#include "core/clock.hpp"
#include "core/time.hpp"

namespace crest::ca::testing {

class ManualClock final : public Clock {
 public:
  static constexpr std::int64_t start_seconds = 1'767'225'600;  // 2026-01-01T00:00:00Z

  Time now() const override { return from_unix_seconds(start_seconds) + passed(); }
  Instant monotonic() const override { return Instant(passed()); }
  bool sleep_until(Time time, std::stop_token stop) override {
    if (stop.stop_requested()) return false;
    if (time > now()) advance(time - now());
    return true;
  }
  void advance(Duration span) { passed_ += span.count(); }

 private:
  Duration passed() const { return Duration(passed_.load()); }
  std::atomic<Duration::rep> passed_ = 0;
};

}  // namespace crest::ca::testing
