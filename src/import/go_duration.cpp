#include "import/go_duration.hpp"

#include <array>
#include <charconv>

namespace crest::import {
namespace {

constexpr double span_most_ms = 100.0 * 366 * 86'400'000;

struct Unit {
  std::string_view word;
  double milliseconds;
};
// Those that begin alike: the longer one first.
constexpr std::array<Unit, 7> units = {Unit{"ns", 1e-6}, {"us", 1e-3},  {"\u00b5s", 1e-3}, {"ms", 1},
                                       {"s", 1'000},     {"m", 60'000}, {"h", 3'600'000}};

Error unreadable(std::string_view text) {
  return make_error(ErrorKind::malformed, "a span of time is expected, such as \"24h\" or \"1h30m\", not \"" +
                                              Untrusted(std::string(text)).printable(40) + "\"");
}

// Digits with one point at most, off the front of `rest`.
std::optional<double> take_number(std::string_view& rest) {
  const std::size_t size = std::min(rest.find_first_not_of("0123456789."), rest.size());
  double number = 0;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + size, number, std::chars_format::fixed);
  if (size == 0 || problem != std::errc() || end != rest.data() + size) return std::nullopt;
  rest.remove_prefix(size);
  return number;
}

std::optional<double> take_unit(std::string_view& rest) {
  for (const auto& [word, milliseconds] : units) {
    if (!rest.starts_with(word)) continue;
    rest.remove_prefix(word.size());
    return milliseconds;
  }
  return std::nullopt;
}

}  // namespace

Result<Duration> parse_go_duration(std::string_view text) {
  std::string_view rest = text;
  if (rest == "0") return Duration(0);
  double sum = 0;
  do {
    const auto number = take_number(rest);
    const auto unit = number ? take_unit(rest) : std::nullopt;
    if (!unit) return unreadable(text);
    sum += *number * *unit;
    if (!(sum <= span_most_ms)) return unreadable(text);
  } while (!rest.empty());
  return Duration(static_cast<std::int64_t>(sum));
}

}  // namespace crest::import
