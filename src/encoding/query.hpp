// The query of a request's target: "?q=a%20b&after=1" as names and values (as WHATWG forms have it, without "+").
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace crest::encoding {

inline constexpr std::size_t query_parts_max = 32;

// In their order; a part without "=" has the value "". Error: malformed.
Result<std::vector<std::pair<std::string, std::string>>> query_of(std::string_view target);

}  // namespace crest::encoding
