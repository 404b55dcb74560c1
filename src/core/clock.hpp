// A Clock is where time comes from; production reads the system, the simulator advances it.
#pragma once

#include <stop_token>
#include <utility>

#include "core/time.hpp"

namespace crest {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual Instant monotonic() const = 0;
  // Blocks until now() >= `time`; false when `stop` asked to end first. Thread-safe.
  virtual bool sleep_until(Time time, std::stop_token stop) = 0;
  // Blocks until `span` has passed on monotonic(), however now() is set meanwhile (CF62). As for the rest.
  virtual bool sleep_for(Duration span, std::stop_token stop) {
    return sleep_until(saturating_add(now(), span), std::move(stop));
  }
};

}  // namespace crest
