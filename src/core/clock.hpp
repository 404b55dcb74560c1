// A Clock is where time comes from; production reads the system, the simulator advances it.
#pragma once

#include <stop_token>

#include "core/time.hpp"

namespace crest {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual Instant monotonic() const = 0;
  // Blocks until now() >= `time`; false when `stop` asked to end first. Thread-safe.
  virtual bool sleep_until(Time time, std::stop_token stop) = 0;
};

}  // namespace crest
