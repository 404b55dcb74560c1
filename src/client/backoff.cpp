#include "client/backoff.hpp"

#include <algorithm>
#include <array>

namespace crest::client {
namespace {

constexpr std::array<Duration, 4> schedule = {1min, 10min, 100min, 24h};
constexpr Duration backoff_min{1'000};
constexpr int life_share = 10, left_share = 4;
constexpr Duration near_end_min = 1min;
constexpr Duration nothing_serves_max = 1h;
constexpr Duration resume_min = 10min, resume_life_max{7 * 24 * 3'600'000ll}, resume_alone = 1h, resume_unheard = 6h;
constexpr double jitter = 0.2;

}  // namespace

Duration backoff(std::uint32_t attempts, const std::optional<Serving>& serving, Random& random) {
  const std::size_t last = schedule.size() - 1;
  const std::size_t index = attempts == 0 ? 0 : std::min<std::size_t>(attempts - 1, last);
  Duration wait = schedule[index];
  if (serving) {
    wait = std::min(wait, std::max(serving->life / life_share, backoff_min));
    if (serving->left > Duration(0)) wait = std::min(wait, std::max(serving->left / left_share, near_end_min));
  }
  if (!serving || serving->left <= Duration(0)) wait = std::min(wait, nothing_serves_max);
  const double share = 1.0 - jitter * random.unit();
  return Duration(static_cast<Duration::rep>(static_cast<double>(wait.count()) * share));
}

namespace {

// Nobody is asked while this machine cannot go on: what the CA's absence cost before does not count.
std::uint32_t attempts_that_count(const OrderRecord& record, const Error& error) {
  constexpr std::uint32_t local_max = 2;
  const bool local = error.kind == ErrorKind::storage || error.kind == ErrorKind::port_in_use ||
                     error.kind == ErrorKind::locked || error.kind == ErrorKind::clock_suspect;
  return local ? std::min(record.attempts, local_max) : record.attempts;
}

std::optional<std::string> lasting_type(const Error& error) {
  if (!error.problem || error.retryable()) return std::nullopt;
  std::vector<Problem> said = {*error.problem};
  said.insert(said.end(), error.problem->subproblems.begin(), error.problem->subproblems.end());
  for (const Problem& one : said) {
    Error alone = make_error(error.kind, "");
    alone.problem = std::make_shared<const Problem>(Problem{.type = one.type, .status = one.status});
    if (!alone.retryable()) return one.type;
  }
  return std::nullopt;
}

}  // namespace

void note_failure(OrderRecord& record, Error& error, const std::optional<Serving>& serving, Random& random, Time now) {
  const Duration wait = backoff(attempts_that_count(record, error), serving, random);
  Time next = saturating_add(now, wait);
  if (error.not_before && error.kind == ErrorKind::rate_limited)
    next = std::max(next, std::min(*error.not_before, saturating_add(now, rate_limit_max)));
  else if (error.not_before)  // a CA in maintenance may not keep us away until the certificate is gone
    next = std::max(
        next, std::min(*error.not_before, saturating_add(now, serving ? serving->life / life_share : schedule.back())));
  record.not_before = next;
  record.last_error = std::string(to_string(error.kind));
  record.last_problem = lasting_type(error);
  error.not_before = next;
}

Duration resume_max(Hope hope, const std::optional<Serving>& serving) {
  if (hope == Hope::none) return Duration(0);
  if (hope == Hope::good) return resume_life_max;
  if (!serving || serving->left <= Duration(0)) return hope == Hope::little ? resume_alone : resume_unheard;
  const Duration share = std::clamp(Duration(serving->life / life_share), resume_min, resume_life_max);
  return hope == Hope::little ? share : std::clamp(serving->left, share, resume_life_max);
}

bool passes_by_itself(const Error& error) {
  switch (error.kind) {
    case ErrorKind::connect:
    case ErrorKind::dns:
    case ErrorKind::timeout:
    case ErrorKind::bad_nonce: return true;
    case ErrorKind::ca_protocol: return error.problem && error.problem->status >= 500;
    default: return false;
  }
}

Time next_try(const Error& error, std::uint32_t failures, Time now) {
  constexpr std::uint32_t doublings_max = 5;
  const Time next = saturating_add(now, std::min(retry_first * (1 << std::min(failures, doublings_max)), retry_max));
  return error.not_before ? std::max(next, *error.not_before) : next;
}

}  // namespace crest::client
