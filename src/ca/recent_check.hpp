// A RecentCheck tries something that costs too much to be tried for everybody who asks, and remembers how it went.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::ca {

class RecentCheck {
 public:
  RecentCheck(Duration spacing, std::function<Result<void>()> attempt)
      : spacing_(spacing), attempt_(std::move(attempt)) {}

  // As of at most `spacing` ago. Blocks as the attempt does when it is due; thread-safe. Error: the attempt's.
  Result<void> state(Time now) {
    const std::scoped_lock lock(mutex_);
    if (tried_ && now >= *tried_ && now - *tried_ < spacing_) return last_;
    tried_ = now;
    last_ = attempt_();
    return last_;
  }

 private:
  const Duration spacing_;
  const std::function<Result<void>()> attempt_;
  std::mutex mutex_;
  std::optional<Time> tried_;
  Result<void> last_;
};

}  // namespace crest::ca
