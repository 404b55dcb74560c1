#include "crypto/weak_rsa.hpp"

#include <gtest/gtest.h>

#include "crypto/key.hpp"
#include "crypto/openssl.hpp"

namespace crest::crypto {
namespace {

BignumPtr number(unsigned long value) {
  BignumPtr out(BN_new());
  BN_set_word(out.get(), value);
  return out;
}

BignumPtr power_of_two(int exponent) {
  BignumPtr out(BN_new());
  BN_set_bit(out.get(), exponent);
  return out;
}

Bytes octets(const BIGNUM* value) {
  Bytes out(static_cast<std::size_t>(BN_num_bytes(value)));
  BN_bn2bin(value, out.data());
  return out;
}

// (a - distance * 2^shift) * (a + distance * 2^shift), a being odd or even as it must be.
Bytes product_of_close_numbers(unsigned long middle, unsigned long distance, int shift) {
  const BnCtxPtr context(BN_CTX_new());
  const BignumPtr a = power_of_two(1023), b(BN_new()), d = number(distance), n(BN_new());
  BN_lshift(d.get(), d.get(), shift);
  BN_add_word(a.get(), middle);
  BN_add(b.get(), a.get(), d.get());
  BN_sub(a.get(), a.get(), d.get());
  BN_mul(n.get(), a.get(), b.get(), context.get());
  return octets(n.get());
}

TEST(WeakRsa, SF10_OrdinaryKeysPass) {
  for (const KeyType type : {KeyType::rsa_2048}) {
    const auto key = PrivateKey::generate(type).value();
    const auto parts = std::get<RsaNumbers>(key.public_key().components());
    EXPECT_EQ(why_factorable(parts.n), "");
  }
}

TEST(WeakRsa, SF10_SmallFactors) {
  const BnCtxPtr context(BN_CTX_new());
  const auto key = PrivateKey::generate(KeyType::rsa_2048).value();
  const auto parts = std::get<RsaNumbers>(key.public_key().components());
  for (const unsigned long factor : {3ul, 167ul, 173ul, 751ul}) {
    const BignumPtr n(BN_bin2bn(parts.n.data(), static_cast<int>(parts.n.size()), nullptr)), f = number(factor);
    BN_mul(n.get(), n.get(), f.get(), context.get());
    EXPECT_NE(why_factorable(octets(n.get())).find("small factor " + std::to_string(factor)), std::string::npos);
  }
  EXPECT_NE(why_factorable(octets(power_of_two(2047).get())), "");
}

TEST(WeakRsa, SF10_ClosePrimes) {
  // With distance d * 2^512 the factors show after about d * d rounds.
  for (const auto& [distance, shift] : {std::pair{2ul, 0}, {2ul, 400}, {6ul, 512}, {10ul, 512}}) {
    int caught = 0;  // most have a small factor before that
    for (unsigned long middle = 1; middle < 400; middle += 2) {
      const std::string why = why_factorable(product_of_close_numbers(middle, distance, shift));
      EXPECT_NE(why, "") << middle << " " << distance;
      caught += why.find("close together") != std::string::npos ? 1 : 0;
    }
    EXPECT_GE(caught, 1) << distance << " " << shift;
  }
}

TEST(WeakRsa, SF10_FaultyGenerator) {
  const BnCtxPtr context(BN_CTX_new());
  const BignumPtr product = number(1), n = number(1), base = number(65537);
  for (unsigned p = 3; p <= 167; p += 2) {
    bool prime = true;
    for (unsigned d = 3; d * d <= p; d += 2) prime = prime && p % d != 0;
    if (prime) BN_mul_word(product.get(), p);
  }
  for (int i = 0; i < 5; ++i) BN_mul(n.get(), n.get(), base.get(), context.get());
  const BignumPtr step(BN_new());
  BN_lshift(step.get(), product.get(), 2048 - BN_num_bits(product.get()));
  BN_add(n.get(), n.get(), step.get());
  std::string why;
  for (int tries = 0; tries < 100 && why.find("CVE-2017-15361") == std::string::npos; ++tries) {
    why = why_factorable(octets(n.get()));
    BN_lshift1(step.get(), product.get());
    BN_add(n.get(), n.get(), step.get());
  }
  EXPECT_NE(why.find("CVE-2017-15361"), std::string::npos) << why;
}

}  // namespace
}  // namespace crest::crypto
