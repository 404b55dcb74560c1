#include "x509/signature.hpp"

#include <array>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "crypto/openssl.hpp"
#include "x509/asn1.hpp"
#include "x509/oid.hpp"

namespace crest::x509 {
namespace {

using namespace std::string_view_literals;

enum class Family { ecdsa, rsa, ed25519 };

Family family_of(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::ec_p256:
    case crypto::KeyType::ec_p384:
    case crypto::KeyType::ec_p521: return Family::ecdsa;
    case crypto::KeyType::ed25519: return Family::ed25519;
    default: return Family::rsa;
  }
}

struct Algorithm {
  std::string_view identifier;  // DER: parameters absent, for RSA NULL
  Family family;
  const EVP_MD* (*digest)();
};

const EVP_MD* no_digest() { return nullptr; }  // Ed25519 hashes itself

constexpr std::array<Algorithm, 7> algorithms = {{
    {"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"sv, Family::ecdsa, EVP_sha256},
    {"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"sv, Family::ecdsa, EVP_sha384},
    {"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x04"sv, Family::ecdsa, EVP_sha512},
    {"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"sv, Family::rsa, EVP_sha256},
    {"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c\x05\x00"sv, Family::rsa, EVP_sha384},
    {"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d\x05\x00"sv, Family::rsa, EVP_sha512},
    {"\x30\x05\x06\x03\x2b\x65\x70"sv, Family::ed25519, no_digest},
}};

const Algorithm* find_algorithm(ByteView identifier) {
  for (const Algorithm& algorithm : algorithms) {
    if (algorithm.identifier == as_text(identifier)) return &algorithm;
  }
  return nullptr;
}

Result<asn1::Element> object_of(ByteView algorithm) {
  asn1::Reader outer(algorithm);
  asn1::Reader reader = TRY(outer.enter(encoding::der::tag_sequence, "the algorithm"));
  return reader.take(encoding::der::tag_oid, "the algorithm");
}

}  // namespace

ByteView signature_algorithm(crypto::KeyType type) {
  switch (type) {
    case crypto::KeyType::ec_p256: return as_bytes(algorithms[0].identifier);
    case crypto::KeyType::ec_p384: return as_bytes(algorithms[1].identifier);
    case crypto::KeyType::ec_p521: return as_bytes(algorithms[2].identifier);
    case crypto::KeyType::ed25519: return as_bytes(algorithms[6].identifier);
    default: return as_bytes(algorithms[3].identifier);
  }
}

bool is_accepted_algorithm(ByteView algorithm) { return find_algorithm(algorithm) != nullptr; }

bool verify_signature(ByteView identifier, const crypto::PublicKey& key, ByteView message, ByteView signature) {
  const Algorithm* algorithm = find_algorithm(identifier);
  if (!algorithm || !key.native() || algorithm->family != family_of(key.type())) return false;
  const auto context = crypto::made(crypto::MdCtxPtr(EVP_MD_CTX_new()));
  const bool good =
      EVP_DigestVerifyInit(context.get(), nullptr, algorithm->digest(), nullptr, key.native()) == 1 &&
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

bool is_pss_algorithm(ByteView algorithm) {
  const auto object = object_of(algorithm);
  return object && as_text(object->content) == oid::rsa_pss;
}

std::string algorithm_name(ByteView algorithm) {
  constexpr std::size_t chars_max = 80;
  const auto element = object_of(algorithm);
  if (!element) return "an unreadable algorithm";
  const unsigned char* in = element->whole.data();
  const crypto::Asn1ObjectPtr object(d2i_ASN1_OBJECT(nullptr, &in, static_cast<long>(element->whole.size())));
  std::array<char, chars_max> text{};
  if (!object || OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object.get(), 0) <= 0) {
    ERR_clear_error();
    return "an unreadable algorithm";
  }
  return text.data();
}

}  // namespace crest::x509
