#define OPENSSL_SUPPRESS_DEPRECATED  // its generator can be replaced by the old interface only
#include "crypto/digest.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <openssl/rand.h>

#include "crypto/key.hpp"
#include "crypto/openssl.hpp"
#include "encoding/base64.hpp"

namespace crest::crypto {
namespace {

using encoding::hex;

Bytes from_hex(std::string_view text) { return encoding::from_hex(text).value(); }

TEST(Digest, MatchesFips180) {
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Hmac, MatchesRfc4231) {
  const Bytes key = from_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
  const ByteView data = as_bytes("Hi There");
  EXPECT_EQ(hex(hmac(Hash::sha256, key, data)), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac(Hash::sha384, key, data)),
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59cfaea9ea9076ede7f4af152e8b2fa9cb6");
  EXPECT_EQ(hex(hmac(Hash::sha512, key, data)),
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
            "be9d914eeb61f1702e696c203a126854");
}

TEST(Hmac, TakesAnEmptyKeyAndLongOnes) {
  EXPECT_EQ(hex(hmac(Hash::sha256, {}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  const Bytes key(131, 0xaa);  // RFC 4231 case 6
  EXPECT_EQ(hex(hmac(Hash::sha256, key, as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(EqualConstantTime, ComparesWholeValues) {
  EXPECT_TRUE(equal_constant_time(as_bytes("same"), as_bytes("same")));
  EXPECT_TRUE(equal_constant_time({}, {}));
  EXPECT_FALSE(equal_constant_time(as_bytes("same"), as_bytes("samE")));
  EXPECT_FALSE(equal_constant_time(as_bytes("same"), as_bytes("sam")));
}

TEST(SystemRandom, FillsEveryOctet) {
  SystemRandom random;
  Bytes seen(64, 0);
  for (int i = 0; i < 20; ++i) {
    const Bytes next = random.bytes(64);
    for (std::size_t at = 0; at < 64; ++at) seen[at] |= next[at];
  }
  EXPECT_EQ(std::ranges::count(seen, 0), 0);
  EXPECT_NE(random.bytes(16), random.bytes(16));
  EXPECT_TRUE(random.bytes(0).empty());
}

// A generator without entropy, for as long as it lives.
class NoEntropy {
 public:
  NoEntropy() { RAND_set_rand_method(&method_); }
  ~NoEntropy() { RAND_set_rand_method(nullptr); }
  NoEntropy(const NoEntropy&) = delete;

 private:
  static int nothing(unsigned char*, int) { return 0; }
  static int none() { return 0; }
  inline static const RAND_METHOD method_{nullptr, nothing, nullptr, nullptr, nothing, none};
};

TEST(SystemRandom, SF69_WithoutEntropyNoOctetAndNoKeyIsMade) {
  SystemRandom random;
  {
    const NoEntropy none;
    EXPECT_THROW((void)random.bytes(1), std::runtime_error);
    for (const auto type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::rsa_2048, KeyType::ed25519}) {
      EXPECT_FALSE(PrivateKey::generate(type)) << to_string(type);
    }
  }
  EXPECT_NE(random.bytes(16), Bytes(16, 0)) << "and goes on once there is some";
}

TEST(Seal, MatchesTheGcmSpecificationsTestCases) {
  const Bytes key(32, 0), nonce(12, 0), zeros(16, 0);
  EXPECT_EQ(hex(seal(key, nonce, {})), "530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_EQ(hex(seal(key, nonce, zeros)), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(Seal, OpensOnlyWhatWasSealed) {
  const Bytes key(32, 7), nonce(12, 9);
  for (const std::size_t size : {0u, 1u, 16u, 33u, 1000u}) {
    const Bytes plain(size, 0x5a);
    const Bytes sealed = seal(key, nonce, plain);
    ASSERT_EQ(sealed.size(), size + 16);
    ASSERT_EQ(unseal(key, nonce, sealed), plain);
    for (std::size_t at = 0; at < sealed.size(); at += 7) {
      Bytes changed = sealed;
      changed[at] ^= 1;
      EXPECT_FALSE(unseal(key, nonce, changed)) << size << " at " << at;
    }
    EXPECT_FALSE(unseal(key, nonce, ByteView(sealed).first(sealed.size() - 1)));
    EXPECT_FALSE(unseal(Bytes(32, 8), nonce, sealed));
    EXPECT_FALSE(unseal(key, Bytes(12, 8), sealed));
  }
}

TEST(Seal, KnowsWrongSizes) {
  EXPECT_THROW(seal(Bytes(16), Bytes(12), {}), std::invalid_argument);
  EXPECT_THROW(seal(Bytes(32), Bytes(16), {}), std::invalid_argument);
  EXPECT_FALSE(unseal(Bytes(32), Bytes(12), Bytes(15)));
  EXPECT_FALSE(unseal(Bytes(31), Bytes(12), Bytes(20)));
}

TEST(OpensslError, DrainsTheQueue) {
  EXPECT_EQ(openssl_error(), "no reason given");
  const std::uint8_t garbage[] = {0x30, 0x05};
  const std::uint8_t* at = garbage;
  EXPECT_EQ(X509Ptr(d2i_X509(nullptr, &at, sizeof garbage)), nullptr);
  EXPECT_NE(openssl_error(), "no reason given");
  EXPECT_EQ(openssl_error(), "no reason given");
}

}  // namespace
}  // namespace crest::crypto
