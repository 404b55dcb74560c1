// The types of ASN.1 that X.509 uses, in DER: a Reader that names what it missed, and functions that write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "encoding/der.hpp"

namespace crest::x509::asn1 {

namespace der = encoding::der;
using der::Element;

inline constexpr std::uint8_t tag_boolean = 0x01, tag_enumerated = 0x0a, tag_utf8_string = 0x0c, tag_set = 0x31,
                              tag_utc_time = 0x17, tag_generalized_time = 0x18;
constexpr std::uint8_t implicit_tag(unsigned number) { return static_cast<std::uint8_t>(0x80 | number); }
constexpr std::uint8_t constructed_tag(unsigned number) { return static_cast<std::uint8_t>(0xa0 | number); }

// Reads elements one behind the other; each error (malformed) says what was expected.
class Reader {
 public:
  explicit Reader(ByteView input) : rest_(input) {}

  bool empty() const { return rest_.empty(); }
  bool next_is(std::uint8_t tag) const { return !rest_.empty() && rest_[0] == tag; }
  Result<Element> take(std::string_view what);  // whatever tag it has
  Result<Element> take(std::uint8_t tag, std::string_view what);
  Result<Reader> enter(std::uint8_t tag, std::string_view what);  // the elements inside
  Result<void> end(std::string_view what) const;                  // nothing is left

 private:
  ByteView rest_;
};

Error malformed(std::string_view what, std::string_view why);

Result<bool> read_boolean(const Element& element, std::string_view what);
// Checks that an INTEGER has content, and no octet more than it needs.
Result<ByteView> read_integer(const Element& element, std::string_view what);
Result<unsigned> read_small(const Element& element, std::string_view what);  // 0 to 2^16 - 1
// The octets of a BIT STRING that ends at an octet's end: a key, a signature.
Result<ByteView> read_whole_bits(const Element& element, std::string_view what);
// UTCTime (1950 to 2049) or GeneralizedTime (years 0 to 9999), with seconds, without fractions, in Z.
Result<Time> read_time(const Element& element, std::string_view what);

inline constexpr Time latest_time{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} +
                                  std::chrono::seconds{86'399}};

void append(Bytes& out, ByteView more);
Bytes boolean_true();
Bytes integer(std::uint64_t value);
Bytes integer(ByteView content);  // content octets as they are
Bytes object_id(std::string_view content);
Bytes octet_string(ByteView content);
Bytes bit_string(ByteView octets);
Bytes utf8_string(std::string_view text);
// UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5). REQUIRES: time <= latest_time.
Bytes time(Time time);
Bytes extension(std::string_view oid, bool critical, ByteView value);

}  // namespace crest::x509::asn1
