// The MAC algorithms of an external account binding (RFC 8555 section 7.3.4, RFC 7518 section 3.2).
#pragma once

#include <optional>
#include <string_view>

#include "crypto/digest.hpp"

namespace crest::jose {

inline std::string_view mac_name(crypto::Hash hash) {
  switch (hash) {
    case crypto::Hash::sha256: return "HS256";
    case crypto::Hash::sha384: return "HS384";
    case crypto::Hash::sha512: return "HS512";
  }
  return "";
}

inline std::optional<crypto::Hash> hash_of_mac(std::string_view name) {
  for (const crypto::Hash hash : {crypto::Hash::sha256, crypto::Hash::sha384, crypto::Hash::sha512}) {
    if (mac_name(hash) == name) return hash;
  }
  return std::nullopt;
}

}  // namespace crest::jose
