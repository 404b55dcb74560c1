#include <sys/stat.h>

#include <gtest/gtest.h>

#include "adapters/postgres_server.hpp"
#include "adapters/sqlite.hpp"
#include "adapters/temporary_folder.hpp"
#include "adapters/text_file.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/audit/writer.hpp"
#include "config/store_edit.hpp"

namespace crest::apps::crest_ca {
namespace {

struct Outcome {
  int code;
  std::string text;
};
template <typename Flags>
Outcome outcome(const Flags& flags) {
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const int code = run(flags);
  return {code, ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr()};
}

// A CA with its records in a PostgreSQL of the test's own.
class BackupTest : public ::testing::Test {
 protected:
  adapters::TemporaryFolder scratch;
  const std::string folder = scratch / "ca", file = scratch / "backup";
  const std::string target = server().fresh_target();

  static adapters::PostgresServer& server() { return adapters::PostgresServer::shared(); }
  static constexpr std::size_t bytes_max = 1u << 20;

  void SetUp() override {
    scratch.write("pass", "correct horse\n");
    ASSERT_EQ(::chmod((scratch / "pass").c_str(), 0600), 0);
    ASSERT_EQ(run(Init{.folder = folder, .lab = true, .passphrase = {.file = scratch / "pass"}}), 0);
  }
  void use_postgres() {
    const auto text = adapters::read_text_file(folder + "/ca.toml", bytes_max).value();
    scratch.write("ca/ca.toml", config::with_postgres(text, "ca.toml", target).value());
  }
  void plant() {
    ASSERT_TRUE(open_records(folder)->store->write([&](ca::store::Tx& tx) -> Result<void> {
      TRY(tx.accounts.insert({.id = "one", .thumbprint = "one", .key_spki = {1}}));
      return ca::audit::append(tx, "main", {"account_created", {{"account", "one"}}}, from_unix_seconds(1'767'225'600));
    }));
  }
  static bool has_account(const std::string& in) {
    bool found = false;
    EXPECT_TRUE(open_records(in)->store->read([&](ca::store::Tx& tx) -> Result<void> {
      const auto row = TRY(tx.accounts.by_id("one"));
      found = row.has_value();
      return {};
    }));
    return found;
  }
  static std::int64_t schemas_left() {
    const auto connection = adapters::PostgresConnection::open(server().base()).value();
    adapters::SqlQuery query(*connection, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'crest_try_%'");
    return query.row().value() ? query.integer(0) : -1;
  }
};

TEST_F(BackupTest, SF70_ACaOnPostgresIsBackedUpTriedAndRestored) {
  use_postgres();
  plant();
  const auto made = outcome(Backup{folder, file, true});
  EXPECT_EQ(made.code, 0) << made.text;
  EXPECT_NE(made.text.find("2 lines of the audit log, all whole"), std::string::npos) << made.text;
  const auto tried = outcome(Rehearse{file});
  EXPECT_EQ(tried.code, 0) << tried.text;
  EXPECT_EQ(schemas_left(), 0);
  EXPECT_FALSE(std::filesystem::exists(file + ".rehearsal"));

  const auto refused = outcome(Restore{file, scratch / "again", ""});
  EXPECT_EQ(refused.code, 64) << refused.text;
  EXPECT_NE(refused.text.find("--postgres"), std::string::npos) << refused.text;
  const auto back = outcome(Restore{file, scratch / "again", server().fresh_target()});
  EXPECT_EQ(back.code, 0) << back.text;
  EXPECT_TRUE(has_account(scratch / "again"));
  EXPECT_FALSE(std::filesystem::exists(store_path(scratch / "again"))) << "the records are in one place";
  EXPECT_NE(outcome(Audit{scratch / "again", Audit::Action::export_lines, "", false}).text.find("\"restored\""),
            std::string::npos);
}

TEST_F(BackupTest, SF70_ARehearsalFindsABrokenLog) {
  use_postgres();
  plant();
  ASSERT_EQ(outcome(Backup{folder, file, false}).code, 0);
  const auto damaged = adapters::SqliteConnection::open(file).value();
  ASSERT_TRUE(damaged->execute("UPDATE audit SET text = replace(text, 'one', 'two')"));
  const auto tried = outcome(Rehearse{file});
  EXPECT_EQ(tried.code, 2) << tried.text;
  EXPECT_EQ(schemas_left(), 0);
}

TEST_F(BackupTest, ACaGoesFromSqliteToPostgres) {
  plant();
  ASSERT_EQ(outcome(Backup{folder, file, true}).code, 0);
  const auto moved = outcome(Restore{file, scratch / "shared", target});
  EXPECT_EQ(moved.code, 0) << moved.text;
  EXPECT_EQ(open_records(scratch / "shared")->config.postgres, target);
  EXPECT_TRUE(has_account(scratch / "shared"));
}

}  // namespace
}  // namespace crest::apps::crest_ca
