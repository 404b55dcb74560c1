// Time as text (RFC 3339, as ACME uses it) and saturating arithmetic.
#pragma once

#include <string>
#include <string_view>

#include <crest/time.hpp>

#include "core/result.hpp"

namespace crest {

using namespace std::chrono_literals;

// "2026-01-02T03:04:05Z"; with ".678" when the milliseconds are not zero.
std::string to_rfc3339(Time time);
// Accepts any offset and any number of fraction digits (cut to milliseconds); error: malformed.
Result<Time> from_rfc3339(std::string_view text);

Time from_unix_seconds(std::int64_t seconds);  // saturates
std::int64_t unix_seconds(Time time);          // rounds down
Time saturating_add(Time time, Duration span);

// "3d 4h", "16h", "12m 5s", "0.4s": two units at most, for people.
std::string to_human(Duration span);
// "90s", "8h", "2d", "10m"; one number, one unit (ms s m h d); error: malformed.
Result<Duration> duration_from_text(std::string_view text);

}  // namespace crest
