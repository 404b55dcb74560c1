// Keys: a PrivateKey signs, a PublicKey verifies; both are cheap to copy and safe to share between threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace crest::crypto {

enum class KeyType { ec_p256, ec_p384, ec_p521, rsa_2048, rsa_3072, rsa_4096, ed25519 };
std::string_view to_string(KeyType type);                   // "ec-p256", "rsa-2048", "ed25519"
Result<KeyType> key_type_from_text(std::string_view text);  // error: usage, naming what is allowed

struct EcPoint {  // coordinates padded to the field: 32, 48 or 66 octets
  Bytes x, y;
};
struct RsaNumbers {  // big-endian, no leading zero octet
  Bytes n, e;
};
struct OkpPoint {
  Bytes x;  // 32 octets
};

// A PublicKey is on its curve and not of small order, or an RSA key with an odd modulus of 2048 to 8192 bits and an odd
// exponent from 3 to 2^64; others cannot be made. A stricter policy is the CA's business.
class PublicKey {
 public:
  PublicKey() = default;  // no key at all: only to be assigned to
  // Errors: malformed, saying what is wrong with the key.
  // Only named curves, uncompressed points and the one DER form of each key (RFC 5480, 8017, 8410).
  static Result<PublicKey> from_spki(ByteView der);
  // All RSA types mean the same here: the modulus decides.
  static Result<PublicKey> from_components(KeyType type, const std::variant<EcPoint, RsaNumbers, OkpPoint>& parts);

  KeyType type() const { return type_; }  // an RSA key of another size reports the next smaller type
  unsigned bits() const;
  const Bytes& spki() const { return spki_; }  // DER SubjectPublicKeyInfo: two keys are equal iff these are
  std::variant<EcPoint, RsaNumbers, OkpPoint> components() const;
  // `signature` in the form PrivateKey::sign makes. Hash as there.
  bool verify(ByteView message, ByteView signature) const;
  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.spki_ == b.spki_; }

  evp_pkey_st* native() const { return key_.get(); }  // for src/x509 and src/adapters only

 private:
  KeyType type_ = KeyType::ec_p256;
  std::shared_ptr<evp_pkey_st> key_;
  Bytes spki_;
};

// Whatever can sign: a key in memory, a file, a token.
class Signer {
 public:
  virtual ~Signer() = default;
  virtual const PublicKey& public_key() const = 0;
  // The X.509 form: DER Ecdsa-Sig-Value with SHA-256/384/512 for P-256/384/521; PKCS#1 v1.5 with SHA-256 for RSA;
  // 64 octets for Ed25519. Blocks as long as the token takes; thread-safe.
  virtual Result<Bytes> sign(ByteView message) const = 0;
};

class PrivateKey final : public Signer {
 public:
  static Result<PrivateKey> generate(KeyType type);  // RSA takes up to seconds
  // PKCS#8, SEC1 or PKCS#1 PEM, at most 64 KiB; an encrypted key needs `passphrase`. Error: malformed (does not say
  // which octets), config when the passphrase is missing or wrong. Certificates and EC PARAMETERS may stand around the
  // key; a second key is refused, and so are halves that do not match. Takes a signature's time.
  static Result<PrivateKey> from_pem(std::string_view pem, const Secret* passphrase = nullptr);

  const PublicKey& public_key() const override { return public_; }
  Result<Bytes> sign(ByteView message) const override;

  Secret to_pem() const;  // PKCS#8
  // PKCS#8, PBES2 with scrypt and AES-256-CBC; takes a quarter of a second. Error: config without a passphrase.
  Result<std::string> to_encrypted_pem(const Secret& passphrase) const;
  evp_pkey_st* native() const { return key_.get(); }  // for src/x509 and src/adapters only

 private:
  PrivateKey() = default;
  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_;
};

// Where new keys come from: generated in production, a pool of fixed keys in the simulator.
class KeySource {
 public:
  virtual ~KeySource() = default;
  virtual Result<PrivateKey> next(KeyType type) = 0;
};

class GeneratedKeys final : public KeySource {
 public:
  Result<PrivateKey> next(KeyType type) override { return PrivateKey::generate(type); }
};

}  // namespace crest::crypto
