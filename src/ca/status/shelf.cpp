#include "ca/status/shelf.hpp"

#include <mutex>

namespace crest::ca::status {

Shelf::List Shelf::find(const std::string& issuer, std::uint32_t part) const {
  const std::shared_lock lock(mutex_);
  const auto found = lists_.find({issuer, part});
  return found == lists_.end() ? nullptr : found->second;
}

void Shelf::put(store::CrlRow list) {
  const std::pair key(list.issuer, list.partition);
  auto made = std::make_shared<const store::CrlRow>(std::move(list));
  const std::unique_lock lock(mutex_);
  List& place = lists_[key];
  if (!place || place->number < made->number) place = std::move(made);
}

}  // namespace crest::ca::status
