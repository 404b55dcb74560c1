#include "ca/ra/limits.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "encoding/ip.hpp"

namespace crest::ca::ra {

Spending spend(std::optional<Time> full_at, const Limit& limit, Time now) {
  if (limit.count == 0) return {.allowed = true, .full_at = now, .retry_at = now};
  const Duration share = std::max(limit.period / limit.count, Duration{1});
  const Time latest = saturating_add(now, limit.period);
  const bool from_the_future = full_at && *full_at > latest;  // only a clock that was set back can make that
  const Time begin = full_at && !from_the_future ? std::max(*full_at, now) : now;
  const Time next = saturating_add(begin, share);
  if (next <= latest) return {.allowed = true, .full_at = next, .retry_at = now};
  return {.allowed = false, .full_at = begin, .retry_at = now + (next - latest)};
}

namespace {

constexpr std::string_view unlimited = "unlimited", between = " in ";
constexpr Duration period_max{366 * 24h};
constexpr std::size_t network_octets = 8;  // of an IPv6 address: what one site has

Error no_limit(std::string_view text) {
  return make_error(ErrorKind::malformed, "\"" + Untrusted(std::string(text)).printable(40) +
                                              "\" is no limit; write \"300 in 1h\" or \"unlimited\"");
}

}  // namespace

Result<Limit> limit_from_text(std::string_view text) {
  if (text == unlimited) return Limit{};
  const auto at = text.find(between);
  if (at == text.npos) return no_limit(text);
  Limit limit;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + at, limit.count);
  const auto period = duration_from_text(text.substr(at + between.size()));
  if (fault != std::errc() || end != text.data() + at || limit.count == 0 || !period) return no_limit(text);
  if (*period < 1s || *period > period_max) return no_limit(text);
  limit.period = *period;
  return limit;
}

std::string limited_address(std::string_view text) {
  const auto parsed = encoding::IpAddress::parse(text);
  if (!parsed) return {};
  const auto address = parsed->unmapped();
  if (address.is_v4()) return address.str();
  Bytes octets = address.octets();
  std::fill(octets.begin() + network_octets, octets.end(), std::uint8_t{0});
  const auto network = encoding::IpAddress::from_octets(octets);
  return network ? network->str() + "/64" : std::string();
}

std::string to_text(const Limit& limit) {
  if (limit.count == 0) return std::string(unlimited);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit.period).count();
  for (const auto& [unit, size] : {std::pair{"d", 86'400}, {"h", 3'600}, {"m", 60}}) {
    if (seconds != 0 && seconds % size == 0)
      return std::to_string(limit.count) + " in " + std::to_string(seconds / size) + unit;
  }
  return std::to_string(limit.count) + " in " + std::to_string(seconds) + "s";
}

}  // namespace crest::ca::ra
