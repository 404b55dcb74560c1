// VirtualClock and EventQueue: time passes only when an event says so.
#pragma once

#include <functional>
#include <queue>
#include <utility>
#include <vector>

#include "core/clock.hpp"

namespace crest::sim {

class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Time start) : now_(start) {}

  Time now() const override { return now_; }
  Instant monotonic() const override { return Instant(now_.time_since_epoch()); }
  bool sleep_until(Time time, std::stop_token stop) override {
    advance_to(time);
    return !stop.stop_requested();
  }
  void advance_to(Time time) {
    if (time > now_) move(time);
  }
  void advance(Duration span) { move(now_ + span); }
  void watch(std::function<void(Time from, Time to)> watcher) { watcher_ = std::move(watcher); }

 private:
  void move(Time time) {
    const Time from = std::exchange(now_, time);
    if (watcher_) watcher_(from, time);
  }
  Time now_;
  std::function<void(Time, Time)> watcher_;
};

// Events of one moment run in the order they were pushed: the same seed gives the same run.
class EventQueue {
 public:
  using Action = std::function<void()>;

  void push(Time when, Action action) { events_.push({when, sequence_++, std::move(action)}); }
  bool empty() const { return events_.empty(); }
  Time next_time() const { return events_.top().when; }
  Action pop() {
    Action action = std::move(const_cast<Event&>(events_.top()).action);  // top() is const only to keep the order
    events_.pop();
    return action;
  }

 private:
  struct Event {
    Time when;
    std::uint64_t sequence;
    Action action;
    bool operator<(const Event& other) const {
      return when != other.when ? when > other.when : sequence > other.sequence;
    }
  };
  std::priority_queue<Event> events_;
  std::uint64_t sequence_ = 0;
};

}  // namespace crest::sim
