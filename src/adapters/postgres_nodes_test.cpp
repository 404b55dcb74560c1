// Several nodes of one CA on one PostgreSQL.
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "adapters/postgres_nonces.hpp"
#include "adapters/postgres_server.hpp"
#include "adapters/postgres_store.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::adapters {
namespace {

using ca::testing::AcmeDriver;
using ca::testing::ManualClock;
using ca::testing::RecordingLog;
using ca::testing::TestCa;

PostgresServer& server() { return PostgresServer::shared(); }

struct NonceNode {
  explicit NonceNode(const std::string& target, ManualClock& clock)
      : source(PostgresNonces::open(target, clock, random, log).value()) {}
  crypto::SystemRandom random;
  RecordingLog log;
  std::unique_ptr<PostgresNonces> source;
};

class NoncesOfNodes : public ::testing::Test {
 protected:
  const std::string target = server().fresh_target();
  ManualClock clock;
  NonceNode north{target, clock}, south{target, clock};
};

TEST_F(NoncesOfNodes, NON_12_SF1_SF67_EachIsGoodOnceAtAnyNode) {
  const auto a = north.source->issue(), b = north.source->issue(), c = south.source->issue();
  EXPECT_TRUE(south.source->redeem(a));
  EXPECT_FALSE(south.source->redeem(a));
  EXPECT_FALSE(north.source->redeem(a));
  EXPECT_TRUE(north.source->redeem(b));
  EXPECT_TRUE(north.source->redeem(c));
}

TEST_F(NoncesOfNodes, NON_05_RefusesWhatNobodyMade) {
  const auto good = north.source->issue();
  EXPECT_TRUE(encoding::is_base64url(good));
  auto changed = good;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  for (const std::string& value : {std::string(), std::string("abc"), changed, good + "A", good.substr(1),
                                   std::string(good.size(), 'A'), std::string(4096, 'A')}) {
    EXPECT_FALSE(south.source->redeem(value)) << value;
  }
  EXPECT_TRUE(south.source->redeem(good));
}

TEST_F(NoncesOfNodes, SF1_OfTwoNodesAtOnceOneWins) {
  for (int round = 0; round < 30; ++round) {
    const auto value = north.source->issue();
    std::atomic<int> wins = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        auto& source = i % 2 == 0 ? *north.source : *south.source;
        threads.emplace_back([&] { wins += source.redeem(value) ? 1 : 0; });
      }
    }
    EXPECT_EQ(wins, 1);
  }
}

TEST_F(NoncesOfNodes, SF2_KeysAreReplacedAndWhatWasSpentIsForgottenWithThem) {
  const auto first = north.source->issue(), second = north.source->issue();
  EXPECT_TRUE(south.source->redeem(first));
  clock.advance(PostgresNonces::key_life);
  const auto third = south.source->issue();
  EXPECT_TRUE(north.source->redeem(second));
  EXPECT_TRUE(north.source->redeem(third));
  clock.advance(PostgresNonces::key_life);
  EXPECT_FALSE(north.source->redeem(first));
  const auto fourth = north.source->issue();
  clock.advance(PostgresNonces::key_life);
  (void)north.source->issue();
  const auto connection = PostgresConnection::open(target).value();
  SqlQuery query(*connection, "SELECT count(*) FROM spent_nonces");
  ASSERT_TRUE(query.row().value());
  EXPECT_EQ(query.integer(0), 0);
}

TEST_F(NoncesOfNodes, SF1_ACrashOfTheDatabaseMakesNoneGoodAgain) {
  const auto spent = north.source->issue(), unspent = south.source->issue();
  ASSERT_TRUE(north.source->redeem(spent));
  server().stop(SIGQUIT);
  EXPECT_FALSE(south.source->redeem(unspent));
  server().run();
  clock.advance(2s);
  EXPECT_FALSE(north.source->redeem(spent));
  EXPECT_FALSE(south.source->redeem(spent));
  clock.advance(2s);
  EXPECT_FALSE(south.source->redeem(unspent));
  const auto value = north.source->issue();
  EXPECT_TRUE(south.source->redeem(value)) << north.log.text() << south.log.text();
}

// Two nodes with one name service and one clock, as TestCa makes them up.
class Nodes : public ::testing::Test {
 protected:
  const std::string target = server().fresh_target();
  std::unique_ptr<ca::store::Store> north_store = open_postgres_store(target).value(),
                                    south_store = open_postgres_store(target).value();
  TestCa north{*north_store}, south{*south_store};
  crypto::SystemRandom random;
  RecordingLog log;
  std::unique_ptr<PostgresNonces> north_nonces = PostgresNonces::open(target, north.clock, random, log).value(),
                                  south_nonces = PostgresNonces::open(target, south.clock, random, log).value();
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();

