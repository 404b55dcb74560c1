// Several issuers, and what becomes of certificates and orders while they come and go.
#include <gtest/gtest.h>

#include "ca/hierarchy.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca {
namespace {

using crypto::KeyType;
using issuer::IssuerState;
using testing::AcmeDriver;
using testing::TestCa;
using testing::TestHierarchy;

class IssuersTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
  crypto::PrivateKey key = crypto::PrivateKey::generate(KeyType::ec_p256).value();
  std::deque<crypto::PrivateKey> keys;  // of further issuers

  void SetUp() override {
    ASSERT_EQ(driver.new_account().status(), 201);
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  }
  x509::Certificate add(KeyType type, const std::string& name, IssuerState state, Duration life = 5 * 365 * 24h) {
    keys.push_back(crypto::PrivateKey::generate(type).value());
    const auto& hierarchy = TestHierarchy::get();
    const auto certificate = hierarchy.another(keys.back(), name, life);
    ca.further.push_back({x509::Chain({certificate}), &keys.back(), hierarchy.root, name, state});
    return certificate;
  }
  std::string issuer_of(const AcmeDriver::Issued& issued) { return issued.chain.leaf().issuer(); }
};

TEST_F(IssuersTest, X509_10_X509_13_EveryTypeOfKeyIssues) {
  for (const auto type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::rsa_2048, KeyType::rsa_3072, KeyType::ed25519}) {
    const std::string name(crypto::to_string(type));
    const auto certificate = add(type, name, IssuerState::active);
    issuer::Profile profile{.name = name, .key_types = ca.options.leaf_key_types, .issuer = name};
    ca.options.profiles.push_back(profile);
    ca.start();
    const auto issued = driver.issue({"a.corp.example"}, key, name);
    EXPECT_TRUE(x509::verify_chain(issued.chain, {TestHierarchy::get().root}, ca.clock.now())) << name;
    EXPECT_EQ(x509::lint(issued.chain.leaf(), &certificate), "") << name;
  }
}

TEST_F(IssuersTest, AStagedOneSignsNothingUntilItIsActive) {
  add(KeyType::ec_p256, "next", IssuerState::staged);
  ca.start();
  const auto before = driver.issue({"a.corp.example"}, key);
  EXPECT_NE(issuer_of(before).find("Test Intermediate"), std::string::npos);
  ca.state = IssuerState::draining;
  ca.further.front().state = IssuerState::active;
  ca.start();
  const auto after = driver.issue({"a.corp.example"}, key);
  EXPECT_NE(issuer_of(after).find("next"), std::string::npos);
  EXPECT_EQ(after.chain.certificates().size(), 2u);
  EXPECT_EQ(driver.read(before.certificate_url).response.body, before.chain.pem());
}

TEST_F(IssuersTest, ChainsStayWhenTheIssuerHasLeft) {
  const auto before = driver.issue({"a.corp.example"}, key);
  add(KeyType::ec_p384, "next", IssuerState::active);
  ca.start();
  ca.state = IssuerState::retired;
  ca.start();
  EXPECT_EQ(driver.read(before.certificate_url).response.body, before.chain.pem());
  ca.only_further = true;  // not even in the settings any more
  ca.start();
  EXPECT_EQ(driver.read(before.certificate_url).response.body, before.chain.pem());
}

TEST_F(IssuersTest, SF63_WhatWasJournalledIsFinishedByTheSameIssuer) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.signer.fails = true;
  EXPECT_EQ(driver.finalize(order, key, {"a.corp.example"}).text("status"), "processing");
  add(KeyType::ec_p256, "next", IssuerState::active);
  ca.state = IssuerState::draining;
  ca.start();
  ca.signer.fails = false;
  ca.work_all();
  const auto done = driver.read(order.location());
  EXPECT_EQ(done.text("status"), "valid");
  const auto chain = x509::Chain::from_pem(driver.read(done.text("certificate")).response.body).value();
  EXPECT_EQ(chain.leaf().authority_key_id(), TestHierarchy::get().intermediate.subject_key_id());
}

TEST_F(IssuersTest, SF63_WithoutItsIssuerAnOrderEnds) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.signer.fails = true;
  driver.finalize(order, key, {"a.corp.example"});
  add(KeyType::ec_p256, "next", IssuerState::active);
  ca.state = IssuerState::retired;
  ca.start();
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "invalid");
}

