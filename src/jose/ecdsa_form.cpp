#include "jose/ecdsa_form.hpp"

#include <algorithm>
#include <string_view>

#include "encoding/der.hpp"

namespace crest::jose {
namespace {

namespace der = encoding::der;

// Orders of the curves' base points (SEC 2), big-endian, as long as a coordinate.
constexpr std::uint8_t p256_order[] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                       0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
constexpr std::uint8_t p384_order[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                       0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
                                       0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};
constexpr std::uint8_t p521_order[] = {
    0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfa,
    0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc, 0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b,
    0xb5, 0xc9, 0xb8, 0x89, 0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09};

ByteView order_of(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::ec_p256: return p256_order;
    case crypto::KeyType::ec_p384: return p384_order;
    case crypto::KeyType::ec_p521: return p521_order;
    default: return {};
  }
}

// `number` has the length of `order`. Zero and numbers past the order pass some verifiers, or give one signature two
// spellings.
bool in_range(ByteView number, ByteView order) {
  return std::ranges::any_of(number, [](std::uint8_t octet) { return octet != 0; }) &&
         std::ranges::lexicographical_compare(number, order);
}

Bytes integer(ByteView number) {
  while (number.size() > 1 && number.front() == 0) number = number.subspan(1);
  Bytes content;
  content.reserve(number.size() + 1);
  if (number.front() & 0x80) content.push_back(0);
  content.insert(content.end(), number.begin(), number.end());
  return der::element(der::tag_integer, content);
}

// Appends the INTEGER at the front of `input`, padded to the length of `order`.
bool append_padded(Bytes& out, ByteView& input, ByteView order) {
  const auto element = der::read(input);
  if (!element || element->tag != der::tag_integer || element->content.empty()) return false;
  ByteView number = element->content;
  if (number.front() & 0x80) return false;  // negative
  if (number.front() == 0 && number.size() > 1) {
    number = number.subspan(1);
    if (!(number.front() & 0x80)) return false;  // a zero that DER leaves out
  }
  if (number.size() > order.size()) return false;
  const std::size_t from = out.size();
  out.insert(out.end(), order.size() - number.size(), 0);
  out.insert(out.end(), number.begin(), number.end());
  return in_range(ByteView(out).subspan(from), order);
}

}  // namespace

std::size_t ecdsa_half_size(crypto::KeyType type) { return order_of(type).size(); }

std::optional<Bytes> ecdsa_to_der(crypto::KeyType type, ByteView fixed) {
  const ByteView order = order_of(type);
  if (order.empty() || fixed.size() != 2 * order.size()) return std::nullopt;
  const ByteView r = fixed.first(order.size());
  const ByteView s = fixed.last(order.size());
  if (!in_range(r, order) || !in_range(s, order)) return std::nullopt;
  const Bytes r_element = integer(r);
  const Bytes s_element = integer(s);
  return der::sequence({r_element, s_element});
}

std::optional<Bytes> ecdsa_to_fixed(crypto::KeyType type, ByteView input) {
  const ByteView order = order_of(type);
  const auto outer = der::read(input);
  if (order.empty() || !outer || outer->tag != der::tag_sequence || !input.empty()) return std::nullopt;
  ByteView inside = outer->content;
  Bytes fixed;
  fixed.reserve(2 * order.size());
  if (!append_padded(fixed, inside, order) || !append_padded(fixed, inside, order) || !inside.empty())
    return std::nullopt;
  return fixed;
}

}  // namespace crest::jose
