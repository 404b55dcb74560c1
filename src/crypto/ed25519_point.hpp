// Whether 32 octets are a useful Ed25519 public key: OpenSSL takes any and fails later, or verifies what nobody signed.
#pragma once

#include "core/bytes.hpp"

namespace crest::crypto {

// True for the canonical encoding of a point on the curve whose order is not 1, 2, 4 or 8 (RFC 8032 section 5.1.3).
// REQUIRES: 32 octets.
bool is_ed25519_public_key(ByteView encoded);

}  // namespace crest::crypto
