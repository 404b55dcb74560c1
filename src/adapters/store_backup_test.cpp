#include "adapters/store_backup.hpp"

#include <atomic>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "adapters/postgres_server.hpp"
#include "adapters/postgres_store.hpp"
#include "adapters/sql_text.hpp"
#include "adapters/sqlite.hpp"
#include "adapters/sqlite_store.hpp"
#include "adapters/temporary_folder.hpp"
#include "ca/ra/deps.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::adapters {
namespace {

using namespace ca::store;
using ca::testing::AcmeDriver;
using ca::testing::TestCa;

PostgresServer& server() { return PostgresServer::shared(); }

std::int64_t number(SqlConnection& connection, const char* sql) {
  SqlQuery query(connection, sql);
  const auto there = query.row();
  EXPECT_TRUE(there) << (there ? "" : there.error().describe());
  return there && *there ? query.integer(0) : -1;
}

// Every row of every table, as PostgreSQL writes it.
std::map<std::string, std::vector<std::string>> all_rows(const std::string& target) {
  const auto connection = PostgresConnection::open(target).value();
  SqlQuery tables(*connection, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()");
  const auto names = texts_of(tables).value();
  std::map<std::string, std::vector<std::string>> all;
  for (const auto& name : names) {
    const std::string sql = "SELECT t::text FROM " + name + " t ORDER BY 1";
    const auto each = PostgresConnection::open(target).value();
    SqlQuery rows(*each, sql.c_str());
    all[name] = texts_of(rows).value();
  }
  return all;
}

// What a CA has after a while: certificates, one of them revoked, orders that wait, and what seldom occurs.
void live_a_little(Store& store) {
  TestCa ca{store};
  ca.start();
  AcmeDriver driver(ca);
  ASSERT_EQ(driver.new_account().status(), 201);
  ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  for (int i = 0; i < 2; ++i) {
    const auto order = driver.new_order({std::string("a.corp.example")});
    driver.respond_all(order);
    ca.work_all();
    ASSERT_EQ(driver.finalize(order, key, {"a.corp.example"}).text("status"), "valid");
  }
  ASSERT_TRUE(store.write([&](Tx& tx) -> Result<void> {
    for (int i = 0; i < 205; ++i) TRY(tx.orders.insert({.id = ca::ra::new_id(ca.random, ca.clock.now())}));
    TRY(tx.blocked_keys.insert("00ff", ca.clock.now()));
    auto rows = TRY(tx.certificates.search({}, std::nullopt, 1));
    rows.front().status = CertificateStatus::revoked;
    rows.front().revoked_at = ca.clock.now();
    TRY(tx.certificates.update_if(rows.front(), CertificateStatus::issued));
    return {};
  }));
}

TEST(StoreBackup, PostgresGoesIntoAFileAndBackUnchanged) {
  const TemporaryFolder folder;
  const std::string source = server().fresh_target(), target = server().fresh_target();
  live_a_little(*open_postgres_store(source).value());
  ASSERT_TRUE(back_up_postgres(source, folder / "backup", {from_unix_seconds(7), {{"a/b.pem", "pem"}}}));
  const auto carried = carried_by(folder / "backup").value();
  EXPECT_EQ(carried.made, from_unix_seconds(7));
  ASSERT_EQ(carried.files.size(), 1u);
  EXPECT_EQ(carried.files.front().path + carried.files.front().content, "a/b.pempem");
  ASSERT_TRUE(restore_sqlite(folder / "backup", folder / "store"));
  const auto moved = move_to_postgres(folder / "store", target);
  ASSERT_TRUE(moved) << moved.error().describe();
  const auto before = all_rows(source);
  EXPECT_EQ(all_rows(target), before);
  EXPECT_EQ(before.at("orders").size(), 207u);
  for (const char* table : {"accounts", "certificates", "audit", "blocked_keys", "authorizations"})
    EXPECT_FALSE(before.at(table).empty()) << table;
}

TEST(StoreBackup, WhatWasMovedGoesOn) {
  const TemporaryFolder folder;
  const std::string target = server().fresh_target();
  live_a_little(*open_sqlite_store(folder / "old").value());
  ASSERT_TRUE(move_to_postgres(folder / "old", target));
  live_a_little(*open_postgres_store(target).value());  // numbers go on behind those that were there
  const auto connection = PostgresConnection::open(target).value();
  EXPECT_EQ(number(*connection, "SELECT count(*) FROM certificates"), 4);
  EXPECT_EQ(number(*connection, "SELECT count(DISTINCT number) FROM orders"), 414);
}

TEST(StoreBackup, ItIsOfOneMomentWhileOthersWrite) {
  const TemporaryFolder folder;
  const std::string source = server().fresh_target();
  const auto store = open_postgres_store(source).value();
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  std::jthread writer([&] {
    while (!stop) {
      const std::string id = std::to_string(written);
      const auto done = store->write([&](Tx& tx) -> Result<void> {
        TRY(tx.accounts.insert({.id = id, .thumbprint = "thumb-" + id, .key_spki = {1}}));
        return tx.blocked_keys.insert(id, from_unix_seconds(1));
      });
      if (done) ++written;
    }
  });
  for (int round = 0; round < 8; ++round) {
    const int least = written;
    const std::string file = folder / std::to_string(round);
    const auto made = back_up_postgres(source, file, {});
    ASSERT_TRUE(made) << made.error().describe();
    const auto copy = SqliteConnection::open(file).value();
    const auto accounts = number(*copy, "SELECT count(*) FROM accounts");
    EXPECT_GE(accounts, least);
    EXPECT_EQ(accounts, number(*copy, "SELECT count(*) FROM blocked_keys"));
    while (written < least + 20) std::this_thread::yield();
  }
  stop = true;
}

TEST(StoreBackup, ADatabaseInUseIsNeverOverwritten) {
  const TemporaryFolder folder;
  const std::string target = server().fresh_target();
  live_a_little(*open_sqlite_store(folder / "store").value());
  live_a_little(*open_postgres_store(target).value());
  const auto before = all_rows(target);
  const auto refused = move_to_postgres(folder / "store", target);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_NE(refused.error().message.find("never overwritten"), std::string::npos);
  EXPECT_EQ(all_rows(target), before);
}

TEST(StoreBackup, AMoveThatFailsLeavesNothing) {
  const TemporaryFolder folder;
  const std::string target = server().fresh_target();
  live_a_little(*open_sqlite_store(folder / "store").value());
  const auto damaged = SqliteConnection::open(folder / "store").value();
  ASSERT_TRUE(damaged->execute("INSERT INTO spendings VALUES (CAST(x'ff' AS TEXT), 1)"));  // no UTF-8; the last table
  EXPECT_FALSE(move_to_postgres(folder / "store", target));
  for (const auto& [table, rows] : all_rows(target)) EXPECT_EQ(rows.size(), table == "crest_schema" ? 1u : 0u) << table;
  ASSERT_TRUE(damaged->execute("DELETE FROM spendings"));
  EXPECT_TRUE(move_to_postgres(folder / "store", target)) << "the next attempt";
}

TEST(StoreBackup, AnotherVersionIsLeftToItsOwnProgram) {
  const TemporaryFolder folder;
  const std::string source = server().fresh_target();
  (void)open_postgres_store(source).value();
  const auto connection = PostgresConnection::open(source).value();
  ASSERT_TRUE(connection->execute("UPDATE crest_schema SET version = version - 1"));
  const auto refused = back_up_postgres(source, folder / "backup", {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("use the crest-ca that serves it"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "backup"));
}

TEST(StoreBackup, AScratchSchemaGoesWithWhatIsInIt) {
  const std::string base = server().fresh_target();
  const auto connection = PostgresConnection::open(base).value();
  const auto count = [&] {
    return number(*connection, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'crest_try_%'");
  };
  {
    const auto scratch = ScratchSchema::create(base).value();
    (void)open_postgres_store(scratch->target()).value();
    EXPECT_EQ(count(), 1);
    EXPECT_EQ(number(*connection, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"), 0);
  }
  EXPECT_EQ(count(), 0);
}

TEST(InSchema, KeepsWhatElseIsSaid) {
  EXPECT_EQ(in_schema("host=/run dbname='a b' options='-c a=1'", "s").value(),
            "dbname='a b' host='/run' options='-c a=1 -c search_path=s'");
  EXPECT_EQ(in_schema("postgresql://crest@db:5433/ca?sslmode=verify-full", "s").value(),
            "user='crest' dbname='ca' host='db' port='5433' sslmode='verify-full' options='-c search_path=s'");
  EXPECT_EQ(in_schema("dbname='it\\'s'", "s").value(), "dbname='it\\'s' options='-c search_path=s'");
  EXPECT_FALSE(in_schema("host", "s"));
}

}  // namespace
}  // namespace crest::adapters
