#include "http/retry_after.hpp"

#include <algorithm>
#include <array>

namespace crest::http {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

// Longer waits mean "never"; arithmetic on what comes out stays far from the end of time.
constexpr Duration wait_max = days(36'500);
constexpr Time first_writable = sys_days(std::chrono::year(0) / 1 / 1);
constexpr Time last_writable = Time(sys_days(std::chrono::year(9999) / 12 / 31)) + days(1) - Duration(1);

constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> long_day_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                            "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string two_digits(std::int64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads a date from the front of a text; after the first thing that does not fit, nothing fits.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void expect(std::string_view literal) {
    ok_ = ok_ && rest_.starts_with(literal);
    if (ok_) rest_.remove_prefix(literal.size());
  }
  template <std::size_t size>
  unsigned one_of(const std::array<std::string_view, size>& words) {  // its place in the list
    const auto word = std::find_if(words.begin(), words.end(), [&](auto w) { return rest_.starts_with(w); });
    ok_ = ok_ && word != words.end();
    if (!ok_) return 0;
    rest_.remove_prefix(word->size());
    return static_cast<unsigned>(word - words.begin());
  }
  int number(std::size_t digits) {
    ok_ = ok_ && rest_.size() >= digits &&
          std::all_of(rest_.begin(), rest_.begin() + static_cast<long>(digits), is_digit);
    if (!ok_) return 0;
    int value = 0;
    for (const char c : rest_.substr(0, digits)) value = value * 10 + (c - '0');
    rest_.remove_prefix(digits);
    return value;
  }
  bool take(char c) {
    if (!ok_ || !rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  Duration clock() {
    const int hour = number(2);
    expect(":");
    const int minute = number(2);
    expect(":");
    const int second = number(2);
    ok_ = ok_ && hour < 24 && minute < 60 && second <= 60;  // 60: a leap second
    return std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  }
  std::optional<Time> at(int year, unsigned month_index, int day, Duration clock) const {
    const auto date = std::chrono::year(year) / (month_index + 1) / static_cast<unsigned>(day);
    if (!ok_ || !rest_.empty() || !date.ok()) return std::nullopt;
    return Time(sys_days(date)) + clock;
  }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<Time> imf_fixdate(std::string_view text) {  // "Sun, 06 Nov 1994 08:49:37 GMT"
  Scanner in(text);
  in.one_of(day_names);
  in.expect(", ");
  const int day = in.number(2);
  in.expect(" ");
  const unsigned month = in.one_of(month_names);
  in.expect(" ");
  const int year = in.number(4);
  in.expect(" ");
  const Duration clock = in.clock();
  in.expect(" GMT");
  return in.at(year, month, day, clock);
}

// "Sunday, 06-Nov-94 08:49:37 GMT". The century is POSIX's choice, so that the answer does not depend on today.
std::optional<Time> rfc850_date(std::string_view text) {
  Scanner in(text);
  in.one_of(long_day_names);
  in.expect(", ");
  const int day = in.number(2);
  in.expect("-");
  const unsigned month = in.one_of(month_names);
  in.expect("-");
  const int year = in.number(2);
  in.expect(" ");
  const Duration clock = in.clock();
  in.expect(" GMT");
  return in.at(year < 69 ? 2000 + year : 1900 + year, month, day, clock);
}

std::optional<Time> asctime_date(std::string_view text) {  // "Sun Nov  6 08:49:37 1994"
  Scanner in(text);
  in.one_of(day_names);
  in.expect(" ");
  const unsigned month = in.one_of(month_names);
  in.expect(" ");
  const int day = in.take(' ') ? in.number(1) : in.number(2);
  in.expect(" ");
  const Duration clock = in.clock();
  in.expect(" ");
  const int year = in.number(4);
  return in.at(year, month, day, clock);
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// All digits; longer than wait_max says as much as wait_max.
std::optional<Duration> delta_seconds(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), is_digit)) return std::nullopt;
  constexpr std::int64_t most = std::chrono::floor<std::chrono::seconds>(wait_max).count();
  std::int64_t value = 0;
  for (const char c : text) value = std::min(value * 10 + (c - '0'), most);
  return std::chrono::seconds(value);
}

std::optional<Time> date_field(const Headers& headers, std::string_view name) {
  const auto text = headers.get(name);
  if (!text) return std::nullopt;
  const auto time = from_http_date(trimmed(*text));
  if (!time) return std::nullopt;
  return *time;
}

}  // namespace

std::string to_http_date(Time time) {
  time = std::clamp(time, first_writable, last_writable);
  const sys_days day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<std::chrono::seconds> clock(std::chrono::floor<std::chrono::seconds>(time - day));
  const int year = static_cast<int>(date.year());
  return std::string(day_names[std::chrono::weekday(day).c_encoding()]) + ", " +
         two_digits(static_cast<unsigned>(date.day())) + " " +
         std::string(month_names[static_cast<unsigned>(date.month()) - 1]) + " " + two_digits(year / 100) +
         two_digits(year % 100) + " " + two_digits(clock.hours().count()) + ":" + two_digits(clock.minutes().count()) +
         ":" + two_digits(clock.seconds().count()) + " GMT";
}

Result<Time> from_http_date(std::string_view text) {
  for (const auto form : {imf_fixdate, rfc850_date, asctime_date}) {
    if (const auto time = form(text)) return *time;
  }
  return make_error(ErrorKind::malformed, "not an HTTP date: expected one like Sun, 06 Nov 1994 08:49:37 GMT");
}

std::optional<Time> retry_after(const Headers& headers, Time now) {
  const auto text = headers.get("Retry-After");
  if (!text) return std::nullopt;
  if (const auto wait = delta_seconds(trimmed(*text))) return saturating_add(now, *wait);
  const auto date = date_field(headers, "Retry-After");
  if (!date) return std::nullopt;
  const Duration wait = *date - date_field(headers, "Date").value_or(now);
  return saturating_add(now, std::clamp(wait, Duration(0), wait_max));
}

}  // namespace crest::http
