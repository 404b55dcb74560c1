#include "encoding/base64.hpp"

#include <array>
#include <optional>

namespace crest::encoding {
namespace {

constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view plain_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view base32_alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view blanks = " \t\r\n";

using Reverse = std::array<std::int8_t, 256>;  // -1: not in the alphabet

constexpr Reverse reverse_of(std::string_view alphabet) {
  Reverse table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return table;
}

constexpr Reverse url_reverse = reverse_of(url_alphabet);
constexpr Reverse plain_reverse = reverse_of(plain_alphabet);

std::string encode(ByteView data, std::string_view alphabet) {
  std::string out;
  out.reserve((data.size() + 2) / 3 * 4);
  std::size_t i = 0;
  for (; i + 3 <= data.size(); i += 3) {
    const unsigned group = unsigned{data[i]} << 16 | unsigned{data[i + 1]} << 8 | data[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) out += alphabet[group >> shift & 63];
  }
  if (data.size() - i == 1) {
    out += alphabet[data[i] >> 2];
    out += alphabet[(data[i] & 3) << 4];
  } else if (data.size() - i == 2) {
    out += alphabet[data[i] >> 2];
    out += alphabet[(data[i] & 3) << 4 | data[i + 1] >> 4];
    out += alphabet[(data[i + 1] & 15) << 2];
  }
  return out;
}

Error not_base64(std::string_view form, std::string_view why) {
  return make_error(ErrorKind::malformed, "not " + std::string(form) + ": " + std::string(why));
}

// `text` without padding. The last character may carry bits that belong to no octet: they must be zero, or
// one value would have several spellings.
Result<Bytes> decode(std::string_view text, const Reverse& reverse, std::string_view form) {
  if (text.size() % 4 == 1) return not_base64(form, "one character too many or too few");
  Bytes out;
  out.reserve(text.size() * 3 / 4);
  unsigned window = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const int value = reverse[static_cast<unsigned char>(c)];
    if (value < 0) {
      if (c == '=') return not_base64(form, "padding where none belongs");
      return not_base64(form, "a character outside its alphabet");
    }
    window = (window << 6 | static_cast<unsigned>(value)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out.push_back(static_cast<std::uint8_t>(window >> bits));
  }
  if ((window & ((1u << bits) - 1)) != 0) return not_base64(form, "the bits after the last octet are not zero");
  return out;
}

// The text before its padding, or nothing when the padding does not complete a group of four.
std::optional<std::string_view> without_padding(std::string_view text) {
  const std::size_t end = text.find('=');
  if (end == std::string_view::npos) return text;
  const std::size_t padding = text.size() - end;
  if (padding > 2 || text.size() % 4 != 0) return std::nullopt;
  if (text.find_first_not_of('=', end) != std::string_view::npos) return std::nullopt;
  return text.substr(0, end);
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string base64url(ByteView data) { return encode(data, url_alphabet); }

Result<Bytes> from_base64url(std::string_view text) { return decode(text, url_reverse, "base64url"); }

bool is_base64url(std::string_view text) {
  for (const char c : text) {
    if (url_reverse[static_cast<unsigned char>(c)] < 0) return false;
  }
  return !text.empty();
}

std::string base64(ByteView data) {
  std::string out = encode(data, plain_alphabet);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

Result<Bytes> from_base64(std::string_view text) {
  const auto body = without_padding(text);
  if (!body || text.size() % 4 != 0) return not_base64("base64", "the padding is wrong");
  return decode(*body, plain_reverse, "base64");
}

Result<Bytes> from_base64_lenient(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return Bytes{};
  text = text.substr(first, text.find_last_not_of(blanks) - first + 1);
  const auto body = without_padding(text);
  if (!body) return not_base64("base64", "the padding is wrong");
  const bool plain = body->find_first_of("+/") != std::string_view::npos;
  return decode(*body, plain ? plain_reverse : url_reverse, plain ? "base64" : "base64url");
}

std::string base32_lower(ByteView data) {
  std::string out;
  out.reserve((data.size() * 8 + 4) / 5);
  unsigned window = 0;
  unsigned bits = 0;
  for (const std::uint8_t octet : data) {
    window = (window << 8 | octet) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += base32_alphabet[window >> bits & 31];
    }
  }
  if (bits > 0) out += base32_alphabet[window << (5 - bits) & 31];
  return out;
}

std::string hex(ByteView data) {
  std::string out;
  out.reserve(data.size() * 2);
  for (const std::uint8_t octet : data) {
    out += hex_digits[octet >> 4];
    out += hex_digits[octet & 15];
  }
  return out;
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return make_error(ErrorKind::malformed, "not hexadecimal: an odd number of digits");
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return make_error(ErrorKind::malformed, "not hexadecimal: a foreign character");
    out.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return out;
}

}  // namespace crest::encoding
