#include "crypto/spki.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include "encoding/der.hpp"

namespace crest::crypto {
namespace {

namespace der = encoding::der;

constexpr unsigned rsa_bits_min = 2048;
constexpr unsigned rsa_bits_max = 8192;
constexpr unsigned rsa_exponent_bits_max = 64;  // a verification costs in proportion to it

// OBJECT IDENTIFIER elements, whole.
constexpr std::uint8_t ec_public_key[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
constexpr std::uint8_t rsa_encryption[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
constexpr std::uint8_t ed25519_oid[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
constexpr std::uint8_t p256_oid[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
constexpr std::uint8_t p384_oid[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22};
constexpr std::uint8_t p521_oid[] = {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23};
constexpr std::uint8_t null_element[] = {0x05, 0x00};

struct Curve {
  KeyType type;
  ByteView oid;
  std::size_t field;
};
constexpr std::array<Curve, 3> curves = {
    {{KeyType::ec_p256, p256_oid, 32}, {KeyType::ec_p384, p384_oid, 48}, {KeyType::ec_p521, p521_oid, 66}}};

const Curve& curve_of(KeyType type) {
  return *std::find_if(curves.begin(), curves.end(), [&](const Curve& curve) { return curve.type == type; });
}

bool same(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

Error bad(std::string message) { return make_error(ErrorKind::malformed, "public key: " + std::move(message)); }

Bytes wrap(ByteView algorithm, ByteView key) {
  Bytes bits = {0};  // no unused bits
  bits.insert(bits.end(), key.begin(), key.end());
  const Bytes bit_string = der::element(der::tag_bit_string, bits);
  return der::sequence({algorithm, bit_string});
}

Bytes unsigned_integer(ByteView number) {
  Bytes content;
  if (number.empty() || (number.front() & 0x80)) content.push_back(0);
  content.insert(content.end(), number.begin(), number.end());
  return der::element(der::tag_integer, content);
}

Bytes encode(KeyType type, const EcPoint& point) {
  const Bytes algorithm = der::sequence({ec_public_key, curve_of(type).oid});
  Bytes octets = {4};  // uncompressed (SEC 1 section 2.3.3)
  octets.insert(octets.end(), point.x.begin(), point.x.end());
  octets.insert(octets.end(), point.y.begin(), point.y.end());
  return wrap(algorithm, octets);
}

Bytes encode(KeyType, const RsaNumbers& numbers) {
  const Bytes algorithm = der::sequence({rsa_encryption, null_element});
  const Bytes n = unsigned_integer(numbers.n);
  const Bytes e = unsigned_integer(numbers.e);
  return wrap(algorithm, der::sequence({n, e}));
}

Bytes encode(KeyType, const OkpPoint& point) { return wrap(der::sequence({ed25519_oid}), point.x); }

Result<ByteView> number_of(ByteView& input, std::string_view name) {
  const der::Element element = TRY(der::read(input));
  if (element.tag != der::tag_integer || element.content.empty()) return bad(std::string(name) + " is not an INTEGER");
  if (element.content.front() & 0x80) return bad(std::string(name) + " is negative");
  ByteView number = element.content;
  while (!number.empty() && number.front() == 0) number = number.subspan(1);
  return number;
}

Result<TypedParts> decode_rsa(ByteView key) {
  const der::Element outer = TRY(der::read(key));
  if (outer.tag != der::tag_sequence || !key.empty()) return bad("the RSA key is not one SEQUENCE");
  ByteView inside = outer.content;
  const ByteView n = TRY(number_of(inside, "the RSA modulus"));
  const ByteView e = TRY(number_of(inside, "the RSA exponent"));
  return TypedParts{KeyType::rsa_2048, RsaNumbers{to_bytes(n), to_bytes(e)}};
}

Result<TypedParts> decode_ec(ByteView parameters, ByteView key) {
  if (!parameters.empty() && parameters.front() == der::tag_sequence) {
    return bad("its curve is written as explicit parameters; use one of the named curves P-256, P-384, P-521");
  }
  const auto curve =
      std::find_if(curves.begin(), curves.end(), [&](const Curve& c) { return same(c.oid, parameters); });
  if (curve == curves.end()) return bad("its curve is not supported; use P-256, P-384 or P-521");
  const std::size_t field = curve->field;
  if (key.size() == 1 + field && (key.front() == 2 || key.front() == 3)) {
    return bad("its point is compressed; send it uncompressed");
  }
  if (key.size() != 1 + 2 * field || key.front() != 4) return bad("its point has a wrong length or form");
  return TypedParts{curve->type, EcPoint{to_bytes(key.subspan(1, field)), to_bytes(key.last(field))}};
}

}  // namespace

std::size_t field_size(KeyType type) {
  const auto curve = std::find_if(curves.begin(), curves.end(), [&](const Curve& c) { return c.type == type; });
  return curve == curves.end() ? 0 : curve->field;
}

unsigned bit_length(ByteView number) {
  if (number.empty()) return 0;
  return static_cast<unsigned>(8 * (number.size() - 1)) + static_cast<unsigned>(std::bit_width(number.front()));
}

Bytes encode_spki(KeyType type, const KeyParts& parts) {
  return std::visit([&](const auto& of_kind) { return encode(type, of_kind); }, parts);
}

Result<TypedParts> decode_spki(ByteView input) {
  const der::Element outer = TRY(der::read(input));
  if (outer.tag != der::tag_sequence) return bad("not a SubjectPublicKeyInfo");
  if (!input.empty()) return bad("octets follow its end");
  ByteView inside = outer.content;
  const der::Element algorithm = TRY(der::read(inside));
  const der::Element bits = TRY(der::read(inside));
  if (algorithm.tag != der::tag_sequence || bits.tag != der::tag_bit_string || bits.content.empty() ||
      bits.content.front() != 0) {
    return bad("not a SubjectPublicKeyInfo");
  }
  ByteView parameters = algorithm.content;
  const der::Element oid = TRY(der::read(parameters));
  const ByteView key = bits.content.subspan(1);
  if (same(oid.whole, ec_public_key)) return decode_ec(parameters, key);
  if (same(oid.whole, rsa_encryption)) return decode_rsa(key);
  if (same(oid.whole, ed25519_oid)) return TypedParts{KeyType::ed25519, OkpPoint{to_bytes(key)}};
  return bad("its algorithm is not supported; use RSA, P-256, P-384, P-521 or Ed25519");
}

KeyParts parts_of_spki(KeyType type, ByteView spki) {
  if (const std::size_t field = field_size(type); field != 0 && spki.size() > 2 * field) {
    return EcPoint{to_bytes(spki.last(2 * field).first(field)), to_bytes(spki.last(field))};
  }
  auto decoded = decode_spki(spki);
  return decoded ? std::move(decoded->parts) : KeyParts{};
}

namespace {

Result<KeyType> check(KeyType type, const EcPoint& point) {
  const std::size_t field = field_size(type);
  if (field == 0) return bad("its numbers do not belong to its type");
  if (point.x.size() != field || point.y.size() != field) {
    return bad("its coordinates are not " + std::to_string(field) + " octets each");
  }
  return type;
}

Result<KeyType> check(KeyType type, const RsaNumbers& numbers) {
  if (field_size(type) != 0 || type == KeyType::ed25519) return bad("its numbers do not belong to its type");
  if (numbers.n.empty() || numbers.n.front() == 0 || numbers.e.empty() || numbers.e.front() == 0) {
    return bad("an RSA number is empty or has a leading zero octet");
  }
  const unsigned bits = bit_length(numbers.n);
  if (bits < rsa_bits_min || bits > rsa_bits_max) {
    return bad("its RSA modulus has " + std::to_string(bits) + " bits; use 2048 to 8192");
  }
  if (bit_length(numbers.e) > rsa_exponent_bits_max) return bad("its RSA exponent has over 64 bits; use 65537");
  if ((numbers.n.back() & 1) == 0) return bad("its RSA modulus is even");
  if ((numbers.e.back() & 1) == 0 || (numbers.e.size() == 1 && numbers.e.front() < 3)) {
    return bad("its RSA exponent is even or 1; use 65537");
  }
  return bits < 3072 ? KeyType::rsa_2048 : bits < 4096 ? KeyType::rsa_3072 : KeyType::rsa_4096;
}

Result<KeyType> check(KeyType type, const OkpPoint& point) {
  if (type != KeyType::ed25519) return bad("its numbers do not belong to its type");
  if (point.x.size() != 32) return bad("its Ed25519 key is not 32 octets");
  return type;
}

}  // namespace

Result<KeyType> check_parts(KeyType type, const KeyParts& parts) {
  return std::visit([&](const auto& of_kind) { return check(type, of_kind); }, parts);
}

}  // namespace crest::crypto
