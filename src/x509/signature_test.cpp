#include "x509/signature.hpp"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include "crypto/openssl.hpp"
#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;
using crypto::KeyType;

// The leaf of pki(), signed anew by OpenSSL.
Certificate signed_by_openssl(const crypto::PrivateKey& signer, const EVP_MD* digest, bool pss = false) {
  const unsigned char* in = pki().leaf.der().data();
  const crypto::X509Ptr certificate(d2i_X509(nullptr, &in, static_cast<long>(pki().leaf.der().size())));
  const crypto::MdCtxPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* how = nullptr;
  EXPECT_EQ(EVP_DigestSignInit(context.get(), &how, digest, nullptr, signer.native()), 1);
  if (pss) EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING);
  EXPECT_GT(X509_sign_ctx(certificate.get(), context.get()), 0);
  unsigned char* octets = nullptr;
  const int size = i2d_X509(certificate.get(), &octets);
  const crypto::OctetsPtr owner(octets);
  return Certificate::from_der(ByteView(octets, static_cast<std::size_t>(size))).value();
}

Certificate ca_of(const crypto::PrivateKey& signer) {
  return issue(root_template(), signer.public_key(), nullptr, signer);
}

TEST(Signature, AnyDigestOfSha2WithAnyKeyThatFits) {
  for (const KeyType type : {KeyType::rsa_2048, KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521}) {
    const Certificate ca = ca_of(key(type, 1));
    for (const EVP_MD* digest : {EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
      EXPECT_TRUE(signed_by_openssl(key(type, 1), digest).signed_by(ca)) << to_string(type);
    }
  }
  EXPECT_TRUE(signed_by_openssl(key(KeyType::ed25519, 1), nullptr).signed_by(ca_of(key(KeyType::ed25519, 1))));
}

TEST(Signature, Sha1ProvesNothing) {
  for (const KeyType type : {KeyType::rsa_2048, KeyType::ec_p256}) {
    EXPECT_FALSE(signed_by_openssl(key(type, 1), EVP_sha1()).signed_by(ca_of(key(type, 1)))) << to_string(type);
  }
}

TEST(Signature, PssIsReadFromItsParameters) {
  const crypto::PrivateKey& signer = key(KeyType::rsa_2048);
  const Certificate ca = ca_of(signer);
  const Certificate good = signed_by_openssl(signer, EVP_sha256(), true);
  EXPECT_TRUE(good.signed_by(ca));
  EXPECT_FALSE(good.signed_by(ca_of(key(KeyType::rsa_3072))));
  EXPECT_FALSE(good.signed_by(ca_of(key())));
  EXPECT_FALSE(signed_by_openssl(signer, EVP_sha1(), true).signed_by(ca));
  Bytes changed = good.der();
  changed.back() ^= 1;
  EXPECT_FALSE(Certificate::from_der(changed)->signed_by(ca));
}

TEST(Signature, VerifyRefusesWhatDoesNotFit) {
  const Bytes message = to_bytes("message");
  const Bytes signature = key().sign(message).value();
  const ByteView sha256 = signature_algorithm(KeyType::ec_p256);
  EXPECT_TRUE(verify_signature(sha256, key().public_key(), message, signature));
  EXPECT_FALSE(verify_signature(sha256, key().public_key(), to_bytes("massage"), signature));
  EXPECT_FALSE(verify_signature(signature_algorithm(KeyType::ec_p384), key().public_key(), message, signature));
  EXPECT_FALSE(verify_signature(sha256, key(KeyType::ed25519).public_key(), message, signature));
  EXPECT_FALSE(verify_signature(sha256, key().public_key(), message, {}));
  EXPECT_FALSE(verify_signature(sha256, crypto::PublicKey(), message, signature));
  EXPECT_FALSE(verify_signature({}, key().public_key(), message, signature));
}

TEST(Signature, NamesForMessages) {
  EXPECT_EQ(algorithm_name(signature_algorithm(KeyType::rsa_2048)), "sha256WithRSAEncryption");
  EXPECT_EQ(algorithm_name(Bytes{0x30, 0x04, 0x06, 0x02, 0x2a, 0x03}), "1.2.3");
  EXPECT_EQ(algorithm_name({}), "an unreadable algorithm");
  EXPECT_EQ(algorithm_name(Bytes{0x30, 0x02, 0x06, 0x00}), "an unreadable algorithm");
}

}  // namespace
}  // namespace crest::x509
