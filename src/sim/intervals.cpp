#include "sim/intervals.hpp"

#include <algorithm>

namespace crest::sim {

std::vector<Interval> merged(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const auto& one, const auto& other) { return one.from < other.from; });
  std::vector<Interval> apart;
  for (const Interval& interval : intervals) {
    if (!apart.empty() && interval.from <= apart.back().to) {
      apart.back().to = std::max(apart.back().to, interval.to);
    } else {
      apart.push_back(interval);
    }
  }
  return apart;
}

bool has_gap(const std::vector<Interval>& down, Interval within, Duration gap) {
  Time free_from = within.from;
  for (const Interval& outage : down) {
    if (outage.to <= free_from) continue;
    if (outage.from >= within.to) break;
    if (outage.from - free_from >= gap) return true;
    free_from = outage.to;
  }
  return within.to - free_from >= gap;
}

}  // namespace crest::sim
