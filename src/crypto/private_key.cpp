#include <climits>
#include <cstring>
#include <optional>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "crypto/algorithms.hpp"
#include "crypto/key.hpp"
#include "crypto/openssl.hpp"
#include "crypto/plain_p256.hpp"
#include "crypto/spki.hpp"

namespace crest::crypto {
namespace {

constexpr std::size_t pem_bytes_max = 64u << 10;
constexpr std::size_t passphrase_bytes_max = 1024;  // OpenSSL's own, PEM_BUFSIZE

// RFC 7914. 16 MiB: OpenSSL reads no more than 32 back by default; `parallel` makes up for it in time.
constexpr std::uint64_t scrypt_cost = 1u << 14;
constexpr std::uint64_t scrypt_block = 8;
constexpr std::uint64_t scrypt_parallel = 5;
constexpr int salt_size = 16;

Error bad(std::string message) { return make_error(ErrorKind::malformed, "private key: " + std::move(message)); }

BignumPtr number_of(const EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  EVP_PKEY_get_bn_param(key, name, &raw);
  return BignumPtr(raw);
}

Bytes octets_of(const BIGNUM* number, std::size_t size) {
  Bytes out(size);
  if (BN_bn2binpad(number, out.data(), static_cast<int>(size)) < 0) out.clear();
  return out;
}

std::optional<TypedParts> ec_parts(EVP_PKEY* key) {
  int explicit_parameters = 0;
  EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_parameters);
  if (explicit_parameters != 0) return std::nullopt;
  char group[64];
  if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1) return std::nullopt;
  const std::string_view name = group;
  KeyType type = KeyType::ec_p256;
  if (name == "secp384r1" || name == "P-384") {
    type = KeyType::ec_p384;
  } else if (name == "secp521r1" || name == "P-521") {
    type = KeyType::ec_p521;
  } else if (name != "prime256v1" && name != "P-256") {
    return std::nullopt;
  }
  const BignumPtr x = number_of(key, OSSL_PKEY_PARAM_EC_PUB_X);
  const BignumPtr y = number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y);
  if (!x || !y) return std::nullopt;
  return TypedParts{type, EcPoint{octets_of(x.get(), field_size(type)), octets_of(y.get(), field_size(type))}};
}

std::optional<TypedParts> public_parts(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC")) return ec_parts(key);
  if (EVP_PKEY_is_a(key, "RSA")) {
    const BignumPtr n = number_of(key, OSSL_PKEY_PARAM_RSA_N);
    const BignumPtr e = number_of(key, OSSL_PKEY_PARAM_RSA_E);
    if (!n || !e) return std::nullopt;
    return TypedParts{KeyType::rsa_2048,
                      RsaNumbers{octets_of(n.get(), static_cast<std::size_t>(BN_num_bytes(n.get()))),
                                 octets_of(e.get(), static_cast<std::size_t>(BN_num_bytes(e.get())))}};
  }
  if (EVP_PKEY_is_a(key, "ED25519")) {
    Bytes x(32);
    std::size_t size = x.size();
    if (EVP_PKEY_get_raw_public_key(key, x.data(), &size) != 1 || size != x.size()) return std::nullopt;
    return TypedParts{KeyType::ed25519, OkpPoint{std::move(x)}};
  }
  return std::nullopt;
}

Result<PublicKey> public_half(EVP_PKEY* key) {
  const std::optional<TypedParts> decoded = public_parts(key);
  ERR_clear_error();
  if (!decoded) return bad("its kind is not supported; use RSA, Ed25519, or a named curve P-256, P-384 or P-521");
  return PublicKey::from_components(decoded->type, decoded->parts);
}

// The one private key in `pem`, from its BEGIN to its END line; certificates and EC PARAMETERS may stand around it.
Result<std::string_view> private_block(std::string_view pem) {
  constexpr std::string_view begin_word = "-----BEGIN ", end_word = "-----END ", dashes = "-----";
  std::optional<std::string_view> found;
  for (std::size_t at = pem.find(begin_word); at != std::string_view::npos; at = pem.find(begin_word, at + 1)) {
    const std::size_t label_at = at + begin_word.size();
    const std::size_t label_end = pem.find(dashes, label_at);
    if (label_end == std::string_view::npos) break;
    const std::string_view label = pem.substr(label_at, label_end - label_at);
    if (label == "OPENSSH PRIVATE KEY") return bad("in OpenSSH's form; write it as PKCS#8 PEM");
    if (label != "PRIVATE KEY" && label != "ENCRYPTED PRIVATE KEY" && label != "EC PRIVATE KEY" &&
        label != "RSA PRIVATE KEY") {
      continue;
    }
    if (found) return bad("there is more than one in the text; leave one");
    const std::string end_line = std::string(end_word) + std::string(label) + std::string(dashes);
    const std::size_t end = pem.find(end_line, label_end);
    if (end == std::string_view::npos) return bad("its END line is missing");
    found = pem.substr(at, end + end_line.size() - at);
  }
  if (!found) return bad("there is none in the text; give one PEM block, PKCS#8, SEC1 or PKCS#1");
  return *found;
}

struct Asked {
  const Secret* passphrase = nullptr;
  bool for_passphrase = false;
};

