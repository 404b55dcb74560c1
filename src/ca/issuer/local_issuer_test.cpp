#include "ca/issuer/local_issuer.hpp"

#include <gtest/gtest.h>

#include "ca/testing/test_ca.hpp"

namespace crest::ca::issuer {
namespace {

using testing::MoodySigner;
using testing::TestHierarchy;

class LocalIssuerTest : public ::testing::Test {
 protected:
  const TestHierarchy& hierarchy = TestHierarchy::get();
  crypto::SystemRandom random;
  MoodySigner signer{hierarchy.key};
  Profile profile{.key_types = {crypto::KeyType::ec_p256}};
  LocalIssuer issuer =
      LocalIssuer::open({x509::Chain({hierarchy.intermediate}), signer, hierarchy.root}, profile, random).value();
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const std::vector<x509::SubjectName> names = {{x509::SubjectName::Type::dns, "a.corp.example"}};
  const Time begin = from_unix_seconds(testing::ManualClock::start_seconds);
  const Time end = x509::last_second(begin, 24h);

  Prepared prepared() { return issuer.prepare({key.public_key(), names, {begin, end}}).value(); }

  // As it would stand in a journal that somebody wrote to: whole, with a digest that fits.
  Bytes tbs_of(x509::CertificateTemplate parts) {
    parts.serial = x509::new_serial(random);
    parts.not_before = begin;
    parts.not_after = end;
    auto tbs = x509::to_be_signed(parts, key.public_key(), &hierarchy.intermediate, signer.public_key()).value();
    return std::move(tbs.tbs);
  }
  std::string serial_of(const Bytes& tbs) {
    return x509::sign({.tbs = tbs, .algorithm = algorithm()}, hierarchy.key).value().serial_hex();
  }
  Bytes algorithm() {
    x509::CertificateTemplate parts{.serial = x509::new_serial(random), .not_before = begin, .not_after = end};
    return x509::to_be_signed(parts, key.public_key(), &hierarchy.intermediate, signer.public_key()).value().algorithm;
  }
  ErrorKind refused(const Bytes& tbs, const std::string& digest, const std::string& serial) {
    const auto made = issuer.sign({tbs, digest, serial, names, end});
    EXPECT_FALSE(made);
    return made ? ErrorKind::internal : made.error().kind;
  }
};

TEST_F(LocalIssuerTest, SF37_SignsWhatItPrepared) {
  const auto what = prepared();
  const auto made = issuer.sign({what.tbs, digest_of(what.tbs), what.serial, names, end});
  ASSERT_TRUE(made) << made.error().describe();
  EXPECT_EQ(made->serial_hex(), what.serial);
  EXPECT_EQ(made->names(), names);
  EXPECT_EQ(x509::lint(*made, &hierarchy.intermediate), "");
  EXPECT_EQ(signer.signatures, 1);
}

TEST_F(LocalIssuerTest, SF63_NoFlippedBitIsEverSigned) {
  const auto what = prepared();
  const std::string digest = digest_of(what.tbs);
  for (std::size_t i = 0; i < what.tbs.size(); i += 3) {
    Bytes damaged = what.tbs;
    damaged[i] ^= 0x10;
    EXPECT_EQ(refused(damaged, digest, what.serial), ErrorKind::malformed) << i;
  }
  EXPECT_EQ(refused({}, digest, what.serial), ErrorKind::malformed);
  EXPECT_EQ(refused({}, digest_of({}), what.serial), ErrorKind::malformed);
  EXPECT_EQ(refused(what.tbs, "", what.serial), ErrorKind::malformed);
  EXPECT_EQ(signer.signatures, 0);
}

TEST_F(LocalIssuerTest, SF37_SF63_WhatThePlainDigestDoesNotTellTheLintDoes) {
  const auto digital = static_cast<unsigned>(x509::KeyUsage::digital_signature);
  const std::vector<x509::ExtendedUsage> server = {x509::ExtendedUsage::server_auth};
  const std::vector<x509::SubjectName> others = {{x509::SubjectName::Type::dns, "evil.example"}};
  const std::pair<const char*, x509::CertificateTemplate> cases[] = {
      {"a CA",
       {.subject = {.common_name = "Evil CA"},
        .is_ca = true,
        .key_usage = static_cast<unsigned>(x509::KeyUsage::key_cert_sign)}},
      {"no extended usage", {.names = names, .key_usage = digital}},
      {"a leaf that may sign certificates",
       {.names = names, .key_usage = static_cast<unsigned>(x509::KeyUsage::key_cert_sign), .extended_usages = server}},
      {"other names", {.names = others, .key_usage = digital, .extended_usages = server}},
      {"no names", {.subject = {.common_name = "x"}, .key_usage = digital, .extended_usages = server}}};
  for (const auto& [what, parts] : cases) {
    const Bytes tbs = tbs_of(parts);
    EXPECT_EQ(refused(tbs, digest_of(tbs), serial_of(tbs)), ErrorKind::malformed) << what;
  }
  EXPECT_EQ(signer.signatures, 0);
}

TEST_F(LocalIssuerTest, SF63_TheRecordAndTheOctetsMustBeOfOneCertificate) {
  const auto what = prepared(), other = prepared();
  EXPECT_EQ(refused(what.tbs, digest_of(what.tbs), other.serial), ErrorKind::malformed);
  const auto longer = issuer.sign({what.tbs, digest_of(what.tbs), what.serial, names, end + 24h});
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().kind, ErrorKind::malformed);
  EXPECT_EQ(signer.signatures, 0);
}

}  // namespace
}  // namespace crest::ca::issuer