TEST_F(IssuersTest, X509_04_ALeafGetsTheIssuerThatOutlivesIt) {
  add(KeyType::ec_p256, "old", IssuerState::active, 30h);  // they begin a day before the clock: six hours are left
  add(KeyType::ec_p256, "young", IssuerState::active);
  ca.only_further = true;
  ca.options.profiles.push_back({.name = "brief", .life = 2h, .key_types = {KeyType::ec_p256}});
  ca.start();
  EXPECT_NE(issuer_of(driver.issue({"a.corp.example"}, key)).find("young"), std::string::npos);
  EXPECT_NE(issuer_of(driver.issue({"a.corp.example"}, key, "brief")).find("old"), std::string::npos);
  ca.further.pop_back();
  ca.start();
  const auto cut = driver.issue({"a.corp.example"}, key);
  EXPECT_EQ(cut.chain.leaf().not_after(), cut.chain.certificates()[1].not_after());
}

TEST_F(IssuersTest, X509_11_NameConstraintsHoldWhenAnOrderIsMade) {
  const auto& hierarchy = TestHierarchy::get();
  keys.push_back(crypto::PrivateKey::generate(KeyType::ec_p256).value());
  crypto::SystemRandom random;
  const x509::CertificateTemplate parts{.serial = x509::new_serial(random),
                                        .not_before = hierarchy.intermediate.not_before(),
                                        .not_after = hierarchy.intermediate.not_after(),
                                        .subject = {.common_name = "limited", .organization = "Test"},
                                        .is_ca = true,
                                        .path_length = 0,
                                        .key_usage = 32 | 64,
                                        .permitted_dns = {"corp.example"}};
  const auto tbs =
      x509::to_be_signed(parts, keys.back().public_key(), &hierarchy.root, hierarchy.root_key.public_key());
  const auto certificate = x509::sign(tbs.value(), hierarchy.root_key).value();
  ca.further.push_back({x509::Chain({certificate}), &keys.back(), hierarchy.root, "limited", IssuerState::active});
  ca.only_further = true;
  ca.start();
  const auto refused = driver.new_order({"a.corp.example", std::string("a.other.example")});
  EXPECT_EQ(refused.type(), "rejectedIdentifier");
  ASSERT_NE(refused.json.find("subproblems"), nullptr);
  EXPECT_EQ(refused.json.find("subproblems")->as_array()->size(), 1u);
  EXPECT_NE(refused.response.body.find("a.other.example"), std::string::npos);
  const auto known = issuer::IssuerSet::without_keys(ca.issuers()).value();
  const auto explained = [&](const char* name) {
    return ruling_on({acme::IdentifierType::dns, name}, {}, {}, ca.options, &known, ca.clock.now()).value();
  };
  EXPECT_TRUE(explained("a.corp.example").allowed);
  EXPECT_EQ(explained("a.other.example").why, "the issuing CA's name constraints do not permit it");
  const auto issued = driver.issue({"a.corp.example"}, key);
  EXPECT_TRUE(x509::verify_chain(issued.chain, {hierarchy.root}, ca.clock.now()));
}

TEST_F(IssuersTest, RootsAreThoseOfAllIssuers) {
  crypto::SystemRandom random;
  keys.push_back(crypto::PrivateKey::generate(KeyType::ec_p256).value());
  const auto root_key = crypto::PrivateKey::generate(KeyType::ec_p256).value();
  const auto another = make_hierarchy({.name = "new"}, root_key, keys.back(), random, ca.clock.now()).value();
  ca.further.push_back({x509::Chain({another.intermediate}), nullptr, another.root, "new", IssuerState::staged});
  ca.start();
  const auto roots = x509::certificates_from_pem(driver.plain("GET", "/roots.pem").response.body).value();
  EXPECT_EQ(roots.size(), 2u);
}

TEST_F(IssuersTest, AProfileWhoseIssuerCannotSignIsNoSetting) {
  add(KeyType::ec_p256, "next", IssuerState::staged);
  ca.options.profiles.push_back({.name = "p", .key_types = {KeyType::ec_p256}, .issuer = "next"});
  const auto opened = ca.try_to_start();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::config);
  EXPECT_NE(opened.error().describe().find("it is staged"), std::string::npos);
}

}  // namespace
}  // namespace crest::ca
