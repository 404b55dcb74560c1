#include <gtest/gtest.h>

#include "acme/revocation.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca::web {
namespace {

using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;
using testing::TestHierarchy;

class CertificateTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca}, other{ca};
  const std::string revoke_url = AcmeDriver::url("/revoke-cert");
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  std::optional<AcmeDriver::Issued> issued;

  void SetUp() override {
    driver.new_account();
    other.new_account();
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
    ca.add_host("b.corp.example", "192.0.2.1", driver.public_key());
    issued = driver.issue({"a.corp.example", "b.corp.example"}, key);
  }
  std::string payload(std::optional<int> reason = {}) const { return payload_of(issued->chain.leaf().der(), reason); }
  static std::string payload_of(ByteView der, std::optional<int> reason = {}) {
    return R"({"certificate":")" + encoding::base64url(der) + '"' +
           (reason ? R"(,"reason":)" + std::to_string(*reason) : "") + "}";
  }
  store::CertificateRow row() {
    store::CertificateRow out;
    EXPECT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
      const auto found = TRY(tx.certificates.by_serial(issued->chain.leaf().serial_hex()));
      out = found.value();
      return {};
    }));
    return out;
  }
  void expect_not_revoked() { EXPECT_EQ(row().status, store::CertificateStatus::issued); }
};

TEST_F(CertificateTest, CRT_01_TheChainIsStrictPemLeafFirst) {
  const auto answer = driver.read(issued->certificate_url);
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("Content-Type"), "application/pem-certificate-chain");
  EXPECT_EQ(answer.response.body, issued->chain.leaf().pem() + TestHierarchy::get().intermediate.pem());
  EXPECT_EQ(driver.post(issued->certificate_url, "{}").type(), "malformed");
}

TEST_F(CertificateTest, CRT_08_SF14_OnlyTheOwnerDownloads) {
  const auto foreign = other.read(issued->certificate_url);
  EXPECT_EQ(foreign.status(), 404);
  EXPECT_EQ(foreign.response.body, other.read(AcmeDriver::url("/certificate/00")).response.body);
}

TEST_F(CertificateTest, REV_02_REV_08_SF84_TheIssuingAccountRevokes) {
  const auto answer = driver.post(revoke_url, payload());
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.response.body, "");
  EXPECT_EQ(row().status, store::CertificateStatus::revoked);
  EXPECT_EQ(row().revocation_reason, 0);
  EXPECT_EQ(row().revoked_at, ca.clock.now());
  EXPECT_EQ(driver.read(issued->certificate_url).status(), 200);
}

TEST_F(CertificateTest, REV_06_TwiceIsAlreadyRevoked) {
  driver.post(revoke_url, payload(4));
  const auto again = driver.post(revoke_url, payload(1));
  EXPECT_EQ(again.status(), 400);
  EXPECT_EQ(again.type(), "alreadyRevoked");
  EXPECT_EQ(row().revocation_reason, 4);
  EXPECT_EQ(other.post(revoke_url, payload()).type(), "unauthorized");  // tells a stranger nothing
}

TEST_F(CertificateTest, REV_03_SF84_AnAccountThatHoldsAllNamesRevokes) {
  ca.serve("192.0.2.1", other.public_key());
  const auto part = other.new_order({std::string("a.corp.example")});
  other.respond_all(part);
  ca.work_all();
  EXPECT_EQ(other.post(revoke_url, payload()).type(), "unauthorized");
  expect_not_revoked();
  const auto rest = other.new_order({std::string("b.corp.example")});
  other.respond_all(rest);
  ca.work_all();
  EXPECT_EQ(other.post(revoke_url, payload(5)).status(), 200);
  EXPECT_EQ(row().revocation_reason, 5);
}

TEST_F(CertificateTest, REV_03_ExpiredAuthorizationsDoNotCount) {
  ca.serve("192.0.2.1", other.public_key());
  const auto order = other.new_order({std::string("a.corp.example"), "b.corp.example"});
  other.respond_all(order);
  ca.work_all();
  ca.clock.advance(24h);
  EXPECT_EQ(other.post(revoke_url, payload()).type(), "unauthorized");
}

