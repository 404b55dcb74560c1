// The commonest private key, read without OpenSSL's decoders: they try every form there is, for 0.4 ms a key.
#pragma once

#include <string_view>

#include "crypto/openssl.hpp"

namespace crest::crypto {

// The unencrypted P-256 key in one PEM block, PKCS#8 as to_pem() writes it or SEC1 without a public half. Null for every
// other text, sound or not: the decoders judge that.
PkeyPtr read_plain_p256(std::string_view block);

}  // namespace crest::crypto
