// A Shelf holds the lists that are published, in memory: they are served from it also when the store cannot be read
// (SF65), and each is replaced as a whole.
#pragma once

#include <map>
#include <memory>
#include <shared_mutex>

#include "ca/store/operations.hpp"

namespace crest::ca::status {

class Shelf {
 public:
  using List = std::shared_ptr<const store::CrlRow>;

  // Neither blocks for anything but the other; thread-safe.
  List find(const std::string& issuer, std::uint32_t part) const;  // null: there is none
  void put(store::CrlRow list);                                    // an older one than what is there is passed over

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::pair<std::string, std::uint32_t>, List> lists_;
};

}  // namespace crest::ca::status
