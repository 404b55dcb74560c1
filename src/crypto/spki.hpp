// SubjectPublicKeyInfo (RFC 5480, 8017 appendix A, 8410) to and from the numbers in it; only the forms Crest has.
#pragma once

#include <variant>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "crypto/key.hpp"

namespace crest::crypto {

using KeyParts = std::variant<EcPoint, RsaNumbers, OkpPoint>;

struct TypedParts {
  KeyType type = KeyType::ec_p256;
  KeyParts parts;
};

// Octets of a coordinate of an elliptic curve; 0 for RSA.
std::size_t field_size(KeyType type);
// Bits of a number without leading zero octets.
unsigned bit_length(ByteView number);

// The DER, whose form these parts alone decide. REQUIRES: parts of the kind that `type` has.
Bytes encode_spki(KeyType type, const KeyParts& parts);
// The parts as they stand there. Reads more than DER allows in places: compare with encode_spki(). Error: malformed.
Result<TypedParts> decode_spki(ByteView der);
// For an SPKI that encode_spki() made.
KeyParts parts_of_spki(KeyType type, ByteView der);

// What can be told without arithmetic on the key: sizes, parity. Gives an RSA key the type of its size.
// Error: malformed.
Result<KeyType> check_parts(KeyType type, const KeyParts& parts);

}  // namespace crest::crypto
