// AES-256-GCM (NIST SP 800-38D) for short values.
#include <stdexcept>

#include <openssl/err.h>

#include "crypto/digest.hpp"
#include "crypto/openssl.hpp"

namespace crest::crypto {
namespace {

constexpr std::size_t key_size = 32;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t plain_bytes_max = 1u << 30;  // the counter and int arguments allow no more at once

const EVP_CIPHER* aes_256_gcm() {
  static const CipherPtr cipher = made(CipherPtr(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)));
  return cipher.get();
}

bool sizes_fit(ByteView key, ByteView nonce, std::size_t plain_size) {
  return key.size() == key_size && nonce.size() == nonce_size && plain_size <= plain_bytes_max;
}

}  // namespace

Bytes seal(ByteView key32, ByteView nonce12, ByteView plain) {
  if (!sizes_fit(key32, nonce12, plain.size())) throw std::invalid_argument("seal: key, nonce or text of a wrong size");
  const CipherCtxPtr context = made(CipherCtxPtr(EVP_CIPHER_CTX_new()));
  Bytes out(plain.size() + tag_size);
  const int plain_size = static_cast<int>(plain.size());
  int written = 0;
  if (EVP_EncryptInit_ex2(context.get(), aes_256_gcm(), key32.data(), nonce12.data(), nullptr) != 1 ||
      (plain_size != 0 && EVP_EncryptUpdate(context.get(), out.data(), &written, plain.data(), plain_size) != 1) ||
      EVP_EncryptFinal_ex(context.get(), out.data() + written, &written) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, out.data() + plain_size) != 1) {
    out_of_memory();
  }
  return out;
}

std::optional<Bytes> unseal(ByteView key32, ByteView nonce12, ByteView sealed) {
  if (sealed.size() < tag_size || !sizes_fit(key32, nonce12, sealed.size() - tag_size)) return std::nullopt;
  const CipherCtxPtr context = made(CipherCtxPtr(EVP_CIPHER_CTX_new()));
  Bytes out(sealed.size() - tag_size);
  const int plain_size = static_cast<int>(out.size());
  Bytes tag = to_bytes(sealed.last(tag_size));
  std::uint8_t rest[tag_size];  // final writes nothing in this mode, but wants a place
  int written = 0;
  if (EVP_DecryptInit_ex2(context.get(), aes_256_gcm(), key32.data(), nonce12.data(), nullptr) != 1 ||
      (plain_size != 0 && EVP_DecryptUpdate(context.get(), out.data(), &written, sealed.data(), plain_size) != 1) ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(context.get(), rest, &written) != 1) {
    OPENSSL_cleanse(out.data(), out.size());
    ERR_clear_error();
    return std::nullopt;
  }
  return out;
}

}  // namespace crest::crypto
