// Just enough DER (X.690) to put a signature behind what it signs, and to read lengths strictly.
#pragma once

#include <initializer_list>
#include <optional>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace crest::encoding::der {

inline constexpr std::uint8_t tag_integer = 0x02, tag_bit_string = 0x03, tag_octet_string = 0x04, tag_oid = 0x06,
                              tag_sequence = 0x30;

Bytes element(std::uint8_t tag, ByteView content);
Bytes sequence(std::initializer_list<ByteView> parts);

// Reads one element from the front of `input`, and moves `input` behind it. Definite, minimal lengths only.
struct Element {
  std::uint8_t tag = 0;
  ByteView content;
  ByteView whole;  // tag, length and content
};
Result<Element> read(ByteView& input);  // error: malformed

}  // namespace crest::encoding::der
