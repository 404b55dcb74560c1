#include "ca/issuer/clock_guard.hpp"

#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"

namespace crest::ca::issuer {
namespace {

using testing::AcmeDriver;
using testing::TestCa;
using testing::TestHierarchy;

TEST(ClockGuard, SF80_Table) {
  const Time now = from_unix_seconds(1'767'225'600);
  const Validity wide{now - 24h, now + 24h};
  const struct {
    Time now;
    std::optional<Time> newest;
    Validity issuer;
    const char* said;  // "" when good
  } cases[] = {{now, std::nullopt, wide, ""},
               {now, now, wide, ""},
               {now, now - 24h, wide, ""},
               {now, now + 5min, wide, ""},
               {now, now + 5min + 1ms, wide, "set the clock"},
               {now, now + 8760h, wide, "set the clock"},
               {now, std::nullopt, {now, now + 1s}, ""},
               {now, std::nullopt, {now + 1s, now + 24h}, "set the clock"},
               {now, std::nullopt, {now - 24h, now}, "new intermediate"}};
  for (const auto& [moment, newest, issuer, said] : cases) {
    const auto checked = check_clock(moment, newest, issuer);
    EXPECT_EQ(checked.has_value(), *said == '\0') << said;
    if (checked) continue;
    EXPECT_EQ(checked.error().kind, ErrorKind::clock_suspect);
    EXPECT_NE(checked.error().message.find(said), std::string::npos) << checked.error().message;
  }
}

class ClockTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();

  void SetUp() override {
    driver.new_account();
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  }
  testing::Answer finalize() {
    const auto order = driver.new_order({std::string("a.corp.example")});
    driver.respond_all(order);
    ca.work_all();
    return driver.finalize(order, key, {"a.corp.example"});
  }
};

TEST_F(ClockTest, SF80_NothingIsIssuedWhenTheClockWentBack) {
  ca.clock.advance(1h);
  driver.issue({"a.corp.example"}, key);
  EXPECT_EQ(ca.signer.signatures, 1);
  ca.clock.advance(-5min);
  EXPECT_EQ(finalize().text("status"), "valid");
  ca.clock.advance(-1min);
  for (int restart = 0; restart < 2; ++restart) {
    for (int again = 0; again < 3; ++again) {
      const auto refused = finalize();
      EXPECT_EQ(refused.status(), 503);
      EXPECT_EQ(refused.type(), "serverInternal");
      EXPECT_NE(refused.header("Retry-After"), "");
    }
    EXPECT_FALSE(ca.authority->issue_own(key.public_key(), {acme::identifier_from_user("ca.corp.example").value()}));
    EXPECT_EQ(driver.plain("GET", "/health").status(), 503);
    EXPECT_EQ(ca.log.count("clock_suspect"), 1u + restart) << "once, not at every request";
    ca.start();
  }
  EXPECT_EQ(ca.signer.signatures, 2);
  EXPECT_NE(ca.log.text().find("set the clock"), std::string::npos);
  ca.clock.advance(10min);
  EXPECT_EQ(finalize().text("status"), "valid");
  EXPECT_EQ(driver.plain("GET", "/health").status(), 200);
}

TEST_F(ClockTest, SF80_TheEndIsLoggedToo) {
  ca.clock.advance(1h);
  driver.issue({"a.corp.example"}, key);
  ca.clock.advance(-30min);
  finalize();
  ca.clock.advance(30min);
  finalize();
  EXPECT_EQ(ca.log.count("clock_suspect"), 2u);
  EXPECT_NE(ca.log.text().find("clock_suspect state=over"), std::string::npos);
}

TEST_F(ClockTest, SF80_AWaitingSignatureWaitsForTheClock) {
  ca.clock.advance(1h);
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.signer.fails = true;
  driver.finalize(order, key, {"a.corp.example"});
  ca.signer.fails = false;
  ca.clock.advance(-30min);
  ca.start();
  EXPECT_TRUE(ca.authority->work());
  EXPECT_EQ(ca.signer.signatures, 0);
  ca.clock.advance(30min);
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "valid");
}

TEST_F(ClockTest, SF80_NothingIsIssuedOutsideTheIssuersLife) {
  ca.clock.advance(TestHierarchy::get().intermediate.not_after() - ca.clock.now());
  EXPECT_EQ(finalize().status(), 503);
  ca.clock.advance(TestHierarchy::get().intermediate.not_before() - ca.clock.now() - 1s);
  EXPECT_EQ(finalize().status(), 503);
  EXPECT_EQ(ca.signer.signatures, 0);
  EXPECT_EQ(ca.log.count("clock_suspect"), 1u);
}

TEST_F(ClockTest, SF81_LivesCountBothEnds) {
  const auto leaf = driver.issue({"a.corp.example"}, key).chain.leaf();
  EXPECT_EQ(leaf.not_after(), leaf.not_before() + ca.options.leaf_life - 1s);
}

}  // namespace
}  // namespace crest::ca::issuer
