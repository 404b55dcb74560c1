// The clock guard: a CA whose clock is wrong issues certificates that are wrong for as long as they live (SF80). Pure.
#pragma once

#include "ca/issuer/profile.hpp"

namespace crest::ca::issuer {

inline constexpr Duration clock_step_max{5 * 60'000};  // back behind what was issued last

// Whether anything may be issued at `now`: not before what was issued last, less clock_step_max, and only while the
// issuing certificate is valid. Error: clock_suspect, saying what to do.
Result<void> check_clock(Time now, std::optional<Time> newest_issued, const Validity& issuer);

}  // namespace crest::ca::issuer
