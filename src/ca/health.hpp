// How the CA is, item by item, for its operators. The public is told less: see web/plain_routes.cpp.
#pragma once

#include <string>
#include <vector>

namespace crest::ca {

struct HealthItem {
  std::string name;        // "database", "disk", "clock", "key", "status", "membership"
  std::string trouble;     // what is wrong and what to do; "" nothing
  std::string in_general;  // the same for strangers
};
using Health = std::vector<HealthItem>;

inline const HealthItem* first_trouble(const Health& health) {
  for (const auto& item : health) {
    if (!item.trouble.empty()) return &item;
  }
  return nullptr;
}

}  // namespace crest::ca
