#include "encoding/ip.hpp"

#include <array>
#include <optional>

namespace crest::encoding {
namespace {

constexpr std::size_t v4_octets = 4;
constexpr std::size_t v6_octets = 16;
constexpr std::size_t v6_groups = 8;
constexpr std::size_t text_max = 45;  // "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"
constexpr std::string_view hex_digits = "0123456789abcdef";

// A number of at most `digits_max` digits without leading zeros: "010" is 8 to one reader and 10 to the next.
std::optional<unsigned> decimal(std::string_view text, std::size_t digits_max) {
  if (text.empty() || text.size() > digits_max || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

std::optional<Bytes> parse_v4(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i < v4_octets; ++i) {
    const std::size_t end = i + 1 < v4_octets ? text.find('.') : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    const auto value = decimal(text.substr(0, end), 3);
    if (!value || *value > 255) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(*value));
    text.remove_prefix(i + 1 < v4_octets ? end + 1 : end);
  }
  return out;
}

std::optional<unsigned> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    const std::size_t digit = hex_digits.find(lower);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 4 | static_cast<unsigned>(digit);
  }
  return value;
}

// The octets of one side of "::", or of the whole text without one; "" is no group at all.
std::optional<Bytes> parse_groups(std::string_view text, bool v4_tail) {
  Bytes out;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && v4_tail && group.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(group);
      if (!v4) return std::nullopt;
      out.insert(out.end(), v4->begin(), v4->end());
      return out;
    }
    const auto value = parse_group(group);
    if (!value) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(*value >> 8));
    out.push_back(static_cast<std::uint8_t>(*value));
    if (last) return out;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // a colon and nothing behind it
  }
  return out;
}

std::optional<Bytes> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto all = parse_groups(text, true);
    if (!all || all->size() != v6_octets) return std::nullopt;
    return all;
  }
  const auto head = parse_groups(text.substr(0, gap), false);
  const auto tail = parse_groups(text.substr(gap + 2), true);
  if (!head || !tail || head->size() + tail->size() > v6_octets - 2) return std::nullopt;
  Bytes out = *head;
  out.resize(v6_octets - tail->size());
  out.insert(out.end(), tail->begin(), tail->end());
  return out;
}

std::string v4_text(ByteView octets) {
  std::string out;
  for (const std::uint8_t octet : octets) {
    if (!out.empty()) out += '.';
    out += std::to_string(octet);
  }
  return out;
}

std::string group_text(unsigned group) {
  std::string out;
  for (int shift = 12; shift >= 0; shift -= 4) {
    const unsigned digit = group >> shift & 15;
    if (digit != 0 || !out.empty() || shift == 0) out += hex_digits[digit];
  }
  return out;
}

struct Run {
  std::size_t start = 0;
  std::size_t length = 0;
};

// The longest run of zero groups, the first of equals; a single group is never shortened (RFC 5952
// section 4.2).
Run longest_zeros(const std::array<unsigned, v6_groups>& groups) {
  Run best;
  Run current;
  for (std::size_t i = 0; i < v6_groups; ++i) {
    if (groups[i] != 0) {
      current = {};
      continue;
    }
    if (current.length == 0) current.start = i;
    ++current.length;
    if (current.length > best.length) best = current;
  }
  return best.length > 1 ? best : Run{};
}

bool starts_with(ByteView octets, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), octets.begin());
}

bool is_mapped(ByteView octets) { return starts_with(octets, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}); }

std::string v6_text(ByteView octets) {
  if (is_mapped(octets)) return "::ffff:" + v4_text(octets.subspan(12));  // RFC 5952 section 5
  std::array<unsigned, v6_groups> groups{};
  for (std::size_t i = 0; i < v6_groups; ++i) groups[i] = unsigned{octets[2 * i]} << 8 | octets[2 * i + 1];
  const Run zeros = longest_zeros(groups);
  std::string out;
  for (std::size_t i = 0; i < v6_groups; ++i) {
    if (zeros.length > 0 && i == zeros.start) {
      out += "::";
      i += zeros.length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += group_text(groups[i]);
  }
  return out;
}

Error no_address() {
  return make_error(ErrorKind::malformed, "not an IP address: write it like 192.0.2.1 or 2001:db8::1");
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() > text_max) return no_address();
  auto octets = text.find(':') == std::string_view::npos ? parse_v4(text) : parse_v6(text);
  if (!octets) return no_address();
  IpAddress out;
  out.octets_ = std::move(*octets);
  return out;
}

Result<IpAddress> IpAddress::from_octets(ByteView octets) {
  if (octets.size() != v4_octets && octets.size() != v6_octets) {
    return make_error(ErrorKind::malformed, "not an IP address: it has neither 4 nor 16 octets");
  }
  IpAddress out;
  out.octets_ = to_bytes(octets);
  return out;
}

std::string IpAddress::str() const {
  if (octets_.empty()) return {};
  return is_v4() ? v4_text(octets_) : v6_text(octets_);
}

IpAddress IpAddress::unmapped() const {
  if (octets_.size() != v6_octets) return *this;
  const ByteView all = octets_;
  const bool compatible = starts_with(all, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const bool loopback_or_none = compatible && starts_with(all.subspan(12), {0, 0, 0}) && all[15] <= 1;
  IpAddress out;
  if (is_mapped(all) || (compatible && !loopback_or_none) ||
      starts_with(all, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) {
    out.octets_ = to_bytes(all.subspan(12));
  } else if (starts_with(all, {0x20, 0x02})) {
    out.octets_ = to_bytes(all.subspan(2, v4_octets));
  } else {
    return *this;
  }
  return out;
}

std::string IpAddress::reverse_name() const {
  std::string out;
  for (auto octet = octets_.rbegin(); octet != octets_.rend(); ++octet) {
    if (is_v4()) {
      out += std::to_string(*octet) + '.';
    } else {
      out += {hex_digits[*octet & 15], '.', hex_digits[*octet >> 4], '.'};
    }
  }
  return out + (is_v4() ? "in-addr.arpa" : "ip6.arpa");
}

Result<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const IpAddress address = TRY(IpAddress::parse(text.substr(0, slash)));
  const unsigned bits = static_cast<unsigned>(address.octets().size()) * 8;
  const auto prefix = slash == std::string_view::npos ? bits : decimal(text.substr(slash + 1), 3);
  if (!prefix || *prefix > bits) {
    return make_error(ErrorKind::malformed, "not a network: the length behind / must be 0 to " + std::to_string(bits));
  }
  IpNetwork out;
  out.octets_ = address.octets();
  out.prefix_ = *prefix;
  for (unsigned bit = *prefix; bit < bits; ++bit) {
    out.octets_[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
  }
  if (out.octets_ != address.octets()) {  // one of the two numbers is a slip, and a rule would allow too much
    return make_error(ErrorKind::malformed,
                      "not a network: the address has bits behind its prefix; write " + out.str());
  }
  return out;
}

bool IpNetwork::contains(const IpAddress& address) const {
  const Bytes& other = address.octets();
  if (octets_.empty() || other.size() != octets_.size()) return false;
  for (unsigned bit = 0; bit < prefix_; ++bit) {
    if (((octets_[bit / 8] ^ other[bit / 8]) & 0x80u >> bit % 8) != 0) return false;
  }
  return true;
}

std::string IpNetwork::str() const {
  const auto address = IpAddress::from_octets(octets_);
  return address ? address->str() + '/' + std::to_string(prefix_) : std::string();
}

}  // namespace crest::encoding
