// Profiles as clients meet them.
#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"

namespace crest::ca {
namespace {

using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;
using testing::TestHierarchy;
using x509::ExtendedUsage;

std::vector<issuer::Profile> some_profiles() {
  issuer::Profile full{.name = "full", .description = "everything", .life = 8h, .backdate = 0s};
  full.key_types = {crypto::KeyType::ec_p256};
  full.extended_usages = {ExtendedUsage::client_auth, ExtendedUsage::server_auth};
  full.must_staple = full.common_name = true;
  full.extensions = {x509::extra_extension("1.3.6.1.4.1.311.20.2", false, Bytes{0x0c, 0x01, 'a'}).value(),
                     x509::extra_extension("2.5.29.32", true, Bytes{0x30, 0x00}).value()};
  issuer::Profile legacy{.name = "legacy", .life_max = 30 * 24h, .key_types = {crypto::KeyType::rsa_2048}};
  legacy.life = 30 * 24h;
  legacy.key_usage = 5;
  legacy.wildcards = legacy.addresses = false;
  return {full, legacy};
}

class ProfilesTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();

  void SetUp() override {
    ca.options.profiles = some_profiles();
    ca.start();
    ASSERT_EQ(driver.new_account().status(), 201);
    for (const auto* name : {"a.corp.example", "b.corp.example"}) ca.add_host(name, "192.0.2.1", driver.public_key());
  }
  Answer ready(const std::string& profile) {
    const auto order = driver.new_order({std::string("a.corp.example")}, profile);
    driver.respond_all(order);
    ca.work_all();
    return order;
  }
};

TEST_F(ProfilesTest, PRO_01_TheDirectoryDescribesThem) {
  const auto directory = driver.plain("GET", AcmeDriver::url("/directory"));
  const auto* profiles = directory.json.find("meta")->find("profiles");
  ASSERT_NE(profiles, nullptr);
  EXPECT_EQ(profiles->dump(), R"({"default":"valid for 1d","full":"everything","legacy":"valid for 30d"})");
}

TEST_F(ProfilesTest, PRO_03_X509_09_X509_13_SF37_TheCertificateHasWhatItsProfileSays) {
  const auto issued = driver.issue({"a.corp.example", "b.corp.example"}, key, "full");
  EXPECT_EQ(issued.order.text("profile"), "full");
  const auto& leaf = issued.chain.leaf();
  EXPECT_EQ(leaf.lifetime(), 8h);
  EXPECT_EQ(leaf.common_name(), "a.corp.example");
  EXPECT_TRUE(x509::verify_chain(issued.chain, {TestHierarchy::get().root}, ca.clock.now()));
  x509::CertificateTemplate parts{
      .serial = leaf.serial(), .not_before = leaf.not_before(), .not_after = leaf.not_after()};
  parts.subject.common_name = "a.corp.example";
  parts.names = leaf.names();
  parts.key_usage = 1;
  parts.extended_usages = {ExtendedUsage::client_auth, ExtendedUsage::server_auth};
  parts.must_staple = true;
  for (const auto& extension : ca.options.profiles.front().extensions) parts.more_extensions.push_back(extension.der);
  EXPECT_EQ(x509::difference(leaf, parts), "");

  const auto plain = driver.issue({"b.corp.example"}, key);
  EXPECT_EQ(plain.order.text("profile"), "default");
  EXPECT_EQ(plain.chain.leaf().subject(), "");
  EXPECT_EQ(plain.chain.leaf().lifetime(), 24h);
}

// A common name of more than 64 characters is none (RFC 5280 appendix A.1): it is left out, and the names are critical.
TEST_F(ProfilesTest, SF27_ALongNameIsNoCommonName) {
  const std::string name = std::string(53, 'a') + ".corp.example";
  ASSERT_GT(name.size(), 64u);
  for (const auto& [host, common_name] :
       {std::pair{name, std::optional<std::string>()}, {name.substr(2), name.substr(2)}}) {
    ca.add_host(host, "192.0.2.1", driver.public_key());
    const auto leaf = driver.issue({host}, key, "full").chain.leaf();
    EXPECT_EQ(leaf.common_name(), common_name);
    EXPECT_EQ(leaf.names(), (std::vector<x509::SubjectName>{{x509::SubjectName::Type::dns, host}}));
    EXPECT_EQ(x509::lint(leaf, &TestHierarchy::get().intermediate), "");
  }
}

TEST_F(ProfilesTest, KeysThatTheProfileDoesNotTake) {
  EXPECT_EQ(driver.finalize(ready("legacy"), key, {"a.corp.example"}).type(), "badCSR");
  const auto rsa = crypto::PrivateKey::generate(crypto::KeyType::rsa_2048).value();
  EXPECT_EQ(driver.finalize(ready("full"), rsa, {"a.corp.example"}).type(), "badCSR");
  const auto issued = driver.issue({"a.corp.example"}, rsa, "legacy");
  EXPECT_EQ(issued.chain.leaf().key_usage(), 5u);
  EXPECT_EQ(issued.chain.leaf().lifetime(), 30 * 24h);
}

TEST_F(ProfilesTest, PRO_02_OrdersThatNoProfileIsFor) {
  for (const auto& [names, profile] : {std::pair{std::vector<std::string>{"a.corp.example"}, "other"},
                                       {{"*.corp.example"}, "legacy"},
                                       {{"192.0.2.1"}, "legacy"}}) {
    const auto refused = driver.new_order(names, profile);
    EXPECT_EQ(refused.status(), 400);
    EXPECT_EQ(refused.type(), "invalidProfile") << profile;
  }
}

TEST_F(ProfilesTest, PRO_04_SF36_AProfileThatIsGoneOrAnother) {
  const auto full = ready("full"), legacy = ready("legacy");
  ca.options.profiles.erase(ca.options.profiles.begin());
  ca.options.profiles.front().backdate = 30s;
  ca.start();
  EXPECT_EQ(driver.finalize(full, key, {"a.corp.example"}).type(), "invalidProfile");
  const auto rsa = crypto::PrivateKey::generate(crypto::KeyType::rsa_2048).value();
  EXPECT_EQ(driver.finalize(legacy, rsa, {"a.corp.example"}).type(), "invalidProfile");
  EXPECT_EQ(ca.signer.signatures, 0);
  const auto ended = driver.read(full.location());
  EXPECT_EQ(ended.text("profile"), "full");
  EXPECT_EQ(ended.text("status"), "invalid");
  EXPECT_EQ(ended.json.find("error")->find("type")->as_string()->substr(27), "invalidProfile") << ended.response.body;
  EXPECT_EQ(driver.read(legacy.location()).text("status"), "invalid");
  EXPECT_EQ(driver.finalize(full, key, {"a.corp.example"}).type(), "orderNotReady") << "there is nothing to try again";
}

TEST_F(ProfilesTest, AnotherDefaultTakesThePlaceOfTheFirst) {
  ca.options.default_profile = "full";
  ca.start();
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).text("profile"), "full");
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}, "default").type(), "invalidProfile");
}

TEST_F(ProfilesTest, SF36_AJournalOutlivesAChangeOfItsProfile) {
  const auto order = ready("full");
  ca.signer.fails = true;
  EXPECT_EQ(driver.finalize(order, key, {"a.corp.example"}).text("status"), "processing");
  ca.options.profiles.clear();
  ca.start();
  ca.signer.fails = false;
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "valid");
}

}  // namespace
}  // namespace crest::ca
