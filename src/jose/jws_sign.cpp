#include "encoding/base64.hpp"
#include "jose/ecdsa_form.hpp"
#include "jose/jwk.hpp"
#include "jose/jws.hpp"
#include "jose/mac_name.hpp"

namespace crest::jose {
namespace {

using encoding::base64url;
using encoding::Json;

SignedParts encoded(const Json& header, std::string_view payload) {
  SignedParts parts;
  parts.protected_header = base64url(as_bytes(header.dump()));
  parts.payload = base64url(as_bytes(payload));
  return parts;
}

std::string signing_input(const SignedParts& parts) { return parts.protected_header + "." + parts.payload; }

}  // namespace

std::string SignedParts::dump() const {
  // base64url needs no escapes.
  return R"({"protected":")" + protected_header + R"(","payload":")" + payload + R"(","signature":")" + signature +
         "\"}";
}

Result<SignedParts> sign(const crypto::Signer& signer, const KeyReference& key, std::string_view nonce,
                         std::string_view url, std::string_view payload) {
  const crypto::PublicKey& shown = signer.public_key();
  Json header = Json::object();
  header.set("alg", to_string(algorithm_for(shown.type())));
  if (key.kid.empty()) {
    header.set("jwk", to_jwk(shown));
  } else {
    header.set("kid", key.kid);
  }
  if (!nonce.empty()) header.set("nonce", nonce);
  header.set("url", url);
  SignedParts parts = encoded(header, payload);
  Bytes signature = TRY(signer.sign(as_bytes(signing_input(parts))));
  if (ecdsa_half_size(shown.type()) != 0) {
    auto fixed = ecdsa_to_fixed(shown.type(), signature);
    if (!fixed) return make_error(ErrorKind::internal, "the signer gave an ECDSA signature that is not in DER");
    signature = *std::move(fixed);
  }
  parts.signature = base64url(signature);
  return parts;
}

SignedParts sign_binding(crypto::Hash hash, std::string_view kid, ByteView mac_key, std::string_view url,
                         const crypto::PublicKey& account) {
  Json header = Json::object();
  header.set("alg", mac_name(hash)).set("kid", kid).set("url", url);
  SignedParts parts = encoded(header, to_jwk(account).dump());
  parts.signature = base64url(crypto::hmac(hash, mac_key, as_bytes(signing_input(parts))));
  return parts;
}

}  // namespace crest::jose
