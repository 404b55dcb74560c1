#include "ca/issuer/key_policy.hpp"

#include <algorithm>

#include "crypto/digest.hpp"
#include "crypto/weak_rsa.hpp"
#include "encoding/base64.hpp"

namespace crest::ca::issuer {
namespace {

const Bytes exponent_65537 = {1, 0, 1};

bool has_exact_size(const crypto::PublicKey& key) {
  switch (key.type()) {
    case crypto::KeyType::rsa_2048: return key.bits() == 2048;
    case crypto::KeyType::rsa_3072: return key.bits() == 3072;
    case crypto::KeyType::rsa_4096: return key.bits() == 4096;
    default: return true;
  }
}

}  // namespace

std::string why_refused(const crypto::PublicKey& key, const std::vector<crypto::KeyType>& types) {
  if (std::ranges::find(types, key.type()) == types.end()) {
    return "keys of type " + std::string(crypto::to_string(key.type())) + " are not accepted";
  }
  if (!has_exact_size(key)) return "RSA keys must have 2048, 3072 or 4096 bits";
  const auto parts = key.components();
  const auto* rsa = std::get_if<crypto::RsaNumbers>(&parts);
  if (!rsa) return {};
  if (rsa->e != exponent_65537) return "the public exponent of an RSA key must be 65537";
  return crypto::why_factorable(rsa->n);
}

std::string blocking_name(const crypto::PublicKey& key) { return encoding::hex(crypto::sha256(key.spki())); }

}  // namespace crest::ca::issuer
