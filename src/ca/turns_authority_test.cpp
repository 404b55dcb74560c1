// Whose validation comes when, and what waits for none, seen from outside of a whole CA.
#include <latch>
#include <thread>

#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"
#include "x509/test_certificates.hpp"

namespace crest::ca {
namespace {

using testing::AcmeDriver;
using testing::TestCa;

TEST(TurnsOfAuthority, SF52_AFloodOfOneAccountLeavesTheNextTurnToAnother) {
  TestCa ca;
  AcmeDriver flood(ca), modest(ca);
  for (auto* driver : {&flood, &modest}) driver->new_account();
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) {
    names.push_back("h" + std::to_string(i) + ".flood.example");
    ca.add_host(names.back(), "192.0.2.1", flood.public_key());
  }
  ca.add_host("modest.example", "192.0.2.2", modest.public_key());
  flood.respond_all(flood.new_order(names));
  ASSERT_TRUE(ca.authority->work());
  const auto order = modest.new_order({std::string("modest.example")});
  modest.respond_all(order);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(ca.authority->work());
  EXPECT_EQ(modest.read(order.location()).text("status"), "ready") << "after one more of the flood at most";
  EXPECT_EQ(ca.egress.seen.size(), 3u);
  ca.work_all();
  EXPECT_EQ(ca.egress.seen.size(), 21u);
}

TEST(TurnsOfAuthority, SF52_AHostThatHangsHoldsUpNoSignature) {
  TestCa ca;
  ca.options.workers = 1;
  ca.start();
  AcmeDriver driver(ca);
  driver.new_account();
  ca.add_host("good.example", "192.0.2.1", driver.public_key());
  ca.add_host("hangs.example", "192.0.2.2", driver.public_key());
  std::latch begun(1), released(1);
  ca.egress.at["192.0.2.2"] = [&, answer = ca.egress.at["192.0.2.1"]](const auto& request, const Call& call) {
    begun.count_down();
    released.wait();
    return answer(request, call);
  };
  const auto ready = driver.new_order({std::string("good.example")});
  driver.respond_all(ready);
  ca.work_all();
  const auto hangs = driver.new_order({std::string("hangs.example")});
  driver.respond_all(hangs);
  const auto waits = driver.new_order({std::string("good.example")});
  driver.respond_all(waits);
  std::jthread worker([&] { ca.authority->work(); });
  begun.wait();

  EXPECT_FALSE(ca.authority->work()) << "the one validation that there may be hangs";
  ca.signer.fails = true;
  EXPECT_EQ(driver.finalize(ready, x509::test::key(), {"good.example"}).text("status"), "processing");
  ca.signer.fails = false;
  ca.clock.advance(5s);
  EXPECT_TRUE(ca.authority->work());
  EXPECT_EQ(driver.read(ready.location()).text("status"), "valid");
  EXPECT_EQ(driver.read(waits.location()).text("status"), "pending");
  released.count_down();
  worker.join();
  ca.work_all();
  for (const auto& order : {hangs, waits}) EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
}

}  // namespace
}  // namespace crest::ca
