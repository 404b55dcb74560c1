#include "sim/fixed_keys.hpp"

#include "crypto/digest.hpp"
#include "encoding/der.hpp"
#include "encoding/pem.hpp"

namespace crest::sim {
namespace der = encoding::der;

crypto::PrivateKey fixed_key(const std::string& label) {
  crypto::Sha256 scalar = crypto::sha256("crest fixed key " + label);
  scalar[0] &= 0x7f;  // below the order of P-256, which begins with ffffffff
  const Bytes version = {0x02, 0x01, 0x01};
  const Bytes secret = der::element(der::tag_octet_string, scalar);
  const Bytes curve = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};  // [0] prime256v1
  const Bytes sec1 = der::sequence({version, secret, curve});                                    // RFC 5915
  return crypto::PrivateKey::from_pem(encoding::to_pem("EC PRIVATE KEY", sec1)).value();
}

Result<crypto::PrivateKey> FixedKeys::next(crypto::KeyType type) {
  if (type != crypto::KeyType::ec_p256) {
    return make_error(ErrorKind::usage, "the simulator has P-256 keys only", label_);
  }
  return fixed_key(label_ + "#" + std::to_string(count_++));
}

}  // namespace crest::sim
