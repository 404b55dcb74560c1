// Spans of time as programs written in Go spell them: "24h", "1h30m", "1.5h", "300ms".
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::import {

// Error: malformed, for other text, a negative span, and one of more than a hundred years. What is finer than a
// millisecond is left out.
Result<Duration> parse_go_duration(std::string_view text);

}  // namespace crest::import
