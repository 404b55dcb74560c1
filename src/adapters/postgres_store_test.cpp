#include "adapters/postgres_store.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "adapters/postgres_server.hpp"
#include "adapters/sql_schema.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::adapters {
namespace {

using namespace ca::store;

PostgresServer& server() { return PostgresServer::shared(); }

std::unique_ptr<Store> fresh_store() { return open_postgres_store(server().fresh_target()).value(); }

Result<void> add_account(Store& store, const std::string& id) {
  return store.write([&](Tx& tx) -> Result<void> {
    TRY(tx.accounts.insert({.id = id, .thumbprint = "thumb-" + id}));
    return {};
  });
}

bool has_account(Store& store, const std::string& id) {
  bool found = false;
  const auto done = store.read([&](Tx& tx) -> Result<void> {
    const auto row = TRY(tx.accounts.by_id(id));
    found = row.has_value();
    return {};
  });
  EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  return found;
}

TEST(PostgresStore, SaysWhatToDoWhenItCannotConnect) {
  const auto absent = open_postgres_store("host=/nonexistent dbname=crest");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().kind, ErrorKind::storage);
  EXPECT_NE(absent.error().message.find("see that the database server runs"), std::string::npos);
  const auto no_database = open_postgres_store("host=" + server().base().substr(5, server().base().find(' ') - 5) +
                                               " user=crest dbname=absent");
  ASSERT_FALSE(no_database);
  EXPECT_NE(no_database.error().message.find("does not exist"), std::string::npos) << no_database.error().describe();
}

TEST(PostgresStore, SF67_TwoNodesStartAtTheSameMoment) {
  const std::string target = server().fresh_target();
  std::atomic<int> opened{0};
  {
    std::vector<std::jthread> nodes;
    for (int i = 0; i < 4; ++i) nodes.emplace_back([&] { opened += open_postgres_store(target) ? 1 : 0; });
  }
  EXPECT_EQ(opened, 4);
}

TEST(PostgresStore, ANewerDatabaseIsRefused) {
  const std::string target = server().fresh_target();
  ASSERT_TRUE(open_postgres_store(target));
  PostgresConnection::open(target).value()->execute("UPDATE crest_schema SET version = 99").value();
  const auto newer = open_postgres_store(target);
  ASSERT_FALSE(newer);
  EXPECT_NE(newer.error().message.find("version 99"), std::string::npos);
}

std::string commit_setting(const std::string& target) {
  const auto connection = PostgresConnection::open(target).value();
  SqlQuery query(*connection, "SHOW synchronous_commit");
  EXPECT_TRUE(query.row().value());
  return query.text(0);
}

TEST(PostgresStore, SF64_ACommitIsOnDiskWhateverTheDefaultOfTheDatabaseIs) {
  const auto by_default = [](const std::string& word) {
    return server().base() + " options='-c synchronous_commit=" + word + "'";
  };
  EXPECT_EQ(commit_setting(by_default("off")), "on");
  EXPECT_EQ(commit_setting(by_default("local")), "local");
  EXPECT_EQ(commit_setting(by_default("remote_apply")), "remote_apply") << "who wants more has it";
}

TEST(PostgresStore, SF67_LeasesRunByTheDatabasesClock) {
  const auto store = fresh_store();
  const auto seconds = [](Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); };
  const auto asked = store->write([&](Tx& tx) -> Result<void> {
    const Time at = TRY(tx.leases.time(from_unix_seconds(1)));
    EXPECT_NEAR(seconds(at), static_cast<double>(std::time(nullptr)), 60) << "the same machine's";
    return {};
  });
  EXPECT_TRUE(asked);
}

TEST(PostgresStore, AnOlderDatabaseIsBroughtUpToDate) {
  const std::string target = server().fresh_target();
  {
    const auto connection = PostgresConnection::open(target).value();
    migrate_to(*connection, SqlDialect::postgres, 1).value();
    connection->execute("INSERT INTO accounts VALUES ('old', 't', '', 'valid', '', 1, '', 0)").value();
  }
  const auto store = open_postgres_store(target).value();
  EXPECT_TRUE(has_account(*store, "old"));
  EXPECT_TRUE(add_account(*store, "new"));
}

// Two nodes count what they may do in one row: neither sees a number twice.
TEST(PostgresStore, SF31_SF67_TransitionsOfTwoNodesAreSerial) {
  const std::string target = server().fresh_target();
  const auto first = open_postgres_store(target).value(), second = open_postgres_store(target).value();
  constexpr int threads_count = 6, rounds = 20;
  std::mutex mutex;
  std::vector<std::int64_t> seen;
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < threads_count; ++t) {
      threads.emplace_back([&, t] {
        Store& store = t % 2 == 0 ? *first : *second;
        for (int i = 0; i < rounds; ++i) {
          std::int64_t mine = 0;
          const auto done = store.write([&](Tx& tx) -> Result<void> {
            const auto before = TRY(tx.spendings.full_at("counter"));
            const Time next = before.value_or(Time{}) + 1ms;
            mine = next.time_since_epoch().count();
            return tx.spendings.put("counter", next);
          });
          const std::scoped_lock lock(mutex);
          if (done) seen.push_back(mine);
          if (!done) ++failed;
        }
      });
    }
  }
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(threads_count * rounds - failed));
  EXPECT_EQ(seen.back(), static_cast<std::int64_t>(seen.size()));
  EXPECT_EQ(failed, 0);
}

