#include "ca/status/crl_plan.hpp"

#include <algorithm>
#include <set>

namespace crest::ca::status {
namespace {

void add_parts(std::set<std::uint32_t>& wanted, std::uint32_t parts) {
  for (std::uint32_t i = 0; i < parts; ++i) wanted.insert(parts + i);
}

}  // namespace

std::vector<std::uint32_t> wanted_lists(const std::vector<store::CrlRow>& heads, std::uint32_t parts) {
  std::set<std::uint32_t> wanted = {full_list};
  if (parts >= 2) add_parts(wanted, parts);
  for (const auto& head : heads) add_parts(wanted, parts_with(head.partition));
  return {wanted.begin(), wanted.end()};
}

bool is_half_over(const store::CrlRow& head, const CrlTimes& times, Time now) {
  return now >= head.this_update + (head.next_update - head.this_update) / 2 || head.next_update > now + times.life;
}

bool is_due(const std::vector<store::CrlRow>& heads, std::uint64_t revocations,
            const std::vector<std::uint32_t>& wanted, const CrlTimes& times, Time now) {
  return std::ranges::any_of(wanted, [&](std::uint32_t part) {
    const auto head = std::ranges::find(heads, part, &store::CrlRow::partition);
    if (head == heads.end() || is_half_over(*head, times, now)) return true;
    return part == full_list && head->revocations != revocations;
  });
}

Time kept_since(const store::CrlRow* previous, const CrlTimes& times, Time now) {
  const Time regular = now - times.backdate - times.life / 2;
  return previous ? std::min(previous->this_update, regular) : regular;
}

std::uint64_t next_number(const store::CrlRow* previous, Time now) {
  const auto by_time = static_cast<std::uint64_t>(std::max<std::int64_t>(now.time_since_epoch().count(), 1));
  return previous ? std::max(previous->number + 1, by_time) : by_time;
}

}  // namespace crest::ca::status
