// An Undo is what a transaction of the memory store did, to be undone backwards.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/result.hpp"

namespace crest::ca::store {

class Undo {
 public:
  explicit Undo(bool may_write) : may_write_(may_write) {}

  Result<void> check() const {
    if (may_write_) return {};
    return make_error(ErrorKind::internal, "a reading transaction tried to write");
  }
  void add(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void roll_back() {
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) (*step)();
  }

  // Puts `value` at `key`, and back what was there when it is undone.
  template <typename Map>
  void put(Map& map, const typename Map::key_type& key, typename Map::mapped_type value) {
    const auto at = map.find(key);
    if (at == map.end()) {
      add([&map, key] { map.erase(key); });
    } else {
      add([&map, key, old = at->second] { map.insert_or_assign(key, old); });
    }
    map.insert_or_assign(key, std::move(value));
  }
  template <typename Map>
  void erase(Map& map, const typename Map::key_type& key) {
    const auto at = map.find(key);
    if (at == map.end()) return;
    add([&map, key, old = at->second] { map.insert_or_assign(key, old); });
    map.erase(at);
  }

 private:
  bool may_write_;
  std::vector<std::function<void()>> steps_;
};

template <typename Map>
auto found(const Map& map, const typename Map::key_type& key) -> std::optional<typename Map::mapped_type> {
  const auto at = map.find(key);
  if (at == map.end()) return std::nullopt;
  return at->second;
}

}  // namespace crest::ca::store
