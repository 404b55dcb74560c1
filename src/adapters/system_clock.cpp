#include "adapters/system_clock.hpp"

#include <algorithm>
#include <ctime>

namespace crest::adapters {
namespace {

constexpr Duration slice_max{1'000}, span_max{100ll * 366 * 24 * 3'600'000};
constexpr Duration sleep_max{3'600'000};  // at a stretch: far dates overflow the nanoseconds of the C library

Duration read_clock(clockid_t id) {
  timespec spec{};
  clock_gettime(id, &spec);
  return Duration(std::int64_t{spec.tv_sec} * 1000 + spec.tv_nsec / 1'000'000);
}

}  // namespace

Time SystemClock::now() const { return Time(read_clock(CLOCK_REALTIME)); }

Instant SystemClock::monotonic() const { return Instant(read_clock(CLOCK_BOOTTIME)); }

bool SystemClock::sleep_until(Time time, std::stop_token stop) {
  // An absolute wait on CLOCK_REALTIME: the kernel ends it when the clock is set past its end, or after a suspend.
  std::unique_lock lock(mutex_);
  for (Time current = now(); current < time && !stop.stop_requested(); current = now()) {
    const Time until = time - current > sleep_max ? current + sleep_max : time;
    nobody_notifies_.wait_until(lock, stop, until, [&] { return now() >= until; });
  }
  return !stop.stop_requested();
}

bool SystemClock::sleep_for(Duration span, std::stop_token stop) {
  const Instant end = monotonic() + std::min(span, span_max);
  std::unique_lock lock(mutex_);
  while (monotonic() < end && !stop.stop_requested()) {
    // The library waits on CLOCK_MONOTONIC, which stands still in a suspend: after one the next look ends it.
    const Duration slice = std::min<Duration>(end - monotonic(), slice_max);
    nobody_notifies_.wait_for(lock, stop, slice, [&] { return monotonic() >= end; });
  }
  return !stop.stop_requested();
}

}  // namespace crest::adapters
