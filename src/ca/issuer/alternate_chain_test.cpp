#include "ca/issuer/alternate_chain.hpp"

#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"

namespace crest::ca::issuer {
namespace {

using crypto::PrivateKey;
using testing::AcmeDriver;
using testing::ManualClock;
using testing::TestCa;
using testing::TestHierarchy;
using x509::Certificate;

PrivateKey new_key() { return PrivateKey::generate(crypto::KeyType::ec_p256).value(); }

constexpr unsigned ca_usage =
    static_cast<unsigned>(x509::KeyUsage::key_cert_sign) | static_cast<unsigned>(x509::KeyUsage::crl_sign);

// The CA that signs somebody else's intermediate, as a test wants it done.
struct OtherRoot {
  Time begin = from_unix_seconds(ManualClock::start_seconds) - 24h;
  Duration life = 365 * 24h;
  std::optional<unsigned> path_length = 1;
  std::string subject = "Test Intermediate";
  bool is_ca = true;
  PrivateKey key = new_key();

  Certificate made(const crypto::PublicKey& subject_key, const Certificate* issuer, std::string name, bool ca,
                   std::optional<unsigned> length) const {
    crypto::SystemRandom random;
    const x509::CertificateTemplate parts{.serial = x509::new_serial(random),
                                          .not_before = begin,
                                          .not_after = x509::last_second(begin, life),
                                          .subject = {.common_name = std::move(name), .organization = "Test"},
                                          .is_ca = ca,
                                          .path_length = length,
                                          .key_usage = ca_usage};
    return x509::sign(x509::to_be_signed(parts, subject_key, issuer, key.public_key()).value(), key).value();
  }
  Certificate root() const { return made(key.public_key(), nullptr, "Old Root", true, path_length); }
  Certificate cross(const Certificate& root, const crypto::PublicKey& of) const {
    return made(of, &root, subject, is_ca, is_ca ? std::optional(0u) : std::nullopt);
  }
};

std::string pem_of(const OtherRoot& other, const PrivateKey& of = TestHierarchy::get().key) {
  const auto root = other.root();
  return other.cross(root, of.public_key()).pem() + root.pem();
}

// "" or why not.
std::string fault(const std::string& pem) {
  const auto alternate = alternate_chain_from_pem(pem);
  if (!alternate) return alternate.error().describe();
  const auto checked = check_alternate(*alternate, TestHierarchy::get().intermediate);
  return checked ? "" : checked.error().describe();
}

TEST(AlternateChain, ACrossSignedIssuerIsFit) {
  EXPECT_EQ(fault(pem_of({})), "");
  OtherRoot unlimited;
  unlimited.path_length.reset();
  EXPECT_EQ(fault("# from the old root\n" + pem_of(unlimited)), "");
}

TEST(AlternateChain, ACrossSignedRootIsFit) {
  OtherRoot other;
  other.subject = "Test Root";
  const auto& hierarchy = TestHierarchy::get();
  const auto old = other.root();
  const auto cross = other.made(hierarchy.root_key.public_key(), &old, "Test Root", true, 1);
  EXPECT_NE(fault(hierarchy.intermediate.pem() + cross.pem() + old.pem()).find("path length"), std::string::npos);
  other.path_length = 2;
  const auto wide = other.root();
  const auto again = other.made(hierarchy.root_key.public_key(), &wide, "Test Root", true, 1);
  EXPECT_EQ(fault(hierarchy.intermediate.pem() + again.pem() + wide.pem()), "");
}

TEST(AlternateChain, WhatIsUnfitIsRefused) {
  OtherRoot other_name, no_ca, short_path;
  other_name.subject = "Another Intermediate";
  no_ca.is_ca = false;
  short_path.path_length = 0;
  const OtherRoot good;
  const auto root = good.root();
  const auto cross = good.cross(root, TestHierarchy::get().key.public_key());
  OtherRoot stranger;
  const struct {
    std::string pem, why;
  } rows[] = {
      {pem_of(other_name), "must begin with a certificate for the issuer"},
      {pem_of(good, new_key()), "another key"},
      {pem_of(no_ca), "is no CA certificate"},
      {pem_of(short_path), "path length of 0"},
      {cross.pem() + stranger.root().pem(), "not signed by"},
      {cross.pem(), "its last certificate must be its root"},
      {root.pem(), "its last certificate must be its root"},
      {"", "no certificate"},
      {"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "certificate 1"},
      {cross.pem() + "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + root.pem(), "PRIVATE KEY"}};
  for (const auto& [pem, why] : rows) EXPECT_NE(fault(pem).find(why), std::string::npos) << why << ": " << fault(pem);
}

TEST(AlternateChain, WithoutACommonTimeItIsRefused) {
  OtherRoot other;
  const auto root = other.root();
  other.begin = root.not_after() + 1s;
  const auto cross = other.cross(root, TestHierarchy::get().key.public_key());
  EXPECT_NE(fault(cross.pem() + root.pem()).find("no time at which"), std::string::npos);
}

class AlternatesServedTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca}, other{ca};
  PrivateKey key = new_key();
  OtherRoot one, two;
  std::string url;

  void SetUp() override {
    two.life = 48h;
    ca.alternates = {alternate_chain_from_pem(pem_of(one)).value(), alternate_chain_from_pem(pem_of(two)).value()};
    ca.start();
    driver.new_account();
    other.new_account();
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
    url = driver.issue({"a.corp.example"}, key).certificate_url;
  }
  std::vector<std::string> others(const testing::Answer& answer) const {
    return http::link_targets(answer.response.headers, "alternate", TestCa::base);
  }
};

TEST_F(AlternatesServedTest, CRT_04_EachChainIsServedAndNamesTheOthers) {
  const auto first = driver.read(url);
  const std::vector<std::string> expected = {url + "/alternate/1", url + "/alternate/2"};
  ASSERT_EQ(others(first), expected);
  const auto chain = x509::Chain::from_pem(first.response.body).value();
  EXPECT_TRUE(x509::verify_chain(chain, {TestHierarchy::get().root}, ca.clock.now()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto answer = driver.read(expected[i]);
    ASSERT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.header("Content-Type"), "application/pem-certificate-chain");
    const auto alternate = x509::Chain::from_pem(answer.response.body).value();
    EXPECT_EQ(alternate.leaf().der(), chain.leaf().der());
    EXPECT_TRUE(x509::verify_chain(alternate, {ca.alternates[i].root}, ca.clock.now()));
    EXPECT_FALSE(x509::verify_chain(alternate, {TestHierarchy::get().root}, ca.clock.now()));
    EXPECT_EQ(others(answer), (std::vector<std::string>{url, expected[1 - i]}));
  }
}

TEST_F(AlternatesServedTest, CRT_08_AnAlternateIsTheOwnersAlone) {
  const auto foreign = other.read(url + "/alternate/1");
  EXPECT_EQ(foreign.status(), 404);
  EXPECT_EQ(foreign.response.body, other.read(AcmeDriver::url("/certificate/00/alternate/1")).response.body);
  EXPECT_EQ(driver.post(url + "/alternate/1", "{}").type(), "malformed");
  EXPECT_EQ(driver.plain("GET", url + "/alternate/1").status(), 405);
  for (const char* number : {"0", "3", "01", "1x", "-1", "99999999999999999999"})
    EXPECT_EQ(driver.read(url + "/alternate/" + number).status(), 404) << number;
}

TEST_F(AlternatesServedTest, WhatHasEndedIsNotOffered) {
  ca.clock.advance(25h);
  EXPECT_EQ(others(driver.read(url)), std::vector<std::string>{url + "/alternate/1"});
  EXPECT_EQ(driver.read(url + "/alternate/2").status(), 404);
}

TEST_F(AlternatesServedTest, AnUnfitOneStopsTheStart) {
  ca.alternates = {alternate_chain_from_pem(pem_of({}, new_key())).value()};
  const auto refused = ca.try_to_start();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::config);
  EXPECT_NE(refused.error().describe().find("another key"), std::string::npos) << refused.error().describe();
}

}  // namespace
}  // namespace crest::ca::issuer
