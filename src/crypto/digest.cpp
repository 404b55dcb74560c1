#include "crypto/digest.hpp"

#include <algorithm>
#include <climits>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "crypto/algorithms.hpp"
#include "crypto/openssl.hpp"

namespace crest::crypto {
namespace {

void digest(const EVP_MD* md, ByteView data, std::uint8_t* out) {
  unsigned written = 0;
  if (EVP_Digest(data.data(), data.size(), out, &written, md, nullptr) != 1) out_of_memory();
}

const EVP_MAC* hmac_algorithm() {
  static const MacPtr mac = made(MacPtr(EVP_MAC_fetch(nullptr, "HMAC", nullptr)));
  return mac.get();
}

const char* name_of(Hash hash) {
  switch (hash) {
    case Hash::sha256: return "SHA256";
    case Hash::sha384: return "SHA384";
    case Hash::sha512: return "SHA512";
  }
  return "";
}

}  // namespace

// Looked up once: a look-up by name in every operation costs as much as a short digest itself.
const EVP_MD* message_digest(Hash hash) {
  static const MdPtr sha2_256 = made(MdPtr(EVP_MD_fetch(nullptr, "SHA256", nullptr)));
  static const MdPtr sha2_384 = made(MdPtr(EVP_MD_fetch(nullptr, "SHA384", nullptr)));
  static const MdPtr sha2_512 = made(MdPtr(EVP_MD_fetch(nullptr, "SHA512", nullptr)));
  switch (hash) {
    case Hash::sha256: return sha2_256.get();
    case Hash::sha384: return sha2_384.get();
    case Hash::sha512: return sha2_512.get();
  }
  return nullptr;
}

Sha256 sha256(ByteView data) {
  Sha256 out{};
  digest(message_digest(Hash::sha256), data, out.data());
  return out;
}

Bytes sha1(ByteView data) {
  static const MdPtr md = made(MdPtr(EVP_MD_fetch(nullptr, "SHA1", nullptr)));
  Bytes out(20);
  digest(md.get(), data, out.data());
  return out;
}

std::size_t size_of(Hash hash) { return hash == Hash::sha256 ? 32 : hash == Hash::sha384 ? 48 : 64; }

Bytes hmac(Hash hash, ByteView key, ByteView data) {
  const MacCtxPtr context = made(MacCtxPtr(EVP_MAC_CTX_new(const_cast<EVP_MAC*>(hmac_algorithm()))));
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(name_of(hash)), 0),
      OSSL_PARAM_construct_end()};
  static constexpr std::uint8_t nothing[1] = {};  // a null key would mean "the key set before"
  const std::uint8_t* key_octets = key.empty() ? nothing : key.data();
  Bytes out(size_of(hash));
  std::size_t written = 0;
  if (EVP_MAC_init(context.get(), key_octets, key.size(), params) != 1 ||
      EVP_MAC_update(context.get(), data.data(), data.size()) != 1 ||
      EVP_MAC_final(context.get(), out.data(), &written, out.size()) != 1) {
    out_of_memory();
  }
  return out;
}

bool equal_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  return a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void SystemRandom::fill(std::span<std::uint8_t> out) {
  while (!out.empty()) {
    const std::size_t part = std::min<std::size_t>(out.size(), INT_MAX);
    if (RAND_bytes(out.data(), static_cast<int>(part)) != 1)
      throw std::runtime_error("the system's generator gives no random octets; nothing can be done safely without");
    out = out.subspan(part);
  }
}

}  // namespace crest::crypto
