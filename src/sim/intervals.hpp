// Stretches of virtual time in which something was out of reach.
#pragma once

#include <vector>

#include "core/time.hpp"

namespace crest::sim {

struct Interval {
  Time from, to;
};

// In order, and those that touch are one.
std::vector<Interval> merged(std::vector<Interval> intervals);
// True when `down` (as from merged()) leaves a gap of at least `gap` inside `within`.
bool has_gap(const std::vector<Interval>& down, Interval within, Duration gap);

}  // namespace crest::sim
