// A RequestRate counts what one sender asks for, in any window of virtual time.
#pragma once

#include <deque>

#include "core/time.hpp"

namespace crest::sim {

class RequestRate {
 public:
  explicit RequestRate(Duration window) : window_(window) {}

  // One request at `now`, which never goes back. Returns how many there were in the window that ends with it.
  std::size_t note(Time now) {
    times_.push_back(now);
    while (times_.front() <= now - window_) times_.pop_front();
    return times_.size();
  }

 private:
  Duration window_;
  std::deque<Time> times_;
};

}  // namespace crest::sim