int give_passphrase(char* buffer, int size, int, void* context) {
  Asked& asked = *static_cast<Asked*>(context);
  asked.for_passphrase = true;
  if (!asked.passphrase) return -1;
  const std::string_view text = asked.passphrase->reveal();
  if (size < 0 || text.size() > static_cast<std::size_t>(size)) return -1;
  if (!text.empty()) std::memcpy(buffer, text.data(), text.size());
  return static_cast<int>(text.size());
}

Result<PkeyPtr> read_block(std::string_view block, const Secret* passphrase) {
  if (PkeyPtr plain = read_plain_p256(block)) return plain;
  ERR_clear_error();
  const BioPtr bio = made(BioPtr(BIO_new_mem_buf(block.data(), static_cast<int>(block.size()))));
  Asked asked{.passphrase = passphrase};
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &asked));  // never asks a terminal
  ERR_clear_error();
  if (key) return key;
  if (!asked.for_passphrase) return bad("its PEM block cannot be read; it must be PKCS#8, SEC1 or PKCS#1");
  if (!passphrase) return make_error(ErrorKind::config, "private key: it is encrypted; give its passphrase");
  return make_error(ErrorKind::config, "private key: the passphrase does not open it");
}

// SEC1 text may bring the point compressed, and would then be written so again.
void use_uncompressed_points(EVP_PKEY* key) {
  EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                 OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED);
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

PkeyPtr generate_native(KeyType type) {
  const auto rsa = [](std::size_t bits) { return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)); };
  const auto ec = [](const char* curve) { return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve)); };
  switch (type) {
    case KeyType::ec_p256: return ec("P-256");
    case KeyType::ec_p384: return ec("P-384");
    case KeyType::ec_p521: return ec("P-521");
    case KeyType::rsa_2048: return rsa(2048);
    case KeyType::rsa_3072: return rsa(3072);
    case KeyType::rsa_4096: return rsa(4096);
    case KeyType::ed25519: return PkeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  }
  return nullptr;
}

}  // namespace

Result<PrivateKey> PrivateKey::generate(KeyType type) {
  PrivateKey key;
  key.key_ = generate_native(type);
  if (!key.key_) {
    return make_error(ErrorKind::internal, "generating a key failed: " + openssl_error(), std::string(to_string(type)));
  }
  key.public_ = TRY(public_half(key.key_.get()));
  return key;
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, const Secret* passphrase) {
  if (pem.size() > pem_bytes_max) return bad("the text is longer than 64 KiB");
  if (passphrase && passphrase->reveal().size() > passphrase_bytes_max) {
    return make_error(ErrorKind::config, "private key: the passphrase is longer than 1024 octets");
  }
  const std::string_view block = TRY(private_block(pem));
  PrivateKey key;
  key.key_ = TRY(read_block(block, passphrase));
  key.public_ = TRY(public_half(key.key_.get()));
  if (EVP_PKEY_is_a(key.key_.get(), "EC")) use_uncompressed_points(key.key_.get());
  // The public half stands beside the private one in the text: a pair that does not match would sign in vain.
  const std::string_view probe = "pairwise consistency";
  const Bytes signature = TRY(key.sign(as_bytes(probe)));
  if (!key.public_.verify(as_bytes(probe), signature)) return bad("its two halves do not belong together");
  return key;
}

Result<Bytes> PrivateKey::sign(ByteView message) const {
  const MdCtxPtr context = made(MdCtxPtr(EVP_MD_CTX_new()));
  Bytes signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())));
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, signature_digest(public_.type()), nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return make_error(ErrorKind::internal, "signing failed: " + openssl_error(),
                      std::string(to_string(public_.type())));
  }
  signature.resize(size);
  return signature;
}

Secret PrivateKey::to_pem() const {
  const BioPtr bio = made(BioPtr(BIO_new(BIO_s_mem())));  // wipes its memory when freed and when it grows
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) out_of_memory();
  return Secret(text_of(bio.get()));
}

Result<std::string> PrivateKey::to_encrypted_pem(const Secret& passphrase) const {
  const std::string_view text = passphrase.reveal();
  if (text.empty() || text.size() > passphrase_bytes_max) {
    return make_error(ErrorKind::config, "a key is encrypted with a passphrase of 1 to 1024 octets");
  }
  AlgorithmPtr algorithm(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, salt_size, nullptr, scrypt_cost,
                                               scrypt_block, scrypt_parallel));
  const Pkcs8Ptr plain(EVP_PKEY2PKCS8(key_.get()));  // wiped when freed
  if (!algorithm || !plain) return make_error(ErrorKind::internal, "encrypting a key failed: " + openssl_error());
  const EncryptedPkcs8Ptr sealed(
      PKCS8_set0_pbe(text.data(), static_cast<int>(text.size()), plain.get(), algorithm.get()));
  if (!sealed) return make_error(ErrorKind::internal, "encrypting a key failed: " + openssl_error());
  static_cast<void>(algorithm.release());  // `sealed` has it now
  const BioPtr bio = made(BioPtr(BIO_new(BIO_s_mem())));
  if (PEM_write_bio_PKCS8(bio.get(), sealed.get()) != 1) out_of_memory();
  return text_of(bio.get());
}

}  // namespace crest::crypto
