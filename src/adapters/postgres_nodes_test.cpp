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
  std::vector<ca::store::LeaseRow> leases() {
    std::vector<ca::store::LeaseRow> rows;
    EXPECT_TRUE(north_store->read([&](ca::store::Tx& tx) -> Result<void> {
      rows = TRY(tx.leases.all());
      return {};
    }));
    std::erase_if(rows, [](const auto& row) { return !row.name.starts_with("node "); });
    return rows;
  }
  static std::string membership_of(TestCa& ca) {
    for (const auto& item : ca.authority->health()) {
      if (item.name == "membership") return item.trouble;
    }
    return "no such item";
  }
};

TEST_F(Nodes, SF67_ANodeThatWasStoppedStartsAgainAtOnce) {
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  add_host(driver);
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ASSERT_TRUE(north.authority->leave());
  north.start();
  EXPECT_TRUE(north.authority->has_joined().value());
  EXPECT_EQ(membership_of(north), "");
  work(north);
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready") << "what it had begun is done";
  EXPECT_EQ(north.log.count("node_not_joined"), 0u);
}

TEST_F(Nodes, SF67_WhatANodeLeftThatStaysAwayIsDoneSoon) {
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  add_host(driver);
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ASSERT_TRUE(north.authority->leave());
  pass(15s);
  work(south);
  work(south);
  EXPECT_EQ(AcmeDriver::through(south, driver).read(order.location()).text("status"), "ready");
}

// Until its lease is over it cannot know whether another does its work, so it begins nothing, and says why.
TEST_F(Nodes, SF67_ANodeThatWasKilledWaitsForItsLeaseAndSaysSo) {
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  add_host(driver);
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  pass(10s);
  north.start();
  EXPECT_FALSE(north.authority->has_joined().value());
  EXPECT_EQ(north.log.count("node_not_joined"), 1u);
  EXPECT_NE(membership_of(north).find("its lease ends in 50 s"), std::string::npos) << membership_of(north);
  EXPECT_EQ(driver.plain("GET", "/health").status(), 503);
  const auto refused = driver.new_order({std::string("a.corp.example")});
  EXPECT_EQ(refused.status(), 503);
  EXPECT_EQ(refused.type(), "serverInternal");
  EXPECT_EQ(refused.header("Retry-After"), "10");
  EXPECT_EQ(driver.plain("GET", AcmeDriver::url("/directory")).status(), 200);
  for (int i = 0; i < 49; ++i) {
    pass(1s);
    work(north);
  }
  EXPECT_TRUE(north.egress.seen.empty()) << "a validation that might not be recorded";
  EXPECT_NE(membership_of(north).find("its lease ends in 1 s"), std::string::npos) << membership_of(north);
  pass(1s);
  work(north);
  EXPECT_TRUE(north.authority->has_joined().value());
  EXPECT_EQ(driver.plain("GET", "/health").status(), 200);
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
  EXPECT_EQ(north.log.count("node_not_joined"), 1u);
  EXPECT_EQ(north.log.count("node_joined"), 1u);
}

TEST_F(Nodes, SF67_ASecondProcessOfTheSameNameIsRefusedWhileTheFirstLives) {
  const auto store = open_postgres_store(target).value();
  TestCa twin(*store);
  begin(twin, "north", *north_nonces);
  EXPECT_FALSE(twin.authority->has_joined().value()) << "the first may be dead";
  for (int second = 0; second < 16; ++second) {
    for (auto* ca : {&north, &twin}) {
      ca->clock.advance(1s);
      work(*ca);
    }
  }
  const auto joined = twin.authority->has_joined();
  ASSERT_FALSE(joined) << "the first has renewed its lease";
  EXPECT_EQ(joined.error().kind, ErrorKind::config);
  EXPECT_NE(joined.error().message.find("give each its own [store] node in ca.toml"), std::string::npos);
  EXPECT_TRUE(north.authority->has_joined().value());
  EXPECT_EQ(membership_of(north), "");
}

