#include "client/verify.hpp"

#include <gtest/gtest.h>

#include "x509/test_certificates.hpp"

namespace crest::client {
namespace {

namespace test = x509::test;

constexpr Time noon = test::year_2026 + Duration(12 * 3'600'000);

const std::vector<acme::Identifier>& identifiers() {
  static const std::vector<acme::Identifier> all = {{acme::IdentifierType::dns, "example.org"},
                                                    {acme::IdentifierType::ip, "2001:db8::1"},
                                                    {acme::IdentifierType::dns, "www.example.org"},
                                                    {acme::IdentifierType::ip, "192.0.2.10"}};
  return all;
}

Result<void> verify(const x509::CertificateTemplate& parts, Time now = noon,
                    const std::vector<x509::Certificate>* pinned = nullptr) {
  const auto& pki = test::pki();
  const auto leaf = test::issue(parts, pki.leaf_key.public_key(), &pki.intermediate, pki.intermediate_key);
  return verify_issued(x509::Chain({leaf, pki.intermediate}), pki.leaf_key.public_key(), identifiers(), pinned, now);
}

TEST(VerifyIssued, CRT_07_AGoodOnePasses) {
  EXPECT_TRUE(verify(test::leaf_template()));
  const std::vector<x509::Certificate> roots = {test::pki().root};
  EXPECT_TRUE(verify(test::leaf_template(), noon, &roots));
}

TEST(VerifyIssued, CF20_AnotherKey) {
  const auto refused =
      verify_issued(test::pki().chain(), test::pki().root_key.public_key(), identifiers(), nullptr, noon);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::cert_rejected);
  EXPECT_NE(refused.error().message.find("another key"), std::string::npos);
}

TEST(VerifyIssued, CF21_ExactlyTheNames) {
  auto parts = test::leaf_template();
  parts.names.pop_back();
  EXPECT_EQ(verify(parts).error().kind, ErrorKind::cert_rejected);
  parts = test::leaf_template();
  parts.names.push_back(test::dns("evil.example.org"));
  const auto refused = verify(parts);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("evil.example.org"), std::string::npos);
  parts = test::leaf_template();
  parts.names.clear();
  parts.subject.common_name = "example.org";  // CN only
  EXPECT_FALSE(verify(parts));
}

struct DateCase {
  Duration begin, end;  // from noon
  std::optional<ErrorKind> error;
};
TEST(VerifyIssued, CF22_Dates) {
  for (const DateCase& c :
       {DateCase{-1h, 1h, {}}, DateCase{-2h, -1h, ErrorKind::cert_rejected}, DateCase{4min, 1h, {}},
        DateCase{6min, 1h, ErrorKind::clock_suspect}, DateCase{0min, 0min, ErrorKind::cert_rejected},
        DateCase{-1h, 100 * 365 * test::day, {}}, DateCase{-1h, 0h, {}}}) {
    auto parts = test::leaf_template();
    parts.not_before = noon + c.begin;
    parts.not_after = noon + c.end;
    const auto outcome = verify(parts);
    EXPECT_EQ(outcome.has_value(), !c.error) << c.begin.count() << " " << c.end.count();
    if (!outcome) {
      EXPECT_EQ(outcome.error().kind, *c.error) << c.begin.count() << " " << c.end.count();
    }
  }
}

TEST(VerifyIssued, CF25_EveryCertificateIsInDate) {
  const auto& pki = test::pki();
  const auto outcome = [&](Duration begin, Duration end) {
    auto parts = test::intermediate_template();
    parts.not_before = noon + begin;
    parts.not_after = noon + end;
    const auto issuer = test::issue(parts, pki.intermediate_key.public_key(), &pki.root, pki.root_key);
    return verify_issued(x509::Chain({pki.leaf, issuer}), pki.leaf_key.public_key(), identifiers(), nullptr, noon);
  };
  EXPECT_TRUE(outcome(-1h, 1h));
  EXPECT_TRUE(outcome(4min, 1h));
  for (const auto& refused : {outcome(-2h, -1h), outcome(6min, 1h)}) {
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::cert_rejected);
    EXPECT_NE(refused.error().message.find("certificate 2 of its chain"), std::string::npos);
  }
}

TEST(VerifyIssued, CF23_EachSignedByTheNextAndACa) {
  const auto& pki = test::pki();
  const auto& key = pki.leaf_key.public_key();
  EXPECT_FALSE(verify_issued(x509::Chain({pki.leaf, pki.root}), key, identifiers(), nullptr, noon));
  EXPECT_FALSE(verify_issued(x509::Chain({pki.leaf, pki.leaf}), key, identifiers(), nullptr, noon));
  EXPECT_TRUE(verify_issued(x509::Chain({pki.leaf, pki.intermediate}), key, identifiers(), nullptr, noon));
}

TEST(VerifyIssued, CF24_APinnedRootIsNotNegotiable) {
  const auto& key = test::key(crypto::KeyType::ec_p256, 77);
  const std::vector<x509::Certificate> other = {test::issue(test::root_template(), key.public_key(), nullptr, key)};
  const auto refused = verify(test::leaf_template(), noon, &other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::cert_rejected);
  const std::vector<x509::Certificate> none;
  EXPECT_FALSE(verify(test::leaf_template(), noon, &none));
}

}  // namespace
}  // namespace crest::client
