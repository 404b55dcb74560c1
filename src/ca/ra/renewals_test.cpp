#include "ca/ra/renewals.hpp"

#include <gtest/gtest.h>

#include "acme/revocation.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca::ra {
namespace {

using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;

class RenewalTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca}, other{ca};
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  std::optional<AcmeDriver::Issued> issued;

  void SetUp() override {
    driver.new_account();
    other.new_account();
    for (const char* name : {"a.corp.example", "b.corp.example"}) ca.add_host(name, "192.0.2.1", driver.public_key());
    issued = driver.issue({"a.corp.example", "b.corp.example"}, key);
  }
  std::string id() const { return acme::CertId::of(issued->chain.leaf())->str(); }
  Answer ask(const std::string& certificate_id) {
    const auto url = driver.plain("GET", "/acme/corp/directory").text("renewalInfo");
    return driver.plain("GET", url + "/" + certificate_id);
  }
  static Answer order(AcmeDriver& who, const std::vector<std::string>& names, const std::string& replaces) {
    std::string identifiers;
    for (const auto& name : names)
      identifiers += (identifiers.empty() ? "" : ",") + (R"({"type":"dns","value":")" + name + "\"}");
    return who.post(AcmeDriver::url("/new-order"),
                    R"({"identifiers":[)" + identifiers + R"(],"replaces":")" + replaces + "\"}");
  }
  static Answer order(AcmeDriver& who, const std::string& name, const std::string& replaces) {
    return order(who, std::vector{name}, replaces);
  }
  // From now on the account may make no further order for a month.
  void use_the_limit_up() {
    ca.options.limits.orders = {1, 30 * 24h};
    ca.start();
    ca.clock.advance(1min);
    EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 201);
    EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 429);
  }
  Time window_start() { return acme::renewal_info_from_json(ask(id()).json).value().start; }
  void revoke() {
    ASSERT_EQ(driver
                  .post(AcmeDriver::url("/revoke-cert"),
                        R"({"certificate":")" + encoding::base64url(issued->chain.leaf().der()) + "\"}")
                  .status(),
              200);
  }
};

TEST_F(RenewalTest, ARI_01_ARI_02_AWindowBeforeTwoThirdsOfTheLifeForAnybodyWhoAsks) {
  const auto answer = ask(id());
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  const auto info = acme::renewal_info_from_json(answer.json);
  ASSERT_TRUE(info) << answer.response.body;
  const auto& leaf = issued->chain.leaf();
  EXPECT_LT(info->start, info->end);
  EXPECT_EQ(info->end,
            std::chrono::floor<std::chrono::seconds>(acme::renewal_due(leaf.not_before(), leaf.not_after())));
  EXPECT_EQ(info->explanation_url, std::nullopt);
  EXPECT_GE(std::stoi(answer.header("Retry-After")), 60);
  EXPECT_LE(std::stoi(answer.header("Retry-After")), 6 * 3600);
}

TEST_F(RenewalTest, ARI_17_WhatIsRevokedIsDueAtOnceAndSaysWhy) {
  ca.options.incident_url = "https://corp.example/incident";
  ca.start();
  revoke();
  const auto info = acme::renewal_info_from_json(ask(id()).json);
  ASSERT_TRUE(info);
  EXPECT_LE(info->end, ca.clock.now());
  EXPECT_EQ(info->explanation_url, "https://corp.example/incident");
}

TEST_F(RenewalTest, ARI_18_UnknownAndMalformedIds) {
  const auto unknown = ask("aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
  EXPECT_EQ(unknown.status(), 404);
  const auto ours = acme::CertId::of(issued->chain.leaf()).value();
  const auto elsewhere = ask(acme::CertId{Bytes(20, 7), ours.serial}.str());
  EXPECT_EQ(elsewhere.status(), 404);
  EXPECT_EQ(elsewhere.response.body, unknown.response.body) << "nothing of another's is told";
  for (const char* bad : {"x", ".", "a.b.c", "====.AIdlQyE", "aYhba4dGQEHhs3uEe6CuLN4ByNQ."}) {
    EXPECT_EQ(ask(bad).status(), 400) << bad;
    EXPECT_EQ(ask(bad).type(), "malformed") << bad;
  }
}

TEST_F(RenewalTest, ARI_14_AnOrderSaysWhatItReplaces) {
  const auto made = order(driver, "a.corp.example", id());
  EXPECT_EQ(made.status(), 201);
  EXPECT_EQ(made.text("replaces"), id());
  EXPECT_EQ(driver.read(made.location()).text("replaces"), id());
}

TEST_F(RenewalTest, ARI_12_ARI_13_OneOrderReplacesACertificateOfItsOwnAccountAndName) {
  EXPECT_EQ(order(driver, "c.corp.example", id()).type(), "malformed");
  EXPECT_EQ(order(other, "a.corp.example", id()).status(), 404);
  EXPECT_EQ(order(driver, "a.corp.example", "x").type(), "malformed");
  EXPECT_EQ(order(driver, "a.corp.example", "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE").status(), 404);
  EXPECT_EQ(order(driver, "a.corp.example", id()).status(), 201);
  const auto again = order(driver, "a.corp.example", id());
  EXPECT_EQ(again.status(), 409);
  EXPECT_EQ(again.type(), "alreadyReplaced");
}

TEST_F(RenewalTest, ARI_15_AnOrderThatFailedFreesWhatItWasToReplace) {
  const auto made = order(driver, "a.corp.example", id());
  EXPECT_EQ(driver.post(made.texts("authorizations").at(0), R"({"status":"deactivated"})").status(), 200);
  EXPECT_EQ(driver.read(made.location()).text("status"), "invalid");
  EXPECT_EQ(order(driver, "a.corp.example", id()).status(), 201);
}

TEST_F(RenewalTest, SF61_ARenewalInItsTimeIsNeverTooMuch) {
  use_the_limit_up();
  ca.clock.advance(window_start() - ca.clock.now() - 1s);
  EXPECT_EQ(order(driver, "a.corp.example", id()).status(), 429) << "it is not due";
  ca.clock.advance(1s);
  EXPECT_EQ(order(driver, std::vector<std::string>{"a.corp.example", "c.corp.example"}, id()).status(), 429)
      << "with a name beyond its own";
  const auto made = order(driver, std::vector<std::string>{"b.corp.example", "a.corp.example"}, id());
  EXPECT_EQ(made.status(), 201);
  EXPECT_EQ(driver.post(made.texts("authorizations").at(0), R"({"status":"deactivated"})").status(), 200);
  EXPECT_EQ(order(driver, "a.corp.example", id()).status(), 429) << "once for each certificate";
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 429);
}

TEST_F(RenewalTest, SF61_LateIsStillInTimeUntilTheCertificateEnds) {
  use_the_limit_up();
  const auto& leaf = issued->chain.leaf();
  ca.clock.advance(leaf.not_after() + 1s - ca.clock.now());
  EXPECT_EQ(order(driver, "a.corp.example", id()).status(), 429) << "it has ended";
  ca.clock.advance(-1s);
  EXPECT_EQ(order(driver, "a.corp.example", id()).status(), 201);
}

// Else an account could revoke each certificate of its own for another order.
TEST_F(RenewalTest, SF61_WhatIsRevokedIsReplacedWithinTheLimit) {
  use_the_limit_up();
  ca.clock.advance(window_start() - ca.clock.now());
  revoke();
  EXPECT_EQ(order(driver, "a.corp.example", id()).status(), 429);
}

}  // namespace
}  // namespace crest::ca::ra
