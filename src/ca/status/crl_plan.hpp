// When a revocation list is due, and what it keeps. Pure.
#pragma once

#include <vector>

#include "ca/status/places.hpp"
#include "ca/store/operations.hpp"

namespace crest::ca::status {

// The lists there must be: the full one, those of as many parts as are set, and those of any other number of parts that
// there ever were, since certificates name them.
std::vector<std::uint32_t> wanted_lists(const std::vector<store::CrlRow>& heads, std::uint32_t parts);

struct CrlTimes {
  Duration life, backdate;
};
// Whether this list has lived for half of its life, or claims to hold longer than a list made now would (SF83).
bool is_half_over(const store::CrlRow& head, const CrlTimes& times, Time now);
// Whether any wanted list is missing or half over, or something was revoked since the full one.
bool is_due(const std::vector<store::CrlRow>& heads, std::uint64_t revocations,
            const std::vector<std::uint32_t>& wanted, const CrlTimes& times, Time now);

// What ended before this is left out: an entry stays for one issue beyond the end of its certificate (RFC 5280 section
// 3.3), and an issue that a revocation brought forward does not count.
Time kept_since(const store::CrlRow* previous, const CrlTimes& times, Time now);

// Above the last one, and above what a store that was restored from a backup has forgotten (SF70).
std::uint64_t next_number(const store::CrlRow* previous, Time now);

}  // namespace crest::ca::status