// One that takes its time meets those of a node that writes all the while, however often it begins again.
TEST(PostgresStore, SF67_AWriteThatOthersKeepFromItsCommitGetsThrough) {
  const std::string target = server().fresh_target();
  const auto slow = open_postgres_store(target).value(), busy = open_postgres_store(target).value();
  const auto count_up = [](Tx& tx, Duration pause) -> Result<void> {
    const auto before = TRY(tx.spendings.full_at("counter"));
    std::this_thread::sleep_for(pause);
    return tx.spendings.put("counter", before.value_or(Time{}) + 1ms);
  };
  std::atomic<int> counted{0};
  std::jthread hurry([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) counted += busy->write([&](Tx& tx) { return count_up(tx, 0ms); }) ? 1 : 0;
  });
  while (counted == 0) std::this_thread::yield();
  int tries = 0;
  const auto done = slow->write([&](Tx& tx) {
    ++tries;
    return count_up(tx, 20ms);
  });
  EXPECT_TRUE(done) << (done ? "" : done.error().describe());
  EXPECT_LE(tries, 2);
}

// A whole CA on it: account, order, validation, certificate, revocation; and again after a restart.
TEST(PostgresStore, ACaIssuesFromIt) {
  const auto store = fresh_store();
  ca::testing::TestCa ca(*store);
  ca::testing::AcmeDriver driver(ca);
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  driver.new_account();
  ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  driver.issue({"a.corp.example"}, key);
  ca.start();
  driver.issue({"a.corp.example"}, key);
  const auto done = store->read([&](Tx& tx) -> Result<void> {
    const auto rows = TRY(tx.certificates.search({.text = "a.corp.example"}, {}, 9));
    EXPECT_EQ(rows.size(), 2u);
    for (const auto& row : rows) {
      EXPECT_EQ(row.status, CertificateStatus::issued);
      EXPECT_EQ(row.profile, "default");
      EXPECT_LT(row.not_before, row.not_after);
    }
    return {};
  });
  EXPECT_TRUE(done);
}

// The database goes between signing and storing. What was signed is on record from before, so the same certificate comes
// out of it later, under the same serial.
TEST(PostgresStore, SF63_SF65_AConnectionLostBetweenSigningAndStoringLosesNothing) {
  const auto store = fresh_store();
  ca::testing::TestCa ca(*store);
  ca::testing::AcmeDriver driver(ca);
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  driver.new_account();
  ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.signer.before_signing = [&] { server().stop(SIGQUIT); };
  const auto cut_off = driver.finalize(order, key, {"a.corp.example"});
  ca.signer.before_signing = nullptr;
  EXPECT_EQ(ca.signer.signatures, 1);
  EXPECT_TRUE(cut_off.text("status") == "processing" || cut_off.status() == 503) << cut_off.response.body;
  server().run();
  ca.work_all();
  const auto done = driver.read(order.location());
  ASSERT_EQ(done.text("status"), "valid") << done.response.body;
  const auto leaf = x509::Chain::from_pem(driver.read(done.text("certificate")).response.body)->leaf();
  EXPECT_EQ(leaf.public_key(), key.public_key());
  const auto read = store->read([&](Tx& tx) -> Result<void> {
    const auto rows = TRY(tx.certificates.search({.text = "a.corp.example"}, {}, 9));
    EXPECT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows.at(0).serial, leaf.serial_hex());
    EXPECT_EQ(rows.at(0).status, CertificateStatus::issued);
    return {};
  });
  EXPECT_TRUE(read);
}

TEST(PostgresStore, SF65_GoesOnAfterTheServerWasAway) {
  const auto store = fresh_store();
  ASSERT_TRUE(add_account(*store, "before"));
  ASSERT_TRUE(has_account(*store, "before"));
  server().stop(SIGQUIT);
  const auto refused = add_account(*store, "meanwhile");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::storage);
  EXPECT_FALSE(store->check());
  server().run();
  EXPECT_TRUE(add_account(*store, "after"));
  EXPECT_TRUE(has_account(*store, "before"));
  EXPECT_TRUE(has_account(*store, "after"));
  EXPECT_FALSE(has_account(*store, "meanwhile"));
  EXPECT_TRUE(store->check());
}

}  // namespace
}  // namespace crest::adapters