TEST_F(Nodes, SF67_ANodeThatIsGoneForGoodIsTakenOverOnceAndTheOthersAreLeftAlone) {
  const auto store = open_postgres_store(target).value();
  TestCa west(*store);
  begin(west, "west", *north_nonces);
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  auto at_south = AcmeDriver::through(south, driver);
  for (auto* ca : {&south, &west}) {
    ca->add_host("of-north.corp.example", "192.0.2.1", driver.public_key());
    ca->resolver.hosts["of-south.corp.example"] = {"192.0.2.2"};  // nothing listens there: it is tried again
  }
  const auto left = driver.new_order({std::string("of-north.corp.example")});
  driver.respond_all(left);  // north never does a thing again
  const auto pass_all = [&](Duration span) {
    for (auto* ca : {&south, &west}) ca->clock.advance(span);
  };
  for (int i = 0; i < 3; ++i) {
    pass_all(15s);
    work(west);
    work(south);
  }
  pass_all(13s);
  at_south.respond_all(at_south.new_order({std::string("of-south.corp.example")}));
  work(south);
  ASSERT_EQ(south.egress.seen.size(), 1u);
  pass_all(4s);
  work(west);
  EXPECT_EQ(at_south.read(left.location()).text("status"), "ready");
  ASSERT_EQ(west.egress.seen.size(), 1u) << "what north left, not what south is at";
  EXPECT_EQ(west.egress.seen.front().connect_to, "192.0.2.1");
  const auto gone = leases().front();
  EXPECT_EQ(gone.name, "node north");
  EXPECT_EQ(gone.holder, "") << "it is forgotten";
  for (int i = 0; i < 3; ++i) {
    pass_all(15s);
    work(south);
    work(west);
  }
  EXPECT_EQ(leases().front().fence, gone.fence);
  EXPECT_EQ(west.egress.seen.size(), 1u);
  north.clock.advance(2min);
  north.start();
  EXPECT_TRUE(north.authority->has_joined().value()) << "it may come back at any time";
}

// Only the database's clock tells how long a lease runs.
TEST_F(Nodes, SF67_SF80_ANodeWhoseClockIsAheadTakesNothingFromOthers) {
  ManualClock database;
  for (auto* ca : {&north, &south}) ASSERT_TRUE(ca->authority->leave());
  north.clock.advance(2h);
  for (auto* ca : {&north, &south}) {
    ca->store.lease_clock = &database;
    ca->start();
  }
  const auto before = leases();
  for (int i = 0; i < 8; ++i) {
    database.advance(15s);
    pass(15s);
    work(north);
    work(south);
  }
  const auto after = leases();
  ASSERT_EQ(after.size(), 2u);
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].fence, before[i].fence) << after[i].name;
    EXPECT_EQ(after[i].until, database.now() + 60s);
  }
}

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

// As above, but north has its place again by then: the challenge is south's all the same.
TEST_F(Nodes, SF67_ANodeThatIsBackWritesNothingOfWhatAnotherHasTakenOver) {
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  const auto order = driver.new_order({std::string("a.corp.example")});
  add_host(driver);
  south.egress.at.clear();  // it tries again
  north.egress.at["192.0.2.1"] = [&](const http::Request&, const Call&) -> Result<http::Response> {
    pass(70s);
    work(south);
    EXPECT_TRUE(north.authority->work()) << "its place";
    return http::Response{.status = 200, .body = "wrong"};
  };
  driver.respond_all(order);
  work(north);
  EXPECT_EQ(membership_of(north), "");
  EXPECT_EQ(north.log.count("validation_failed"), 0u) << "what changed nothing is not told";
  south.serve("192.0.2.1", driver.public_key());
  pass(5s);
  work(south);
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
}

TEST_F(Nodes, SF65_SF67_AChallengeIsValidatedWhoseAcceptanceWasWrittenAndNotAnswered) {
  AcmeDriver driver(north);
  ASSERT_EQ(driver.new_account().status(), 201);
  add_host(driver);
  const auto order = driver.new_order({std::string("a.corp.example")});
  north.store.lose_write_in = 1;
  driver.respond_all(order);
  AcmeDriver::through(south, driver).respond_all(order);  // as a client does that was told to try again
  work(south);
  EXPECT_TRUE(south.egress.seen.empty()) << "it is north's";
  work(north);
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
}

