// Digests and MACs.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "core/bytes.hpp"
#include "core/random.hpp"

namespace crest::crypto {

using Sha256 = std::array<std::uint8_t, 32>;
Sha256 sha256(ByteView data);
inline Sha256 sha256(std::string_view text) { return sha256(as_bytes(text)); }
Bytes sha1(ByteView data);  // only for key identifiers (RFC 5280 section 4.2.1.2)

enum class Hash { sha256, sha384, sha512 };
Bytes hmac(Hash hash, ByteView key, ByteView data);
bool equal_constant_time(ByteView a, ByteView b);  // time depends on the lengths only

// The system's generator (RAND_bytes). Throws std::runtime_error when there is no entropy: nothing can be done safely then.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

// AES-256-GCM with a 96-bit nonce, for values handed out and taken back (ACME nonces, RFC 8555 section 6.5).
Bytes seal(ByteView key32, ByteView nonce12, ByteView plain);  // ciphertext || 16-octet tag
std::optional<Bytes> unseal(ByteView key32, ByteView nonce12, ByteView sealed);

}  // namespace crest::crypto
