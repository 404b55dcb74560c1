// Time is an argument: UTC, in milliseconds, 64 bits. Nothing in the library asks for "now" but through a Clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace crest {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Duration>;

struct MonotonicClock {  // the tag of Instant; read through Clock::monotonic()
  using rep = std::int64_t;
  using period = std::milli;
  using duration = Duration;
  using time_point = std::chrono::time_point<MonotonicClock, Duration>;
  static constexpr bool is_steady = true;
};
using Instant = MonotonicClock::time_point;  // never jumps; its origin means nothing

}  // namespace crest
