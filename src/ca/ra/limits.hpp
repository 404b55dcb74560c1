// Limits on how often something may happen, by the generic cell rate algorithm: one moment in time for each limit and
// subject is all that has to be remembered. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::ca::ra {

struct Limit {
  std::uint32_t count = 0;  // in each period; all of them at once, too. 0: no limit
  Duration period{0};
  friend bool operator==(const Limit&, const Limit&) = default;
};

struct Spending {
  bool allowed = false;
  Time full_at;   // to be remembered, when allowed: from then on the whole count is free again
  Time retry_at;  // when not allowed: the first moment at which it would be
};
// Takes one of `limit`; `full_at` is what was remembered, nullopt when nothing was. What only a clock that
// was set back can have left behind counts as nothing.
Spending spend(std::optional<Time> full_at, const Limit& limit, Time now);

std::string to_text(const Limit& limit);               // "300 in 3h"; "unlimited"
Result<Limit> limit_from_text(std::string_view text);  // what to_text() writes; error: malformed
// Whom a limit on addresses is about: an IPv4 address, the /64 of an IPv6 address; "" for what is no address.
std::string limited_address(std::string_view address);

}  // namespace crest::ca::ra
