#include "dns/name.hpp"

#include <algorithm>
#include <idn2.h>
#include <memory>

namespace crest::dns {
namespace {

constexpr std::size_t typed_bytes_max = 1024;  // a name of 253 octets has fewer octets as U-labels

struct IdnFree {
  void operator()(void* memory) const { idn2_free(memory); }
};
using IdnText = std::unique_ptr<char, IdnFree>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string quoted(std::string_view text) {
  return '"' + Untrusted(std::string(text)).printable(Name::length_max) + '"';
}

Error wrong(std::string rule, std::string_view text) {
  return make_error(ErrorKind::malformed, quoted(text) + " is not a host name: " + std::move(rule));
}

// U-labels to A-labels by IDNA 2008 with the mappings of UTS 46 (case, width), non-transitional.
std::optional<std::string> to_a_labels(const std::string& text, int extra_flags) {
  std::uint8_t* out = nullptr;
  const auto* in = reinterpret_cast<const std::uint8_t*>(text.c_str());
  const int code = idn2_lookup_u8(in, &out, IDN2_NFC_INPUT | extra_flags);
  const IdnText owned(reinterpret_cast<char*>(out));
  if (code != IDN2_OK || !owned) return std::nullopt;
  return std::string(owned.get());
}

// Whether an xn-- label stands for a label that IDNA 2008 encodes to exactly this text (ORD-04).
bool round_trips(const std::string& label) {
  char* out = nullptr;
  const int code = idn2_to_unicode_8z8z(label.c_str(), &out, 0);
  const IdnText owned(out);
  if (code != IDN2_OK || !owned) return false;
  const std::string unicode(owned.get());
  if (is_ascii(unicode)) return false;  // nothing in it needed encoding, or nothing was decoded
  return to_a_labels(unicode, IDN2_NO_TR46) == label;
}

// A resolver of the old school reads 10, 010 and 0x7f as numbers, and so an address out of the whole (SF21).
bool is_number(std::string_view label) {
  if (std::all_of(label.begin(), label.end(), is_digit)) return true;
  if (!label.starts_with("0x")) return false;
  label.remove_prefix(2);
  return std::all_of(label.begin(), label.end(), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::string check_characters(std::string_view label) {
  for (const char c : label) {
    if (c == '_') return "an underscore is not allowed";
    if (c == '*') return "an asterisk may only stand as the whole first label of a wildcard";
    if (static_cast<unsigned char>(c) >= 0x80) return "it must be in its ASCII form (xn--...)";
    if (!is_digit(c) && !(c >= 'a' && c <= 'z') && c != '-') return "only letters, digits and hyphens are allowed";
  }
  return {};
}

// What is wrong with one lower-case label; "" when nothing is.
std::string check_label(std::string_view label) {
  if (label.empty()) return "a label between dots is empty";
  if (label.size() > Name::label_max) return "a label is longer than 63 characters";
  if (std::string fault = check_characters(label); !fault.empty()) return fault;
  if (label.front() == '-' || label.back() == '-') return "a label begins or ends with a hyphen";
  if (label.size() >= 4 && label.substr(2, 2) == "--") {
    if (!label.starts_with("xn--")) return "hyphens in places 3 and 4 are reserved for xn-- labels";
    if (!round_trips(std::string(label))) return "an xn-- label is not a valid encoding (IDNA 2008)";
  }
  return {};
}

}  // namespace

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Result<Name> Name::from_wire(std::string_view text) {
  if (text.empty()) return wrong("it is empty", text);
  if (text.size() > length_max) return wrong("it is longer than 253 characters", text);
  if (text.back() == '.') return wrong("it ends with a dot", text);
  Name name;
  name.text_ = folded(text);
  std::string_view rest = name.text_;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (std::string fault = check_label(label); !fault.empty()) return wrong(std::move(fault), text);
    if (dot == std::string_view::npos) {
      if (is_number(label)) return wrong("its last label is a number, so it would be read as an address", text);
      return name;
    }
    rest.remove_prefix(dot + 1);
  }
}

Result<Name> Name::from_user(std::string_view text) {
  if (text.size() > typed_bytes_max) return wrong("it is longer than 253 characters", text);
  const std::string_view typed = text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
  if (is_ascii(typed)) return from_wire(typed);
  if (typed.find('\0') != std::string_view::npos) return wrong("only letters, digits and hyphens are allowed", text);
  const auto encoded = to_a_labels(std::string(typed), IDN2_NONTRANSITIONAL);
  if (!encoded) return wrong("it holds characters that internationalized names may not have (IDNA 2008)", text);
  return from_wire(*encoded);
}

std::optional<Name> Name::parent() const {
  const std::size_t dot = text_.find('.');
  if (dot == std::string::npos) return std::nullopt;
  Name name;
  name.text_ = text_.substr(dot + 1);
  return name;
}

std::size_t Name::label_count() const {
  return static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '.')) + 1;
}

bool Name::is_within(const Name& zone) const {
  if (text_ == zone.text_) return true;
  return text_.size() > zone.text_.size() && text_.ends_with(zone.text_) &&
         text_[text_.size() - zone.text_.size() - 1] == '.';
}

}  // namespace crest::dns
