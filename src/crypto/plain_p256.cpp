#include "crypto/plain_p256.hpp"

#include <algorithm>
#include <optional>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "encoding/der.hpp"
#include "encoding/pem.hpp"

namespace crest::crypto {
namespace {

namespace der = encoding::der;

using GroupPtr = Owned<EC_GROUP, EC_GROUP_free>;
using PointPtr = Owned<EC_POINT, EC_POINT_free>;
using ParamBuildPtr = Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using ParamsPtr = Owned<OSSL_PARAM, OSSL_PARAM_free>;

constexpr std::size_t scalar_size = 32, point_size = 65;
// RFC 5915 and RFC 5958 around a P-256 key, up to the scalar and from there to the point.
constexpr std::uint8_t pkcs8_start[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,
                                        0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
                                        0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
constexpr std::uint8_t pkcs8_middle[] = {0xa1, 0x44, 0x03, 0x42, 0x00};
constexpr std::uint8_t sec1_start[] = {0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20};
constexpr std::uint8_t sec1_end[] = {0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};

// Takes `expected` off the front of `input`; false when it is not there.
bool take(ByteView& input, ByteView expected) {
  if (input.size() < expected.size() || !std::equal(expected.begin(), expected.end(), input.begin())) return false;
  input = input.subspan(expected.size());
  return true;
}

const EC_GROUP* group() {
  static const GroupPtr p256(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  return p256.get();
}

struct Parts {
  BignumPtr scalar;
  Bytes point;  // uncompressed; empty when the text has none
};

std::optional<Parts> parts_of(const encoding::PemBlock& block) {
  ByteView input = block.der;
  const bool pkcs8 = block.label == "PRIVATE KEY";
  if (!pkcs8 && block.label != "EC PRIVATE KEY") return std::nullopt;
  if (!take(input, pkcs8 ? ByteView(pkcs8_start) : ByteView(sec1_start)) || input.size() < scalar_size) {
    return std::nullopt;
  }
  Parts parts;
  parts.scalar.reset(BN_secure_new());
  if (!parts.scalar || !BN_bin2bn(input.data(), scalar_size, parts.scalar.get())) return std::nullopt;
  input = input.subspan(scalar_size);
  if (!pkcs8) return take(input, sec1_end) && input.empty() ? std::optional(std::move(parts)) : std::nullopt;
  if (!take(input, pkcs8_middle) || input.size() != point_size) return std::nullopt;
  parts.point = to_bytes(input);
  return parts;
}

bool in_range(const BIGNUM* scalar) { return !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group())) < 0; }

Bytes point_of(const BIGNUM* scalar) {
  const PointPtr point(EC_POINT_new(group()));
  Bytes octets(point_size);
  if (!point || EC_POINT_mul(group(), point.get(), scalar, nullptr, nullptr, nullptr) != 1 ||
      EC_POINT_point2oct(group(), point.get(), POINT_CONVERSION_UNCOMPRESSED, octets.data(), octets.size(), nullptr) !=
          point_size) {
    octets.clear();
  }
  return octets;
}

PkeyPtr make_native(const Parts& parts) {
  const ParamBuildPtr build(OSSL_PARAM_BLD_new());
  if (!build || OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, parts.point.data(), parts.point.size()) !=
          1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, parts.scalar.get()) != 1) {
    return nullptr;
  }
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(build.get()));
  const PkeyCtxPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params.get()) != 1) {
    return nullptr;
  }
  return PkeyPtr(key);
}

}  // namespace

PkeyPtr read_plain_p256(std::string_view block) {
  auto blocks = encoding::parse_pem(block, encoding::PemText::refuse);
  if (!blocks || blocks->size() != 1 || !group()) return nullptr;
  std::optional<Parts> parts = parts_of(blocks->front());
  OPENSSL_cleanse(blocks->front().der.data(), blocks->front().der.size());
  if (!parts || !in_range(parts->scalar.get())) return nullptr;
  if (parts->point.empty()) parts->point = point_of(parts->scalar.get());
  if (parts->point.empty()) return nullptr;
  return make_native(*parts);
}

}  // namespace crest::crypto
