// Retry-After (RFC 9110 section 10.2.3), read as a moment.
#pragma once

#include <optional>

#include "core/time.hpp"
#include "http/message.hpp"

namespace crest::http {

std::string to_http_date(Time time);                 // IMF-fixdate
Result<Time> from_http_date(std::string_view text);  // IMF-fixdate, RFC 850 and asctime forms

// Delta-seconds, or an HTTP-date taken relative to the response's own Date when it has one (the peer's clock may be
// off). Absent, negative, fractional or garbage: nullopt. Never before `now`; saturates.
std::optional<Time> retry_after(const Headers& headers, Time now);

}  // namespace crest::http
