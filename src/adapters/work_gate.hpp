// A WorkGate lets so many requests through at a time, queues so many more, and turns the rest away.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

namespace crest::adapters {

// Thread-safe. Whoever got `run`, or was returned by leave(), must call leave() once.
template <typename Item>
class WorkGate {
 public:
  WorkGate(std::size_t running_max, std::size_t queue_max) : running_max_(running_max), queue_max_(queue_max) {}

  enum class Entry { run, queued, full };
  Entry enter(const Item& item) {
    const std::lock_guard lock(mutex_);
    if (running_ < running_max_) return ++running_, Entry::run;
    if (queue_.size() >= queue_max_) return Entry::full;
    queue_.push_back(item);
    return Entry::queued;
  }
  // Who takes the freed place: the one that has waited longest.
  std::optional<Item> leave() {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return --running_, std::nullopt;
    std::optional<Item> next(std::move(queue_.front()));
    queue_.pop_front();
    return next;
  }

 private:
  const std::size_t running_max_, queue_max_;
  std::mutex mutex_;
  std::size_t running_ = 0;
  std::deque<Item> queue_;
};

}  // namespace crest::adapters
