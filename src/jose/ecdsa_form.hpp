// The two forms of an ECDSA signature: DER Ecdsa-Sig-Value (RFC 3279 section 2.2.3) and R || S (RFC 7518 section 3.4).
#pragma once

#include <cstddef>
#include <optional>

#include "core/bytes.hpp"
#include "crypto/key.hpp"

namespace crest::jose {

// Octets of R and of S; 0 when `type` is no elliptic curve of ECDSA.
std::size_t ecdsa_half_size(crypto::KeyType type);
// nullopt unless `fixed` has exactly the length that belongs to `type`, and 0 < R, S < the curve's order.
std::optional<Bytes> ecdsa_to_der(crypto::KeyType type, ByteView fixed);
// nullopt unless `der` is DER of such numbers.
std::optional<Bytes> ecdsa_to_fixed(crypto::KeyType type, ByteView der);

}  // namespace crest::jose
