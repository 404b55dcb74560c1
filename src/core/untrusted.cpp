#include <algorithm>
#include <array>

#include "core/error.hpp"

// The one sanitiser for text from the other side of a wire (terminal escapes, line forging, hidden or
// reordered text).
namespace crest {
namespace {

constexpr char32_t replacement = 0xfffd;
constexpr std::string_view ellipsis = "...";

struct Range {
  char32_t first;
  char32_t last;
};

// Invisible, or changes the direction or place of what stands around it.
constexpr std::array hidden = std::to_array<Range>({
    {0x00ad, 0x00ad},    // soft hyphen
    {0x034f, 0x034f},    // combining grapheme joiner
    {0x061c, 0x061c},    // Arabic letter mark
    {0x115f, 0x1160},    // Hangul fillers
    {0x17b4, 0x17b5},    // Khmer inherent vowels
    {0x180b, 0x180f},    // Mongolian selectors
    {0x200b, 0x200f},    // zero width, direction marks
    {0x202a, 0x202e},    // bidirectional embeddings and overrides
    {0x2060, 0x206f},    // word joiner, invisible operators, isolates, deprecated controls
    {0x3164, 0x3164},    // Hangul filler
    {0xfe00, 0xfe0f},    // variation selectors
    {0xfeff, 0xfeff},    // byte order mark
    {0xffa0, 0xffa0},    // half width Hangul filler
    {0xfff9, 0xfffb},    // interlinear annotation
    {0x1bca0, 0x1bca3},  // shorthand format controls
    {0x1d173, 0x1d17a},  // musical format controls
    {0xe0000, 0xe0fff},  // tags and more variation selectors
});

bool is_hidden(char32_t c) {
  return std::any_of(hidden.begin(), hidden.end(), [c](Range range) { return range.first <= c && c <= range.last; });
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }

// What separates words or lines becomes one blank.
bool is_blank(char32_t c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0x2028 || c == 0x2029; }

struct Decoded {
  char32_t character = replacement;
  std::size_t octets = 1;
};

// One character of UTF-8, strictly (no overlong form, no surrogate, nothing over U+10FFFF); else one octet is
// passed over and stands as the replacement character.
Decoded decode(std::string_view text) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = octet(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t value = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return {};
    value = value << 6 | (octet(i) & 0x3f);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  if (overlong || (value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff) return {};
  return {value, length};
}

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    tail(12), tail(6), tail(0);
  }
}

}  // namespace

std::string Untrusted::printable(std::size_t chars_max) const {
  // Most is a word of ASCII, which stays as it is.
  if (raw_.size() <= chars_max && std::ranges::all_of(raw_, [](char c) { return c > ' ' && c < 0x7f; })) return raw_;
  std::u32string kept;
  std::string_view rest = raw_;
  bool blank_due = false;
  while (!rest.empty() && kept.size() <= chars_max) {
    const Decoded next = decode(rest);
    rest.remove_prefix(next.octets);
    if (is_blank(next.character)) {
      blank_due = !kept.empty();
      continue;
    }
    if (is_control(next.character) || is_hidden(next.character)) continue;
    if (blank_due) kept += U' ';
    blank_due = false;
    kept += next.character;
  }
  const bool cut = kept.size() > chars_max;
  const std::size_t dots = cut ? std::min(chars_max, ellipsis.size()) : 0;
  if (cut) kept.resize(chars_max - dots);
  std::string out;
  out.reserve(kept.size());
  for (const char32_t c : kept) append_utf8(out, c);
  return out.append(ellipsis.substr(0, dots));
}

}  // namespace crest
