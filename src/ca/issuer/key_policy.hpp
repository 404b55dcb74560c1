// Which keys the CA accepts, for accounts and for certificates alike (SF10). Pure.
#pragma once

#include <string>
#include <vector>

#include "crypto/key.hpp"

namespace crest::ca::issuer {

// "" or what is wrong with the key, for the client to read. RSA keys of 2048, 3072 or 4096 bits with exponent 65537 and
// a modulus that does not factor cheaply; curves and Ed25519 as far as `types` has them.
std::string why_refused(const crypto::PublicKey& key, const std::vector<crypto::KeyType>& types);
// How a key is named among the blocked ones: hex of SHA-256 over its SubjectPublicKeyInfo.
std::string blocking_name(const crypto::PublicKey& key);

}  // namespace crest::ca::issuer