TEST_F(CertificateTest, REV_04_REV_10_SF11_SF84_TheCertificateKeyRevokesAndIsBlocked) {
  EXPECT_EQ(driver.post_with_key(key, revoke_url, payload()).status(), 200);
  EXPECT_EQ(row().revocation_reason, 1);
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.serve("192.0.2.1", driver.public_key());
  ca.work_all();
  EXPECT_EQ(driver.finalize(order, key, {"a.corp.example"}).type(), "badCSR");
  AcmeDriver with_blocked_key(ca);
  with_blocked_key.use_key(key);
  EXPECT_EQ(with_blocked_key.new_account().type(), "badPublicKey");
  const auto key_change = AcmeDriver::url("/key-change");
  const auto change = acme::key_change_payload(key, driver.public_key(), driver.account_url(), key_change).value();
  EXPECT_EQ(driver.post(key_change, change).type(), "badPublicKey");
}

TEST_F(CertificateTest, REV_06_REV_10_AProofOfCompromiseChangesTheReason) {
  EXPECT_EQ(driver.post(revoke_url, payload(4)).status(), 200);
  EXPECT_EQ(driver.post_with_key(key, revoke_url, payload()).type(), "alreadyRevoked");
  EXPECT_EQ(row().revocation_reason, 1);
}

TEST_F(CertificateTest, REV_05_SF84_NobodyElse) {
  EXPECT_EQ(other.post(revoke_url, payload()).status(), 403);
  EXPECT_EQ(other.post(revoke_url, payload()).type(), "unauthorized");
  EXPECT_EQ(other.post_with_key(other.key(), revoke_url, payload()).type(), "unauthorized");
  EXPECT_EQ(driver.post_with_key(driver.key(), revoke_url, payload()).type(), "unauthorized");
  expect_not_revoked();
}

TEST_F(CertificateTest, REV_07_Reasons) {
  for (const int reason : {2, 6, 7, 8, 9, 10, 11, -1, 256}) {
    const auto answer = driver.post(revoke_url, payload(reason));
    EXPECT_EQ(answer.status(), 400) << reason;
    EXPECT_EQ(answer.type(), "badRevocationReason") << reason;
    EXPECT_NE(answer.text("detail"), "");
  }
  expect_not_revoked();
  EXPECT_NE(driver.post(revoke_url, payload(9)).text("detail").find("superseded (4)"), std::string::npos);
  EXPECT_EQ(driver.post(revoke_url, payload(3)).status(), 200);
}

TEST_F(CertificateTest, REV_09_ForeignCertificatesAreNotOurs) {
  const auto intermediate = driver.post(revoke_url, payload_of(TestHierarchy::get().intermediate.der()));
  EXPECT_EQ(intermediate.status(), 404);
  auto forged = issued->chain.leaf().der();  // our serial, another signature
  forged.back() ^= 1;
  EXPECT_EQ(driver.post(revoke_url, payload_of(forged)).type(), "malformed");
  for (const auto* text : {"", "{}", R"({"certificate":7})", R"({"certificate":"AA"})", R"({"certificate":"A=="})"}) {
    EXPECT_EQ(driver.post(revoke_url, text).type(), "malformed") << text;
  }
  expect_not_revoked();
}

TEST_F(CertificateTest, IssuanceDenialAndRevocationAreLogged) {
  other.post(revoke_url, payload());
  driver.post(revoke_url, payload());
  driver.new_order({std::string("*.corp.example")});
  for (const auto* event : {"account_created", "order_created", "validation_passed", "certificate_issued",
                            "revocation_denied", "certificate_revoked", "order_denied"}) {
    EXPECT_GE(ca.log.count(event), 1u) << event;
  }
}

}  // namespace
}  // namespace crest::ca::web
