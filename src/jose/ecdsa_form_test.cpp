#include "jose/ecdsa_form.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "encoding/base64.hpp"

namespace crest::jose {
namespace {

using crypto::KeyType;

Bytes hex(std::string_view text) { return encoding::from_hex(text).value(); }

const std::string p256_n = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const std::string p256_n_minus_1 = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";
const std::string one = std::string(62, '0') + "01";
const std::string zero(64, '0');

constexpr KeyType curves[] = {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521};

TEST(EcdsaForm, JWS_14_GoesBothWays) {
  for (const KeyType type : curves) {
    SCOPED_TRACE(crypto::to_string(type));
    const auto key = crypto::PrivateKey::generate(type).value();
    for (int i = 0; i < 20; ++i) {
      const Bytes message = to_bytes(std::to_string(i));
      const Bytes der = key.sign(message).value();
      const Bytes fixed = ecdsa_to_fixed(type, der).value();
      ASSERT_EQ(fixed.size(), 2 * ecdsa_half_size(type));
      ASSERT_EQ(ecdsa_to_der(type, fixed), der);
    }
  }
  EXPECT_EQ(ecdsa_half_size(KeyType::ec_p256), 32u);
  EXPECT_EQ(ecdsa_half_size(KeyType::ec_p384), 48u);
  EXPECT_EQ(ecdsa_half_size(KeyType::ec_p521), 66u);
  EXPECT_EQ(ecdsa_half_size(KeyType::rsa_2048), 0u);
  EXPECT_EQ(ecdsa_half_size(KeyType::ed25519), 0u);
}

TEST(EcdsaForm, SmallNumbersArePadded) {
  const Bytes der = hex("3006020101020101");
  EXPECT_EQ(ecdsa_to_fixed(KeyType::ec_p256, der), hex(one + one));
  EXPECT_EQ(ecdsa_to_der(KeyType::ec_p256, hex(one + one)), der);
  EXPECT_EQ(ecdsa_to_der(KeyType::ec_p256, hex(one + p256_n_minus_1)), hex("3026020101"
                                                                           "022100" +
                                                                           p256_n_minus_1));
}

TEST(EcdsaForm, SF9_RangeIsOneToOrderMinusOne) {
  EXPECT_TRUE(ecdsa_to_der(KeyType::ec_p256, hex(p256_n_minus_1 + one)));
  for (const std::string& outside : {zero, p256_n, std::string(64, 'f')}) {
    EXPECT_FALSE(ecdsa_to_der(KeyType::ec_p256, hex(outside + one))) << outside;
    EXPECT_FALSE(ecdsa_to_der(KeyType::ec_p256, hex(one + outside))) << outside;
  }
  for (const KeyType type : curves) {
    const std::size_t half = ecdsa_half_size(type);
    EXPECT_FALSE(ecdsa_to_der(type, Bytes(2 * half, 0)));
    EXPECT_FALSE(ecdsa_to_der(type, Bytes(2 * half, 0xff)));
    EXPECT_TRUE(ecdsa_to_der(type, Bytes(2 * half, 0x01)));
  }
}

TEST(EcdsaForm, SF9_WrongLengthIsRefused) {
  for (const std::size_t size : {0u, 1u, 32u, 63u, 65u, 70u, 71u, 72u, 96u, 132u}) {
    EXPECT_FALSE(ecdsa_to_der(KeyType::ec_p256, Bytes(size, 1))) << size;
  }
  EXPECT_FALSE(ecdsa_to_der(KeyType::rsa_2048, Bytes(64, 1)));
  EXPECT_FALSE(ecdsa_to_der(KeyType::ed25519, Bytes(64, 1)));
}

TEST(EcdsaForm, OnlyDerIsReadAsDer) {
  for (const std::string& wrong :
       std::vector<std::string>{"", "30", "3006020100020101", "3006020101020100", "300602010102018f",
                                "300702020001020101", "30060201010201010000", "3009020101020101020101", "3003020101",
                                "3081060201010201"
                                "01",
                                "3080020101020101"
                                "0000",
                                "3106020101020101", "3006030101020101",
                                "300502000"
                                "20101",
                                "3026020101022100" + p256_n,
                                "3027020101022200"
                                "01" +
                                    p256_n}) {
    EXPECT_FALSE(ecdsa_to_fixed(KeyType::ec_p256, hex(wrong))) << wrong;
  }
  EXPECT_FALSE(ecdsa_to_fixed(KeyType::ed25519, hex("3006020101020101")));
}

}  // namespace
}  // namespace crest::jose
