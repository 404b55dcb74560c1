#include "crypto/key.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/err.h>

#include "crypto/algorithms.hpp"
#include "crypto/ed25519_point.hpp"
#include "crypto/openssl.hpp"
#include "crypto/spki.hpp"

namespace crest::crypto {
namespace {

constexpr std::array<std::pair<KeyType, std::string_view>, 7> type_words = {{
    {KeyType::ec_p256, "ec-p256"},
    {KeyType::ec_p384, "ec-p384"},
    {KeyType::ec_p521, "ec-p521"},
    {KeyType::rsa_2048, "rsa-2048"},
    {KeyType::rsa_3072, "rsa-3072"},
    {KeyType::rsa_4096, "rsa-4096"},
    {KeyType::ed25519, "ed25519"},
}};

constexpr std::size_t spki_bytes_max = 2048;  // RSA of 8192 bits needs 1,070

Error bad(std::string message) { return make_error(ErrorKind::malformed, "public key: " + std::move(message)); }

PkeyPtr make_curve_parameters(const char* group) {
  const PkeyCtxPtr context = made(PkeyCtxPtr(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)));
  EVP_PKEY* parameters = nullptr;
  if (EVP_PKEY_paramgen_init(context.get()) != 1 || EVP_PKEY_CTX_set_group_name(context.get(), group) != 1 ||
      EVP_PKEY_paramgen(context.get(), &parameters) != 1) {
    ERR_clear_error();  // a provider without this curve: every key on it is refused
  }
  return PkeyPtr(parameters);
}

const EVP_PKEY* curve_parameters(KeyType type) {
  static const PkeyPtr p256 = make_curve_parameters("P-256");
  static const PkeyPtr p384 = make_curve_parameters("P-384");
  static const PkeyPtr p521 = make_curve_parameters("P-521");
  return (type == KeyType::ec_p256 ? p256 : type == KeyType::ec_p384 ? p384 : p521).get();
}

// Copying a curve and setting the point takes 5 us; d2i_PUBKEY() takes 108 us, EVP_PKEY_fromdata() 17 us (OpenSSL
// 3.0). Setting the point proves that it is on the curve, and these curves have no small subgroups.
PkeyPtr make_native(KeyType type, const EcPoint& point) {
  const EVP_PKEY* parameters = curve_parameters(type);
  Bytes octets = {4};
  octets.insert(octets.end(), point.x.begin(), point.x.end());
  octets.insert(octets.end(), point.y.begin(), point.y.end());
  PkeyPtr key = made(PkeyPtr(EVP_PKEY_new()));
  if (!parameters || EVP_PKEY_copy_parameters(key.get(), parameters) != 1 ||
      EVP_PKEY_set1_encoded_public_key(key.get(), octets.data(), octets.size()) != 1) {
    return nullptr;
  }
  return key;
}

PkeyPtr make_native(KeyType, const RsaNumbers& numbers) {
  Bytes n(numbers.n.rbegin(), numbers.n.rend());  // parameters are in the machine's order
  Bytes e(numbers.e.rbegin(), numbers.e.rend());
  if constexpr (std::endian::native == std::endian::big) {
    n = numbers.n;
    e = numbers.e;
  }
  OSSL_PARAM params[] = {OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n.data(), n.size()),
                         OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e.data(), e.size()),
                         OSSL_PARAM_construct_end()};
  const PkeyCtxPtr context = made(PkeyCtxPtr(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr)));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;
  }
  return PkeyPtr(key);
}

PkeyPtr make_native(KeyType, const OkpPoint& point) {
  if (!is_ed25519_public_key(point.x)) return nullptr;
  return PkeyPtr(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, point.x.data(), point.x.size()));
}

}  // namespace

std::string_view to_string(KeyType type) { return type_words[static_cast<std::size_t>(type)].second; }

Result<KeyType> key_type_from_text(std::string_view text) {
  for (const auto& [type, word] : type_words) {
    if (word == text) return type;
  }
  std::string allowed;
  for (const auto& [type, word] : type_words) allowed += (allowed.empty() ? "" : ", ") + std::string(word);
  return make_error(ErrorKind::usage, "no such key type: use one of " + allowed,
                    Untrusted(std::string(text)).printable(40));
}

Result<PublicKey> PublicKey::from_components(KeyType type, const KeyParts& parts) {
  PublicKey made_key;
  made_key.type_ = TRY(check_parts(type, parts));
  made_key.key_ = std::visit([&](const auto& of_kind) { return make_native(type, of_kind); }, parts);
  if (!made_key.key_) {
    ERR_clear_error();
    return bad(std::holds_alternative<RsaNumbers>(parts) ? "its RSA numbers are unusable"
                                                         : "its point is not on the curve, or of small order");
  }
  made_key.spki_ = encode_spki(type, parts);
  return made_key;
}

Result<PublicKey> PublicKey::from_spki(ByteView der) {
  if (der.size() > spki_bytes_max) return bad("longer than " + std::to_string(spki_bytes_max) + " octets");
  const TypedParts decoded = TRY(decode_spki(der));
  PublicKey key = TRY(from_components(decoded.type, decoded.parts));
  if (!std::ranges::equal(key.spki_, der)) return bad("not in DER: the same key has another, shorter or regular, form");
  return key;
}

unsigned PublicKey::bits() const {
  switch (type_) {
    case KeyType::ec_p256: return 256;
    case KeyType::ec_p384: return 384;
    case KeyType::ec_p521: return 521;
    case KeyType::ed25519: return 256;
    default: return key_ ? static_cast<unsigned>(EVP_PKEY_get_bits(key_.get())) : 0;
  }
}

KeyParts PublicKey::components() const { return parts_of_spki(type_, spki_); }

bool PublicKey::verify(ByteView message, ByteView signature) const {
  if (!key_) return false;
  const MdCtxPtr context = made(MdCtxPtr(EVP_MD_CTX_new()));
  const bool good =
      EVP_DigestVerifyInit(context.get(), nullptr, signature_digest(type_), nullptr, key_.get()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

const EVP_MD* signature_digest(KeyType type) {
  switch (type) {
    case KeyType::ed25519: return nullptr;  // hashes by itself
    case KeyType::ec_p384: return message_digest(Hash::sha384);
    case KeyType::ec_p521: return message_digest(Hash::sha512);
    default: return message_digest(Hash::sha256);
  }
}

}  // namespace crest::crypto
