// An Alarm is a state that somebody has to know of: logged when it begins and when it is over, not at every request.
#pragma once

#include <atomic>
#include <string>

#include "core/log.hpp"
#include "core/result.hpp"

namespace crest::ca {

class Alarm {
 public:
  Alarm(Log& log, const char* event) : log_(log), event_(event) {}

  // Thread-safe. Returns `state` as it came.
  Result<void> tell(Result<void> state) {
    const bool bad = !state;
    if (raised_.exchange(bad) == bad) return state;
    if (bad) {
      log_.error(event_, {{"error", state.error().describe()}});
    } else {
      log_.info(event_, {{"state", "over"}});
    }
    return state;
  }

 private:
  Log& log_;
  const char* event_;
  std::atomic<bool> raised_ = false;
};

}  // namespace crest::ca
