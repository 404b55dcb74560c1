// SystemClock is the machine's time: CLOCK_REALTIME for dates, CLOCK_BOOTTIME (it counts suspend, too) for spans.
#pragma once

#include <condition_variable>
#include <mutex>

#include "core/clock.hpp"

namespace crest::adapters {

class SystemClock final : public Clock {
 public:
  Time now() const override;
  Instant monotonic() const override;
  // Notices when the clock is set or the machine wakes up. Thread-safe; any number may sleep.
  bool sleep_until(Time time, std::stop_token stop) override;
  bool sleep_for(Duration span, std::stop_token stop) override;

 private:
  std::mutex mutex_;
  std::condition_variable_any nobody_notifies_;
};

}  // namespace crest::adapters
