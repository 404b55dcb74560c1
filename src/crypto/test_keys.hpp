// Published test keys (RFC 7515 appendix A.3, RFC 8037 appendix A), for tests only: everybody has their private halves.
#pragma once

#include <string_view>

#include "crypto/key.hpp"

namespace crest::crypto::test_keys {

inline constexpr std::string_view p256_pkcs8 = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff
H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp
7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt
-----END PRIVATE KEY-----
)";

inline constexpr std::string_view ed25519_pkcs8 = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
)";

inline PrivateKey p256() { return PrivateKey::from_pem(p256_pkcs8).value(); }
inline PrivateKey ed25519() { return PrivateKey::from_pem(ed25519_pkcs8).value(); }

}  // namespace crest::crypto::test_keys
