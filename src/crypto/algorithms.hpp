// Algorithms looked up once, for crypto's own sources.
#pragma once

#include <cstddef>

#include "crypto/digest.hpp"
#include "crypto/key.hpp"

struct evp_md_st;  // OpenSSL's EVP_MD

namespace crest::crypto {

const evp_md_st* message_digest(Hash hash);
std::size_t size_of(Hash hash);  // octets of the digest
// The hash that belongs to a key; null with Ed25519, which has its own.
const evp_md_st* signature_digest(KeyType type);

}  // namespace crest::crypto
