// Targets are the addresses that a validation may connect to: looked up once, each of them checked (SF40-SF42).
#pragma once

#include <stop_token>
#include <variant>

#include "ca/va/egress.hpp"
#include "ca/va/verdict.hpp"
#include "core/clock.hpp"
#include "dns/resolver.hpp"

namespace crest::ca::va {

inline constexpr Duration validation_total_max{
    10'000};  // all look-ups, connections and answers together (SF44, CHL-20)

// How much of a validation's time is left.
class Deadline {
 public:
  Deadline(Clock& clock, std::stop_token stop)
      : clock_(clock), end_(clock.monotonic() + validation_total_max), stop_(std::move(stop)) {}

  Duration left() const { return std::max(end_ - clock_.monotonic(), Duration{0}); }
  bool over() const { return left() == Duration{0} || stop_.stop_requested(); }
  // For one exchange: no longer than what is left, and `idle` for a connection or between two octets.
  Call call(Duration idle) const;
  Call call() const { return call(left()); }

 private:
  Clock& clock_;
  Instant end_;
  std::stop_token stop_;
};

struct Lookup {
  dns::Resolver& resolver;
  const std::vector<std::string>& servers;
  const EgressPolicy& egress;
};

using Addresses = std::vector<encoding::IpAddress>;

// Every address of `host`, itself when it is one, if the egress policy allows all of them both for `identifier` and for
// `host`, and none is the CA's own listener at `port`; else why not. Blocks for the look-up.
std::variant<Addresses, Verdict> addresses_of(const Lookup& lookup, const std::string& host, std::uint16_t port,
                                              const std::string& identifier, const Deadline& deadline);
// The first address of each family, IPv6 first (HTTP-06): where to try to connect.
Addresses in_order(const Addresses& all);

}  // namespace crest::ca::va