  void SetUp() override {
    begin(north, "north", *north_nonces);
    begin(south, "south", *south_nonces);
  }
  static void begin(TestCa& ca, const std::string& name, PostgresNonces& nonces) {
    ca.options.node = name;
    ca.options.shared_store = true;
    ca.nonces = &nonces;
    ca.start();
  }
  void add_host(const AcmeDriver& driver) {
    for (auto* ca : {&north, &south}) ca->add_host("a.corp.example", "192.0.2.1", driver.public_key());
  }
  void pass(Duration span) {
    for (auto* ca : {&north, &south}) ca->clock.advance(span);
  }
  static void work(TestCa& ca) {
    while (ca.authority->work()) {
    }
  }
};

TEST_F(Nodes, SF67_AClientThatAlternatesGetsItsCertificate) {
  AcmeDriver driver(north);
  driver.alternate(&south);
  ASSERT_EQ(driver.new_account().status(), 201);
  add_host(driver);
  const auto order = driver.new_order({std::string("a.corp.example")});
  ASSERT_EQ(order.status(), 201);
  driver.respond_all(order);
  work(north);
  work(south);
  const auto done = driver.finalize(order, key, {"a.corp.example"});
  EXPECT_EQ(done.text("status"), "valid") << done.response.body;
  EXPECT_EQ(driver.read(done.text("certificate")).status(), 200);
}

TEST_F(Nodes, KEY_07_AKeyThatChangedAtOneNodeHasChangedAtEach) {
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  const auto url = AcmeDriver::url("/key-change");
  ASSERT_EQ(AcmeDriver::through(south, driver).read(driver.account_url()).status(), 200);
  const auto payload = acme::key_change_payload(key, driver.public_key(), driver.account_url(), url).value();
  ASSERT_EQ(driver.post(url, payload).status(), 200);
  for (auto* ca : {&north, &south}) {
    auto with_old = AcmeDriver::through(*ca, driver), with_new = with_old;
    with_new.use_key(key);
    EXPECT_EQ(with_old.read(driver.account_url()).status(), 400);
    EXPECT_EQ(with_new.read(driver.account_url()).status(), 200);
  }
}

TEST_F(Nodes, SF67_WhatADeadNodeLeftIsTakenOverAfterItsLease) {
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  add_host(driver);
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);  // at north, which dies before it validates
  const std::string url = order.location();
  pass(30s);
  work(south);
  EXPECT_EQ(AcmeDriver::through(south, driver).read(url).text("status"), "pending") << "north's lease holds";
  pass(40s);
  work(south);  // finds out
  work(south);
  EXPECT_EQ(AcmeDriver::through(south, driver).read(url).text("status"), "ready");
}

TEST_F(Nodes, SF67_ASigningOfADeadNodeIsFinished) {
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  add_host(driver);
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  work(north);
  north.signer.fails = true;
  EXPECT_EQ(driver.finalize(order, key, {"a.corp.example"}).text("status"), "processing");
  pass(70s);
  work(south);
  work(south);
  const auto read = AcmeDriver::through(south, driver).read(order.location());
  EXPECT_EQ(read.text("status"), "valid") << read.response.body;
  EXPECT_EQ(south.signer.signatures, 1);
}

TEST_F(Nodes, SF67_ANodeThatWasTakenForDeadWritesNothingLate) {
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  const auto order = driver.new_order({std::string("a.corp.example")});
  add_host(driver);
  // North hangs in its validation, and comes back with a bad result when south takes it for dead.
  north.egress.at["192.0.2.1"] = [&](const http::Request&, const Call&) -> Result<http::Response> {
    pass(70s);
    EXPECT_TRUE(south.authority->work());  // south finds out
    return http::Response{.status = 200, .body = "wrong"};
  };
  driver.respond_all(order);
  ASSERT_TRUE(north.authority->work());
  EXPECT_EQ(north.log.count("work_postponed"), 1u);
  EXPECT_EQ(north.log.count("validation_failed"), 0u);
  work(south);
  EXPECT_EQ(AcmeDriver::through(south, driver).read(order.location()).text("status"), "ready");
  pass(70s);
  work(north);
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
}

}  // namespace
}  // namespace crest::adapters
