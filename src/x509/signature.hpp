// Signature algorithms as X.509 names them (RFC 3279, 4055, 5758, 8410): what a Signer makes, and what is believed.
#pragma once

#include <string>

#include "core/bytes.hpp"
#include "crypto/key.hpp"

namespace crest::x509 {

// The DER AlgorithmIdentifier of what a Signer with such a key makes.
ByteView signature_algorithm(crypto::KeyType type);
// RSA with SHA-256, 384, 512 (PKCS#1 v1.5), ECDSA with SHA-256, 384, 512, Ed25519; never SHA-1 or MD5.
bool is_accepted_algorithm(ByteView algorithm);
bool is_pss_algorithm(ByteView algorithm);
// False, too, when the algorithm is not accepted or does not fit the key.
bool verify_signature(ByteView algorithm, const crypto::PublicKey& key, ByteView message, ByteView signature);
// For messages: "sha1WithRSAEncryption", or dotted numbers.
std::string algorithm_name(ByteView algorithm);

}  // namespace crest::x509
