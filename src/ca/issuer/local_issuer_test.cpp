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
  std::unique_ptr<LocalIssuer> issuer =
      LocalIssuer::open(x509::Chain({hierarchy.intermediate}), signer, hierarchy.root, random).value();
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const std::vector<x509::SubjectName> names = {{x509::SubjectName::Type::dns, "a.corp.example"}};
  const Time begin = from_unix_seconds(testing::ManualClock::start_seconds);
  const Time end = x509::last_second(begin, 24h);

  Draft drafted() { return issuer->draft({key.public_key(), names, profile, {begin, end}, {}}).value(); }
  Result<x509::Certificate> finished(const Bytes& handle, const std::string& digest, const std::string& serial,
                                     Time last, bool fresh = false) {
    auto progress = TRY(issuer->advance({.serial = serial,
                                         .order = "order",
                                         .handle = handle,
                                         .handle_sha256 = digest,
                                         .names = names,
                                         .validity = {begin, last},
                                         .profile = &profile,
                                         .fresh = fresh},
                                        begin));
    return std::get<Issued>(std::move(progress)).certificate;
  }

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
    const auto made = finished(tbs, digest, serial, end);
    EXPECT_FALSE(made);
    return made ? ErrorKind::internal : made.error().kind;
  }
};

TEST_F(LocalIssuerTest, SF37_SignsWhatItPrepared) {
  const auto what = drafted();
  const auto made = finished(what.handle, digest_of(what.handle), what.serial, end);
  ASSERT_TRUE(made) << made.error().describe();
  EXPECT_EQ(made->serial_hex(), what.serial);
  EXPECT_EQ(made->names(), names);
  EXPECT_EQ(x509::lint(*made, &hierarchy.intermediate), "");
  EXPECT_EQ(signer.signatures, 1);
}

TEST_F(LocalIssuerTest, SF63_NoFlippedBitIsEverSigned) {
  const auto what = drafted();
  const std::string digest = digest_of(what.handle);
  for (std::size_t i = 0; i < what.handle.size(); i += 3) {
    Bytes damaged = what.handle;
    damaged[i] ^= 0x10;
    EXPECT_EQ(refused(damaged, digest, what.serial), ErrorKind::malformed) << i;
  }
  EXPECT_EQ(refused({}, digest, what.serial), ErrorKind::malformed);
  EXPECT_EQ(refused({}, digest_of({}), what.serial), ErrorKind::malformed);
  EXPECT_EQ(refused(what.handle, "", what.serial), ErrorKind::malformed);
  EXPECT_EQ(signer.signatures, 0);
}

// A token that signs something else, or with another key of its own.
class ConfusedSigner final : public crypto::Signer {
 public:
  const crypto::PrivateKey& announced = TestHierarchy::get().key;
  const crypto::PrivateKey* key = &announced;
  Bytes instead;
  const crypto::PublicKey& public_key() const override { return announced.public_key(); }
  Result<Bytes> sign(ByteView message) const override { return key->sign(instead.empty() ? message : instead); }
};

TEST_F(LocalIssuerTest, X509_12_SF37_WhatTheSignerMadeIsReadBackBeforeItIsHandedOut) {
  ConfusedSigner confused;
  issuer = LocalIssuer::open(x509::Chain({hierarchy.intermediate}), confused, hierarchy.root, random).value();
  const auto what = drafted();
  const auto made = [&](bool fresh) {
    return finished(what.handle, digest_of(what.handle), what.serial, end, fresh).has_value();
  };
  for (const bool fresh : {true, false}) {
    EXPECT_TRUE(made(fresh));
    confused.instead = Bytes{0x30, 0};
    EXPECT_FALSE(made(fresh));
    confused.instead.clear();
    confused.key = &hierarchy.root_key;
    EXPECT_FALSE(made(fresh));
    confused.key = &confused.announced;
  }
}

TEST_F(LocalIssuerTest, X509_12_SF37_SF63_WhatThePlainDigestDoesNotTellTheLintDoes) {
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
  const auto what = drafted(), other = drafted();
  EXPECT_EQ(refused(what.handle, digest_of(what.handle), other.serial), ErrorKind::malformed);
  const auto longer = finished(what.handle, digest_of(what.handle), what.serial, end + 24h);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().kind, ErrorKind::malformed);
  EXPECT_EQ(signer.signatures, 0);
}

}  // namespace
}  // namespace crest::ca::issuer
