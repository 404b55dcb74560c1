// JWK (RFC 7517, 7518 section 6, 8037) and its thumbprint (RFC 7638).
#pragma once

#include <string>

#include "crypto/key.hpp"
#include "encoding/json.hpp"

namespace crest::jose {

// Members in the order of their names, the required ones only: what the thumbprint is taken over.
encoding::Json to_jwk(const crypto::PublicKey& key);
// Private members, short or long coordinates, leading zero octets in RSA numbers and a point off the curve are
// refused. Error: malformed, saying which member and why; never the value.
Result<crypto::PublicKey> from_jwk(const encoding::Json& jwk);
std::string thumbprint(const crypto::PublicKey& key);  // base64url of SHA-256, 43 characters

}  // namespace crest::jose
