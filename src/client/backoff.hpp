// When to try again after a failure: pure, and durable in the record (CF12, CF37, CF38).
#pragma once

#include "client/order_record.hpp"
#include "core/random.hpp"

namespace crest::client {

inline constexpr Duration rate_limit_max{7 * 24 * 3'600'000ll};  // nobody is believed longer (CF12)

// The certificate that serves meanwhile.
struct Serving {
  Duration life;  // inclusive
  Duration left;  // from now; negative when it has expired
};

// About 1, 10, 100 minutes, then a day; with a certificate at stake never over a tenth of its life, nor over a quarter
// of what is left of it, so that attempts come closer together towards its end; never over an hour when none serves; up
// to 20 % earlier, by `random`, so that a thousand clients do not return together. Never zero, however many attempts
// there were.
Duration backoff(std::uint32_t attempts, const std::optional<Serving>& serving, Random& random);

// Writes into the record, and into the error, when the next attempt may begin.
void note_failure(OrderRecord& record, Error& error, const std::optional<Serving>& serving, Random& random, Time now);

// What can be hoped of an order that did not end well in a run.
enum class Hope {
  none,    // the CA has ended it
  little,  // the CA told its state in this run, and it did not get on
  some,    // the CA answers, but tells nothing of this order: a page, a 5xx
  good,    // it is not the order's fault: the way to the CA, this machine, or the CA asked for more time
};
// How old an order may be and still be resumed (CF11, CF36): one that can go on is never made anew, one that cannot must
// not cost the certificate that serves.
Duration resume_max(Hope hope, const std::optional<Serving>& serving);

// A fault that passes by itself: worth another try within the same phase (ERR-14).
bool passes_by_itself(const Error& error);
inline constexpr Duration retry_first{1'000}, retry_max{30'000};
// Before an order is there to be finished, so many faults end the attempt: a CA that is away is told about soon.
inline constexpr std::uint32_t contact_tries_max = 4;
// When that try is due: after `failures` earlier ones, doubling, and not before the CA said.
Time next_try(const Error& error, std::uint32_t failures, Time now);

}  // namespace crest::client
