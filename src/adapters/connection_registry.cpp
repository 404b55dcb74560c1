#include "adapters/connection_registry.hpp"

#include <sys/socket.h>

namespace crest::adapters {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void ConnectionWatch::shut() const { ::shutdown(socket_, SHUT_RDWR); }

ConnectionRegistry::Entry::Entry(ConnectionRegistry& registry, ConnectionWatch& watch, std::string key)
    : registry_(registry), key_(std::move(key)) {
  const std::lock_guard lock(registry_.mutex_);
  std::size_t& count = registry_.by_key_[key_];
  registry_.watches_.push_front(&watch);
  place_ = registry_.watches_.begin();
  ++count;
}

ConnectionRegistry::Entry::~Entry() {
  const std::lock_guard lock(registry_.mutex_);
  registry_.watches_.erase(place_);
  if (--registry_.by_key_[key_] == 0) registry_.by_key_.erase(key_);
  if (registry_.watches_.empty()) registry_.emptied_.notify_all();
}

bool ConnectionRegistry::has_room(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (watches_.size() >= connections_max_) return false;
  const auto found = by_key_.find(key);
  return found == by_key_.end() || found->second < per_key_max_;
}

bool ConnectionRegistry::shut_overdue(std::int64_t now) {
  const std::lock_guard lock(mutex_);
  for (const ConnectionWatch* watch : watches_) {
    if (watch->overdue(now)) watch->shut();
  }
  return !watches_.empty();
}

void ConnectionRegistry::shut_idle() {
  const std::lock_guard lock(mutex_);
  for (const ConnectionWatch* watch : watches_) {
    if (watch->idle()) watch->shut();
  }
}

void ConnectionRegistry::shut_all() {
  const std::lock_guard lock(mutex_);
  for (const ConnectionWatch* watch : watches_) watch->shut();
}

bool ConnectionRegistry::wait_until_empty(Duration at_most) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, at_most, [this] { return watches_.empty(); });
}

}  // namespace crest::adapters
