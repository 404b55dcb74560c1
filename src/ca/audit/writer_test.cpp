#include "ca/audit/writer.hpp"

#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"

namespace crest::ca::audit {
namespace {

using testing::AcmeDriver;
using testing::TestCa;

const crypto::PrivateKey& leaf_key() {
  static const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  return key;
}

class AuditWriter : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};

  void SetUp() override { ca.add_host("a.corp.example", "192.0.2.1", driver.public_key()); }

  std::vector<store::AuditRow> rows(const std::string& chain = "main") {
    std::vector<store::AuditRow> out;
    const auto read = ca.store.read([&](store::Tx& tx) -> Result<void> {
      out = TRY(tx.audit.list(chain, 0, 1'000));
      return {};
    });
    EXPECT_TRUE(read);
    return out;
  }
  // "account_created", "signature_journalled", ...
  std::vector<std::string> kinds() {
    std::vector<std::string> out;
    for (const auto& row : rows()) out.push_back(*encoding::Json::parse(row.text)->find("event")->as_string());
    return out;
  }
  std::uint64_t certificates() {
    std::uint64_t count = 0;
    EXPECT_TRUE(ca.store.read([&](store::Tx& tx) -> Result<void> {
      count = TRY(tx.certificates.count());
      return {};
    }));
    return count;
  }
  void order_ready(testing::Answer& order) {
    order = driver.new_order({std::string("a.corp.example")});
    driver.respond_all(order);
    ca.work_all();
  }
};

TEST_F(AuditWriter, SF87_TellsOfEachChangeInOneUnbrokenChain) {
  ASSERT_EQ(driver.new_account().status(), 201);
  ASSERT_EQ(driver.post(driver.account_url(), R"({"contact":["mailto:ops@corp.example"]})").status(), 200);
  const auto issued = driver.issue({"a.corp.example"}, leaf_key());
  ASSERT_EQ(driver
                .post(AcmeDriver::url("/revoke-cert"),
                      R"({"certificate":")" + encoding::base64url(issued.chain.leaf().der()) + R"(","reason":4})")
                .status(),
            200);
  ASSERT_EQ(driver.post(driver.account_url(), R"({"status":"deactivated"})").status(), 200);
  EXPECT_EQ(kinds(), (std::vector<std::string>{"account_created", "account_updated", "signature_journalled",
                                               "certificate_revoked", "account_deactivated"}));
  Verifier verifier({});
  for (const auto& row : rows()) EXPECT_TRUE(verifier.take(row.text));
  const auto journalled = rows()[2].text;
  EXPECT_NE(journalled.find(issued.chain.leaf().serial_hex()), std::string::npos) << journalled;
  EXPECT_NE(journalled.find("a.corp.example"), std::string::npos) << journalled;
  EXPECT_NE(rows()[3].text.find("superseded"), std::string::npos) << rows()[3].text;
}

TEST_F(AuditWriter, SF87_TellsOfAKeyThatChangesAndOfTheCasOwnCertificate) {
  ASSERT_EQ(driver.new_account().status(), 201);
  ASSERT_TRUE(ca.authority->issue_own(leaf_key().public_key(), {acme::identifier_from_user("ca.test").value()}));
  EXPECT_EQ(kinds(), (std::vector<std::string>{"account_created", "signature_journalled"}));
}

TEST_F(AuditWriter, ENT_09_TellsOfWhatWasIssuedRefusedAndRevoked) {
  ASSERT_EQ(driver.new_account().status(), 201);
  const auto issued = driver.issue({"a.corp.example"}, leaf_key());
  const auto revoke_url = AcmeDriver::url("/revoke-cert");
  const std::string revocation = R"({"certificate":")" + encoding::base64url(issued.chain.leaf().der()) + R"("})";
  EXPECT_EQ(driver.new_order({std::string("*.corp.example")}).type(), "rejectedIdentifier");
  const auto gone = driver.new_order({std::string("gone.corp.example")});
  driver.respond_all(gone);
  ca.work_all();
  testing::Answer order;
  order_ready(order);
  EXPECT_EQ(driver.finalize(order, driver.key(), {"a.corp.example"}).type(), "badCSR");
  ca.options.policy = ra::policy_from({.label = "ca.toml", .allow = {{"other.example"}}, .deny = {}}).value();
  ca.options.eab_required = true;
  ca.start();
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).type(), "rejectedIdentifier");
  AcmeDriver stranger(ca);
  EXPECT_EQ(stranger.new_account().type(), "externalAccountRequired");
  EXPECT_EQ(driver.post_with_key(driver.key(), revoke_url, revocation).type(), "unauthorized");
  EXPECT_EQ(driver.post(revoke_url, revocation).status(), 200);
  EXPECT_EQ(kinds(), (std::vector<std::string>{"account_created", "signature_journalled", "order_denied",
                                               "validation_failed", "issuance_denied", "issuance_denied",
                                               "account_denied", "revocation_denied", "certificate_revoked"}));
  Verifier verifier({});
  for (const auto& row : rows()) EXPECT_TRUE(verifier.take(row.text));
  EXPECT_NE(rows()[2].text.find("*.corp.example"), std::string::npos) << rows()[2].text;
  EXPECT_NE(rows()[3].text.find("gone.corp.example"), std::string::npos) << rows()[3].text;
  EXPECT_NE(rows()[7].text.find(issued.chain.leaf().serial_hex()), std::string::npos) << rows()[7].text;
}

