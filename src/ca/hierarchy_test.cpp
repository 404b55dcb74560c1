#include "ca/hierarchy.hpp"

#include <gtest/gtest.h>

#include "crypto/digest.hpp"
#include "x509/build.hpp"

namespace crest::ca {
namespace {

TEST(Hierarchy, X509_06_RootAndIntermediateAsTheProfilesSay) {
  crypto::SystemRandom random;
  const auto root_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const Time now = from_unix_seconds(1'767'225'600) + Duration(345);
  const auto made = make_hierarchy({.name = "Corp"}, root_key, key, random, now);
  ASSERT_TRUE(made) << made.error().describe();
  const auto& [root, intermediate] = *made;
  EXPECT_TRUE(root.is_ca() && intermediate.is_ca());
  EXPECT_TRUE(root.is_self_issued() && root.signed_by(root) && intermediate.signed_by(root));
  EXPECT_NE(root.subject().find("Corp Root CA"), std::string::npos);
  EXPECT_NE(intermediate.subject().find("Corp Intermediate CA"), std::string::npos);
  EXPECT_EQ(root.lifetime(), 3652 * 24h);
  EXPECT_EQ(intermediate.lifetime(), 1826 * 24h);
  EXPECT_LE(root.not_before(), now);
  EXPECT_GE(root.not_after(), intermediate.not_after());
  const auto usage =
      static_cast<unsigned>(x509::KeyUsage::key_cert_sign) | static_cast<unsigned>(x509::KeyUsage::crl_sign);
  EXPECT_EQ(root.key_usage(), usage);
  EXPECT_EQ(intermediate.key_usage(), usage);
  EXPECT_TRUE(x509::verify_chain(x509::Chain({intermediate}), {root}, now));
  EXPECT_NE(root.serial(), intermediate.serial());
}

}  // namespace
}  // namespace crest::ca
