#include "x509/asn1.hpp"

#include <array>
#include <optional>

namespace crest::x509::asn1 {
namespace {

constexpr std::size_t utc_time_chars = 13, generalized_time_chars = 15;  // up to the Z

std::optional<int> digits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// MMDDHHMMSSZ
std::optional<Time> time_in_year(int year, std::string_view text) {
  std::array<int, 5> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto part = digits(text.substr(2 * i, 2));
    if (!part) return std::nullopt;
    parts[i] = *part;
  }
  const auto [month, day, hour, minute, second] = parts;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return Time{std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
              std::chrono::seconds{second}};
}

std::optional<Time> time_from_text(std::uint8_t tag, std::string_view text) {
  const bool short_year = tag == tag_utc_time;
  if (!short_year && tag != tag_generalized_time) return std::nullopt;
  if (text.size() != (short_year ? utc_time_chars : generalized_time_chars) || text.back() != 'Z') return std::nullopt;
  const std::size_t year_chars = short_year ? 2 : 4;
  const auto year = digits(text.substr(0, year_chars));
  if (!year) return std::nullopt;
  return time_in_year(short_year ? *year + (*year < 50 ? 2000 : 1900) : *year, text.substr(year_chars));
}

void append_digits(std::string& out, int value, int count) {
  const std::size_t start = out.size();
  out.append(static_cast<std::size_t>(count), '0');
  for (std::size_t i = out.size(); i-- > start; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

}  // namespace

Error malformed(std::string_view what, std::string_view why) {
  return make_error(ErrorKind::malformed, std::string(what) + " " + std::string(why));
}

Result<Element> Reader::take(std::string_view what) {
  auto element = der::read(rest_);
  if (!element) return malformed(what, "is " + element.error().message);
  return element;
}

Result<Element> Reader::take(std::uint8_t tag, std::string_view what) {
  if (rest_.empty()) return malformed(what, "is missing");
  if (rest_[0] != tag) return malformed(what, "has another type than it must have");
  return take(what);
}

Result<Reader> Reader::enter(std::uint8_t tag, std::string_view what) {
  const Element element = TRY(take(tag, what));
  return Reader(element.content);
}

Result<void> Reader::end(std::string_view what) const {
  if (!rest_.empty()) return malformed(what, "has octets behind its end");
  return {};
}

Result<bool> read_boolean(const Element& element, std::string_view what) {
  if (element.tag != tag_boolean || element.content.size() != 1) return malformed(what, "is not a BOOLEAN");
  if (element.content[0] != 0 && element.content[0] != 0xff) return malformed(what, "is neither 00 nor FF");
  return element.content[0] != 0;
}

Result<ByteView> read_integer(const Element& element, std::string_view what) {
  const ByteView content = element.content;
  if (element.tag != der::tag_integer || content.empty()) return malformed(what, "is not an INTEGER");
  const bool padded =
      content.size() > 1 && ((content[0] == 0 && content[1] < 0x80) || (content[0] == 0xff && content[1] >= 0x80));
  if (padded) return malformed(what, "is an INTEGER longer than it need be");
  return content;
}

Result<unsigned> read_small(const Element& element, std::string_view what) {
  const ByteView content = TRY(read_integer(element, what));
  if (content[0] >= 0x80 || content.size() > 3) return malformed(what, "is negative or far too large");
  unsigned value = 0;
  for (const std::uint8_t octet : content) value = value << 8 | octet;
  if (value > 0xffff) return malformed(what, "is far too large");
  return value;
}

Result<ByteView> read_whole_bits(const Element& element, std::string_view what) {
  if (element.tag != der::tag_bit_string || element.content.empty()) return malformed(what, "is not a BIT STRING");
  if (element.content[0] != 0) return malformed(what, "does not end at an octet's end");
  return element.content.subspan(1);
}

Result<Time> read_time(const Element& element, std::string_view what) {
  const auto time = time_from_text(element.tag, as_text(element.content));
  if (!time) return malformed(what, "is not a date of the form YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ");
  return *time;
}

void append(Bytes& out, ByteView more) { out.insert(out.end(), more.begin(), more.end()); }

Bytes boolean_true() { return {tag_boolean, 1, 0xff}; }

Bytes integer(std::uint64_t value) {
  Bytes content;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const auto octet = static_cast<std::uint8_t>(value >> shift);
    if (content.empty() && octet == 0 && shift != 0) continue;
    if (content.empty() && octet >= 0x80) content.push_back(0);
    content.push_back(octet);
  }
  return integer(ByteView(content));
}

Bytes integer(ByteView content) { return der::element(der::tag_integer, content); }
Bytes object_id(std::string_view content) { return der::element(der::tag_oid, as_bytes(content)); }
Bytes octet_string(ByteView content) { return der::element(der::tag_octet_string, content); }
Bytes utf8_string(std::string_view text) { return der::element(tag_utf8_string, as_bytes(text)); }

Bytes bit_string(ByteView octets) {
  Bytes content{0};
  append(content, octets);
  return der::element(der::tag_bit_string, content);
}

Bytes time(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{seconds - day};
  const int year = static_cast<int>(date.year());
  const bool short_year = year >= 1950 && year < 2050;
  std::string text;
  append_digits(text, short_year ? year % 100 : year, short_year ? 2 : 4);
  append_digits(text, static_cast<int>(static_cast<unsigned>(date.month())), 2);
  append_digits(text, static_cast<int>(static_cast<unsigned>(date.day())), 2);
  append_digits(text, static_cast<int>(clock.hours().count()), 2);
  append_digits(text, static_cast<int>(clock.minutes().count()), 2);
  append_digits(text, static_cast<int>(clock.seconds().count()), 2);
  text += 'Z';
  return der::element(short_year ? tag_utc_time : tag_generalized_time, as_bytes(text));
}

Bytes extension(std::string_view oid, bool critical, ByteView value) {
  const Bytes id = object_id(oid);
  const Bytes flag = critical ? boolean_true() : Bytes{};
  const Bytes content = octet_string(value);
  return der::sequence({id, flag, content});
}

}  // namespace crest::x509::asn1
