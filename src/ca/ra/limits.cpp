#include "ca/ra/limits.hpp"

#include <algorithm>
#include <utility>

namespace crest::ca::ra {

Spending spend(std::optional<Time> full_at, const Limit& limit, Time now) {
  if (limit.count == 0) return {.allowed = true, .full_at = now, .retry_at = now};
  const Duration share = std::max(limit.period / limit.count, Duration{1});
  const Time latest = saturating_add(now, limit.period);
  const Time begin = std::clamp(full_at.value_or(now), now, latest);
  const Time next = saturating_add(begin, share);
  if (next <= latest) return {.allowed = true, .full_at = next, .retry_at = now};
  return {.allowed = false, .full_at = begin, .retry_at = now + (next - latest)};
}

std::string to_text(const Limit& limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit.period).count();
  for (const auto& [unit, size] : {std::pair{"d", 86'400}, {"h", 3'600}, {"m", 60}}) {
    if (seconds != 0 && seconds % size == 0)
      return std::to_string(limit.count) + " in " + std::to_string(seconds / size) + unit;
  }
  return std::to_string(limit.count) + " in " + std::to_string(seconds) + "s";
}

}  // namespace crest::ca::ra
