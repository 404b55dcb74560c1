#include "jose/ecdsa_form.hpp"
#include "jose/jws.hpp"

namespace crest::jose {

std::optional<JwsError> verify(const ParsedJws& jws, const crypto::PublicKey& key) {
  const Algorithm expected = algorithm_for(key.type());
  if (jws.alg != to_string(expected)) {
    return JwsError{JwsFault::bad_algorithm,
                    "JWS: this key signs with " + std::string(to_string(expected)) + " and nothing else"};
  }
  const JwsError refused{JwsFault::malformed, "JWS: the signature does not verify"};
  const ByteView message = as_bytes(jws.signing_input);
  if (ecdsa_half_size(key.type()) == 0) {
    return key.verify(message, jws.signature) ? std::nullopt : std::optional(refused);
  }
  const auto der = ecdsa_to_der(key.type(), jws.signature);
  if (!der) {
    return JwsError{JwsFault::malformed, "JWS: an ECDSA signature is R and S in fixed length (RFC 7518 section 3.4)"};
  }
  return key.verify(message, *der) ? std::nullopt : std::optional(refused);
}

bool ParsedBinding::verify(ByteView mac_key) const {
  if (mac_key.empty()) return false;  // what a missing key looks like must never match
  return crypto::equal_constant_time(crypto::hmac(hash, mac_key, as_bytes(signing_input)), signature);
}

}  // namespace crest::jose
