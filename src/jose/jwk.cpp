#include "jose/jwk.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

namespace crest::jose {
namespace {

using crypto::EcPoint;
using crypto::KeyType;
using crypto::OkpPoint;
using crypto::PublicKey;
using crypto::RsaNumbers;
using encoding::base64url;
using encoding::Json;

// Every private or symmetric member of RFC 7518 section 6 and RFC 8037.
constexpr std::array<std::string_view, 9> private_members = {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"};

struct Curve {
  KeyType type;
  std::string_view name;
  std::size_t coordinate_size;
};
constexpr std::array<Curve, 3> curves = {
    {{KeyType::ec_p256, "P-256", 32}, {KeyType::ec_p384, "P-384", 48}, {KeyType::ec_p521, "P-521", 66}}};

constexpr std::size_t rsa_number_octets_max = 1024;  // 8192 bits; checked before anything is computed

Error bad(std::string_view what) { return make_error(ErrorKind::malformed, "jwk: " + std::string(what)); }

Json jwk_of(KeyType type, const EcPoint& point) {
  std::string_view name;
  for (const Curve& curve : curves) {
    if (curve.type == type) name = curve.name;
  }
  return Json(Json::Object{{"crv", name}, {"kty", "EC"}, {"x", base64url(point.x)}, {"y", base64url(point.y)}});
}

Json jwk_of(KeyType, const RsaNumbers& numbers) {
  return Json(Json::Object{{"e", base64url(numbers.e)}, {"kty", "RSA"}, {"n", base64url(numbers.n)}});
}

Json jwk_of(KeyType, const OkpPoint& point) {
  return Json(Json::Object{{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", base64url(point.x)}});
}

Result<std::string_view> text_member(const Json& jwk, std::string_view name) {
  const Json* member = jwk.find(name);
  const std::string* text = member ? member->as_string() : nullptr;
  if (!text) return bad(std::string(name) + " is missing or no string");
  return std::string_view(*text);
}

Result<Bytes> octets_member(const Json& jwk, std::string_view name) {
  const std::string_view text = TRY(text_member(jwk, name));
  auto octets = encoding::from_base64url(text);
  if (!octets) return bad(std::string(name) + " is " + octets.error().message);
  return *std::move(octets);
}

Result<Bytes> coordinate(const Json& jwk, std::string_view name, std::size_t size) {
  Bytes octets = TRY(octets_member(jwk, name));
  if (octets.size() != size) {
    return bad(std::string(name) + " has " + std::to_string(octets.size()) + " octets instead of " +
               std::to_string(size) + ", leading zeros included (RFC 7518 section 6.2.1.2)");
  }
  return octets;
}

Result<Bytes> rsa_number(const Json& jwk, std::string_view name) {
  Bytes octets = TRY(octets_member(jwk, name));
  if (octets.empty()) return bad(std::string(name) + " is empty");
  if (octets.front() == 0) return bad(std::string(name) + " has a leading zero octet (RFC 7518 section 2)");
  if (octets.size() > rsa_number_octets_max) return bad(std::string(name) + " has over 8192 bits");
  return octets;
}

Result<PublicKey> from_ec(const Json& jwk) {
  const std::string_view name = TRY(text_member(jwk, "crv"));
  for (const Curve& curve : curves) {
    if (curve.name != name) continue;
    EcPoint point;
    point.x = TRY(coordinate(jwk, "x", curve.coordinate_size));
    point.y = TRY(coordinate(jwk, "y", curve.coordinate_size));
    return PublicKey::from_components(curve.type, point);
  }
  return bad("crv is none of P-256, P-384, P-521");
}

Result<PublicKey> from_rsa(const Json& jwk) {
  RsaNumbers numbers;
  numbers.n = TRY(rsa_number(jwk, "n"));
  numbers.e = TRY(rsa_number(jwk, "e"));
  return PublicKey::from_components(KeyType::rsa_2048, numbers);
}

Result<PublicKey> from_okp(const Json& jwk) {
  const std::string_view name = TRY(text_member(jwk, "crv"));
  if (name != "Ed25519") return bad("crv is not Ed25519");
  OkpPoint point;
  point.x = TRY(coordinate(jwk, "x", 32));
  return PublicKey::from_components(KeyType::ed25519, point);
}

}  // namespace

Json to_jwk(const PublicKey& key) {
  return std::visit([&](const auto& parts) { return jwk_of(key.type(), parts); }, key.components());
}

Result<PublicKey> from_jwk(const Json& jwk) {
  const Json::Object* members = jwk.as_object();
  if (!members) return bad("it is no object");
  for (const auto& [name, value] : *members) {
    for (const std::string_view secret : private_members) {
      if (name == secret) return bad("it holds the private member " + name + "; send the public key only");
    }
  }
  const std::string_view kind = TRY(text_member(jwk, "kty"));
  if (kind == "EC") return from_ec(jwk);
  if (kind == "RSA") return from_rsa(jwk);
  if (kind == "OKP") return from_okp(jwk);
  return bad("kty is none of EC, RSA, OKP");
}

std::string thumbprint(const PublicKey& key) { return base64url(crypto::sha256(to_jwk(key).dump())); }

}  // namespace crest::jose
