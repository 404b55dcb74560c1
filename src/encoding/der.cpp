#include "encoding/der.hpp"

namespace crest::encoding::der {
namespace {

constexpr std::size_t length_octets_max = 4;
constexpr std::uint8_t long_tag = 0x1f;  // "the number follows in further octets": no certificate uses it

void append_length(Bytes& out, std::size_t length) {
  if (length < 0x80) {
    out.push_back(static_cast<std::uint8_t>(length));
    return;
  }
  Bytes octets;
  for (; length != 0; length >>= 8) octets.insert(octets.begin(), static_cast<std::uint8_t>(length));
  out.push_back(static_cast<std::uint8_t>(0x80 | octets.size()));
  out.insert(out.end(), octets.begin(), octets.end());
}

Error broken(const char* why) { return make_error(ErrorKind::malformed, std::string("not DER: ") + why); }

struct Length {
  std::size_t value = 0;
  std::size_t octets = 1;
};

Result<Length> read_length(ByteView input) {
  if (input.empty()) return broken("it ends before a length");
  if (input[0] < 0x80) return Length{.value = input[0]};
  const std::size_t count = input[0] & 0x7f;
  if (count == 0) return broken("an indefinite length");
  if (count > length_octets_max) return broken("a length of more than 4 octets");
  if (input.size() < 1 + count) return broken("it ends inside a length");
  std::size_t value = 0;
  for (const std::uint8_t octet : input.subspan(1, count)) value = value << 8 | octet;
  if (value < 0x80 || input[1] == 0) return broken("a length longer than it need be");
  return Length{.value = value, .octets = 1 + count};
}

}  // namespace

Bytes element(std::uint8_t tag, ByteView content) {
  Bytes out;
  out.reserve(content.size() + 6);
  out.push_back(tag);
  append_length(out, content.size());
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

Bytes sequence(std::initializer_list<ByteView> parts) {
  Bytes content;
  for (const ByteView part : parts) content.insert(content.end(), part.begin(), part.end());
  return element(tag_sequence, content);
}

Result<Element> read(ByteView& input) {
  if (input.empty()) return broken("it ends before an element");
  if ((input[0] & long_tag) == long_tag) return broken("a tag of several octets");
  const Length length = TRY(read_length(input.subspan(1)));
  const std::size_t head = 1 + length.octets;
  if (input.size() - head < length.value) return broken("it ends inside an element");
  const Element found{
      .tag = input[0], .content = input.subspan(head, length.value), .whole = input.first(head + length.value)};
  input = input.subspan(head + length.value);
  return found;
}

}  // namespace crest::encoding::der
