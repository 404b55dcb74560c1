#include "apps/crest_ca/own_certificate.hpp"

#include <condition_variable>
#include <mutex>

#include <gtest/gtest.h>

#include "ca/testing/test_ca.hpp"

namespace crest::apps::crest_ca {
namespace {

// Jumps over so many sleeps, then sleeps until it is asked to stop, and tells when that began.
class JumpingClock final : public Clock {
 public:
  explicit JumpingClock(ca::testing::ManualClock& inner, int jumps) : inner_(inner), jumps_(jumps) {}

  Time now() const override { return inner_.now(); }
  Instant monotonic() const override { return inner_.monotonic(); }
  bool sleep_until(Time time, std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    if (jumps_-- > 0) return inner_.sleep_until(time, stop);
    asleep_ = true;
    changed_.notify_all();
    changed_.wait(lock, stop, [] { return false; });
    return false;
  }
  void await_sleep() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return asleep_; });
  }

 private:
  ca::testing::ManualClock& inner_;
  int jumps_;
  bool asleep_ = false;
  std::mutex mutex_;
  std::condition_variable_any changed_;
};

auto issuing(ca::testing::TestCa& ca) {
  return [&ca](const crypto::PublicKey& key, const std::vector<acme::Identifier>& names) {
    return ca.authority->issue_own(key, names);
  };
}

std::uint64_t certificates_in(ca::testing::TestCa& ca) {
  std::uint64_t count = 0;
  EXPECT_TRUE(ca.memory.read([&](ca::store::Tx& tx) -> Result<void> {
    count = TRY(tx.certificates.count());
    return {};
  }));
  return count;
}

TEST(OwnCertificate, IsRenewedAtTwoThirdsOfEachLifeAndSwappedIn) {
  ca::testing::TestCa ca;
  JumpingClock clock(ca.clock, 3);
  adapters::ServerOptions options;
  options.address = "127.0.0.1:0";
  options.identity = placeholder_identity(ca.random, ca.clock.now()).value();
  const auto server = adapters::BeastServer::open(options, ca.log).value();
  config::CaConfig config;
  config.host = "ca.corp.example";
  OwnCertificate own(config, {issuing(ca), {server.get()}, clock, ca.log});
  ASSERT_TRUE(own.renew());
  const Time begun = ca.clock.now();
  own.keep();
  clock.await_sleep();
  EXPECT_EQ(certificates_in(ca), 4u);  // the first, and one for each two thirds of a day that went by
  EXPECT_EQ(ca.log.count("own_certificate_not_renewed"), 0u);
  const Duration passed = ca.clock.now() - begun;
  EXPECT_GE(passed, 3 * 15h);
  EXPECT_LE(passed, 3 * 16h);
}

TEST(OwnCertificate, AFailureIsLoggedAndTriedAgainInAMinute) {
  ca::testing::TestCa ca;
  JumpingClock clock(ca.clock, 2);
  adapters::ServerOptions options;
  options.address = "127.0.0.1:0";
  options.identity = placeholder_identity(ca.random, ca.clock.now()).value();
  const auto server = adapters::BeastServer::open(options, ca.log).value();
  config::CaConfig config;
  config.host = "ca.corp.example";
  OwnCertificate own(config, {issuing(ca), {server.get()}, clock, ca.log});
  ASSERT_TRUE(own.renew());
  ca.store.fail_write_in = 1;
  own.keep();
  clock.await_sleep();
  EXPECT_EQ(ca.log.count("own_certificate_not_renewed"), 1u);
  EXPECT_EQ(certificates_in(ca), 2u);
}

}  // namespace
}  // namespace crest::apps::crest_ca