TEST_F(Nodes, SF67_AWriteThatFailedIsTriedAgainBeforeTheLeaseIsOver) {
  pass(15s);
  north.store.fail_write_in = 1;
  ASSERT_TRUE(north.authority->work());
  EXPECT_EQ(north.log.count("membership_failed"), 1u);
  pass(1s);
  work(north);
  EXPECT_EQ(north.log.count("membership_failed"), 2u) << "over";
  EXPECT_EQ(leases().front().until, north.clock.now() + 60s);
}

// Two nodes that both tell of the status of certificates.
class ListsOfNodes : public Nodes {
 protected:
  void SetUp() override {
    for (auto* ca : {&north, &south}) {
      ca->options.status.url = "http://ca.test:9080";
      ca->options.status.crl_parts = 0;
    }
    Nodes::SetUp();
    work(north);
    work(south);
    ASSERT_EQ(driver.new_account().status(), 201);
    add_host(driver);
  }
  void revoke_one() {
    const auto order = driver.new_order({std::string("a.corp.example")});
    driver.respond_all(order);
    work(north);
    const auto done = driver.finalize(order, key, {"a.corp.example"});
    const auto chain = x509::Chain::from_pem(driver.read(done.text("certificate")).response.body).value();
    const std::string body = R"({"certificate":")" + encoding::base64url(chain.leaf().der()) + R"("})";
    ASSERT_EQ(driver.post(AcmeDriver::url("/revoke-cert"), body).status(), 200);
  }
  // What happens while north signs, once.
  void while_north_signs(std::function<void()> what) {
    north.signer.before_signing = [this, what = std::move(what), done = false]() mutable {
      if (std::exchange(done, true)) return;
      what();
    };
    pass(5s);
    work(north);
    north.signer.before_signing = nullptr;
  }
  ca::store::CrlRow stored() {
    std::optional<ca::store::CrlRow> list;
    EXPECT_TRUE(north_store->read([&](ca::store::Tx& tx) -> Result<void> {
      const auto issuers = TRY(tx.issuers.all());
      list = TRY(tx.crls.latest(issuers.front().id, 0));
      return {};
    }));
    return list.value_or(ca::store::CrlRow{});
  }
  std::string told_by(TestCa& ca) {
    return ca.authority->status()->handle({.method = "GET", .url = "/crl/" + stored().issuer + ".crl"}).body;
  }
  AcmeDriver driver{north};
};

TEST_F(ListsOfNodes, CRL_02_SF67_OneNodeSignsForAll) {
  EXPECT_EQ(north.log.count("crl_signed"), 1u);
  EXPECT_EQ(south.log.count("crl_signed"), 0u);
  revoke_one();
  while_north_signs([&] { work(south); });
  EXPECT_EQ(north.log.count("crl_signed"), 2u);
  EXPECT_EQ(south.log.count("crl_signed"), 0u) << "north has the lease";
  pass(5s);
  work(south);
  EXPECT_EQ(south.log.count("crl_signed"), 0u) << "it has north's";
}

TEST_F(ListsOfNodes, CRL_02_SF67_SF83_AListThatComesLateIsRefusedByTheNumberOfItsLease) {
  revoke_one();
  while_north_signs([&] {
    pass(6s);
    work(south);
  });
  EXPECT_EQ(south.log.count("crl_signed"), 1u);
  EXPECT_EQ(north.log.count("crl_signed"), 1u) << "the one at the start";
  const auto list = stored();
  EXPECT_EQ(list.revocations, 1u);
  pass(5s);
  for (auto* ca : {&north, &south}) {
    work(*ca);
    EXPECT_EQ(to_bytes(told_by(*ca)), list.der) << "both tell the one that was first";
  }
}

}  // namespace
}  // namespace crest::adapters
