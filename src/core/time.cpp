#include "core/time.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace crest {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;

// What four digits of a year can say.
constexpr Time first_writable = sys_days(std::chrono::year(0) / 1 / 1);
constexpr Time last_writable = Time(sys_days(std::chrono::year(9999) / 12 / 31)) + days(1) - Duration(1);

std::string digits(std::int64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

// Takes exactly `count` digits, or one character, from the front.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  std::optional<int> number(std::size_t count) {
    if (rest_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    last_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  char last() const { return last_; }
  bool at_end() const { return rest_.empty(); }
  bool at_digit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }

 private:
  std::string_view rest_;
  char last_ = 0;
};

std::optional<sys_days> scan_date(Scanner& in) {
  const auto year = in.number(4);
  if (!year || !in.take("-")) return std::nullopt;
  const auto month = in.number(2);
  if (!month || !in.take("-")) return std::nullopt;
  const auto day = in.number(2);
  if (!day) return std::nullopt;
  const auto date = std::chrono::year(*year) / static_cast<unsigned>(*month) / static_cast<unsigned>(*day);
  if (!date.ok()) return std::nullopt;
  return sys_days(date);
}

std::optional<Duration> scan_clock(Scanner& in) {
  const auto hour = in.number(2);
  if (!hour || !in.take(":")) return std::nullopt;
  const auto minute = in.number(2);
  if (!minute || !in.take(":")) return std::nullopt;
  const auto second = in.number(2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;  // 60: a leap second
  Duration out = std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
  if (!in.take(".")) return out;
  if (!in.at_digit()) return std::nullopt;
  for (int unit = 100; in.at_digit(); unit /= 10) out += Duration(*in.number(1) * unit);
  return out;
}

std::optional<Duration> scan_offset(Scanner& in) {
  if (in.take("Zz")) return Duration(0);
  if (!in.take("+-")) return std::nullopt;
  const int sign = in.last() == '-' ? -1 : 1;
  const auto hour = in.number(2);
  if (!hour || !in.take(":")) return std::nullopt;
  const auto minute = in.number(2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  return sign * Duration(std::chrono::hours(*hour) + std::chrono::minutes(*minute));
}

struct Unit {
  std::string_view word;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> units = {{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

// "0.4s", "1.25s": below a minute the fraction is worth a look.
std::string seconds_text(std::uint64_t milliseconds) {
  std::string text = std::to_string(milliseconds / 1000);
  if (milliseconds % 1000 != 0) {
    text += '.' + digits(static_cast<std::int64_t>(milliseconds % 1000), 3);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + 's';
}

}  // namespace

std::string to_rfc3339(Time time) {
  time = std::clamp(time, first_writable, last_writable);
  const sys_days day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<Duration> clock(time - day);
  std::string out = digits(static_cast<int>(date.year()), 4) + '-' + digits(static_cast<unsigned>(date.month()), 2) +
                    '-' + digits(static_cast<unsigned>(date.day()), 2) + 'T' + digits(clock.hours().count(), 2) + ':' +
                    digits(clock.minutes().count(), 2) + ':' + digits(clock.seconds().count(), 2);
  if (clock.subseconds().count() != 0) out += '.' + digits(clock.subseconds().count(), 3);
  return out + 'Z';
}

Result<Time> from_rfc3339(std::string_view text) {
  Scanner in(text);
  const auto date = scan_date(in);
  const auto clock = date && in.take("Tt") ? scan_clock(in) : std::nullopt;
  const auto offset = clock ? scan_offset(in) : std::nullopt;
  if (!offset || !in.at_end()) {
    return make_error(ErrorKind::malformed, "not a time: write it like 2026-01-02T03:04:05Z");
  }
  return Time(*date) + *clock - *offset;
}

Time from_unix_seconds(std::int64_t count) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1000;
  if (count > most) return Time::max();
  if (count < -most) return Time::min();
  return Time(seconds(count));
}

std::int64_t unix_seconds(Time time) { return std::chrono::floor<seconds>(time.time_since_epoch()).count(); }

Time saturating_add(Time time, Duration span) {
  const std::int64_t at = time.time_since_epoch().count();
  if (span.count() > 0 && at > Time::max().time_since_epoch().count() - span.count()) return Time::max();
  if (span.count() < 0 && at < Time::min().time_since_epoch().count() - span.count()) return Time::min();
  return time + span;
}

std::string to_human(Duration span) {
  const bool negative = span.count() < 0;
  std::uint64_t left = static_cast<std::uint64_t>(span.count());
  if (negative) left = 0 - left;
  std::string out = negative ? "-" : "";
  if (left < 60'000) return out + seconds_text(left);
  bool second_unit = false;
  for (const Unit& unit : units) {
    const std::uint64_t count = left / static_cast<std::uint64_t>(unit.milliseconds);
    if (count == 0 && !second_unit) continue;
    if (count != 0) out += (second_unit ? " " : "") + std::to_string(count) + std::string(unit.word);
    if (second_unit) break;
    second_unit = true;
    left %= static_cast<std::uint64_t>(unit.milliseconds);
  }
  return out;
}

Result<Duration> duration_from_text(std::string_view text) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto unit = std::find_if(units.begin(), units.end(), [&](Unit u) { return u.word == text.substr(end); });
  if (end == 0 || unit == units.end()) {
    return make_error(ErrorKind::malformed, "not a duration: write it like 90s, 10m, 8h or 2d");
  }
  std::int64_t value = 0;
  for (const char c : text.substr(0, end)) {
    if (value > (most / unit->milliseconds - (c - '0')) / 10) {
      return make_error(ErrorKind::malformed, "not a duration: the number is too large");
    }
    value = value * 10 + (c - '0');
  }
  return Duration(value * unit->milliseconds);
}

}  // namespace crest