TEST_F(AuditWriter, ENT_09_NobodyFillsTheLogByAsking) {
  AcmeDriver other(ca);
  for (auto* who : {&driver, &other}) ASSERT_EQ(who->new_account().status(), 201);
  const auto ask = [](AcmeDriver& who) { (void)who.new_order({std::string("*.corp.example")}); };
  const auto lines_after = [&](int times, AcmeDriver& who) {
    const auto before = rows().size();
    for (int i = 0; i < times; ++i) ask(who);
    return rows().size() - before;
  };
  EXPECT_EQ(lines_after(110, driver), 100u);
  const int writes = ca.store.writes;
  EXPECT_EQ(lines_after(10, driver), 0u);
  EXPECT_EQ(ca.store.writes, writes);
  EXPECT_EQ(ca.log.count("order_denied"), 120u);
  EXPECT_EQ(lines_after(1, other), 1u) << "what one account did is not another's";
  ca.clock.advance(36s);
  EXPECT_EQ(lines_after(2, driver), 1u);
}

TEST_F(AuditWriter, SF66_WithoutAnAuditLogNothingHappens) {
  ASSERT_EQ(driver.new_account().status(), 201);
  const auto issued = driver.issue({"a.corp.example"}, leaf_key());
  testing::Answer order;
  order_ready(order);
  const auto before = rows().size();
  const int signatures = ca.signer.signatures;
  ca.store.audit_fails = true;

  AcmeDriver newcomer(ca);
  EXPECT_GE(newcomer.new_account().status(), 500);
  EXPECT_GE(driver.finalize(order, leaf_key(), {"a.corp.example"}).status(), 500);
  const std::string revocation = R"({"certificate":")" + encoding::base64url(issued.chain.leaf().der()) + R"("})";
  EXPECT_GE(driver.post(AcmeDriver::url("/revoke-cert"), revocation).status(), 500);
  EXPECT_GE(driver.post(driver.account_url(), R"({"status":"deactivated"})").status(), 500);
  EXPECT_FALSE(ca.authority->issue_own(leaf_key().public_key(), {acme::identifier_from_user("ca.test").value()}));
  EXPECT_EQ(ca.signer.signatures, signatures);
  EXPECT_EQ(certificates(), 1u);
  EXPECT_EQ(rows().size(), before);

  ca.store.audit_fails = false;  // and nothing is left half done
  ca.work_all();
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).text("status"), "valid");
  EXPECT_EQ(newcomer.new_account().status(), 201);
  EXPECT_EQ(driver.post(AcmeDriver::url("/revoke-cert"), revocation).status(), 200);
}

TEST_F(AuditWriter, SF67_EachNodeHasAChainOfItsOwn) {
  ASSERT_EQ(driver.new_account().status(), 201);
  ca.options.node = "north";
  ca.start();
  ASSERT_EQ(AcmeDriver(ca).new_account().status(), 201);
  EXPECT_EQ(rows("main").size(), 1u);
  EXPECT_EQ(rows("north").size(), 1u);
}

}  // namespace
}  // namespace crest::ca::audit
