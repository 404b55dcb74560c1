#include "adapters/sqlite_store.hpp"

#include <atomic>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/sql_schema.hpp"
#include "adapters/sqlite.hpp"

namespace crest::adapters {

namespace fs = std::filesystem;
using namespace ca::store;

class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "crest-sqlite-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string file() const { return path_ + "/db"; }

 private:
  std::string path_;
};

AccountRow account(const std::string& id) {
  AccountRow row;
  row.id = id;
  row.thumbprint = "thumb-" + id;
  row.contact = {"mailto:a@example", "mailto:b@example"};
  return row;
}

TEST(SqliteStore, SF64_WhatWasWrittenIsThereAfterReopening) {
  const Folder folder;
  {
    auto store = open_sqlite_store(folder.file()).value();
    store
        ->write([](Tx& tx) -> Result<void> {
          TRY(tx.accounts.insert(account("one")));
          return {};
        })
        .value();
  }
  auto store = open_sqlite_store(folder.file()).value();
  std::optional<AccountRow> found;
  store
      ->read([&](Tx& tx) -> Result<void> {
        found = TRY(tx.accounts.by_id("one"));
        return {};
      })
      .value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->contact, account("one").contact);
}

// The end of a process in the middle of a write, and of a machine: of the log's index nothing is left, and the log ends in
// what was never finished.
TEST(SqliteStore, SF64_WhatWasCommittedOutlivesAKillAndATornLog) {
  const Folder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto store = open_sqlite_store(folder.file());
    const auto done = store.value()->write([](Tx& tx) -> Result<void> {
      TRY(tx.accounts.insert(account("one")));
      return {};
    });
    ::kill(::getpid(), done ? SIGKILL : SIGTERM);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  ASSERT_EQ(::unlink((folder.file() + "-shm").c_str()), 0);
  std::ofstream(folder.file() + "-wal", std::ios::app) << std::string(3000, 'x');
  const auto store = open_sqlite_store(folder.file()).value();
  bool found = false;
  ASSERT_TRUE(store->read([&](Tx& tx) -> Result<void> {
    const auto row = TRY(tx.accounts.by_id("one"));
    found = row.has_value();
    return {};
  }));
  EXPECT_TRUE(found);
}

TEST(SqliteStore, SF64_EachCommitIsSynced) {
  const Folder folder;
  const auto connection = SqliteConnection::open(folder.file()).value();
  for (const auto& [pragma, wanted] : {std::pair{"PRAGMA synchronous", "2"}, {"PRAGMA journal_mode", "wal"}}) {
    SqlQuery asked(*connection, pragma);
    ASSERT_TRUE(asked.row().value());
    EXPECT_EQ(asked.text(0), wanted);
  }
}

TEST(Sql, DeedsAreForPeople) {
  const struct {
    const char* sql;
    const char* deed;
  } cases[] = {{"INSERT INTO orders (id, account) VALUES (?, ?)", "writing orders"},
               {"UPDATE accounts SET status = ? WHERE id = ?", "changing accounts"},
               {"DELETE FROM spendings WHERE full_at < ?", "removing from spendings"},
               {"SELECT id, (SELECT 1) FROM certificates WHERE serial = ?", "reading certificates"},
               {"BEGIN IMMEDIATE", "the begin of a change"},
               {"COMMIT", "the end of a change"},
               {"PRAGMA journal_mode=WAL", "its preparation"},
               {"", "its preparation"}};
  for (const auto& [sql, deed] : cases) EXPECT_EQ(deed_of(sql), deed) << sql;
}

TEST(SqliteStore, FileIsPrivateFromTheStart) {
  const Folder folder;
  const auto store = open_sqlite_store(folder.file()).value();
  struct stat state{};
  for (const char* suffix : {"", "-wal", "-shm"}) {
    ASSERT_EQ(::stat((folder.file() + suffix).c_str(), &state), 0) << suffix;
    EXPECT_EQ(state.st_mode & 0777, 0600u) << suffix;
  }
}

TEST(SqliteStore, NewerDatabaseIsRefused) {
  const Folder folder;
  {
    auto connection = SqliteConnection::open(folder.file()).value();
    connection->execute("PRAGMA user_version=99").value();
  }
  const auto store = open_sqlite_store(folder.file());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::storage);
  EXPECT_NE(store.error().message.find("version 99"), std::string::npos);
}

// Whether another process would find this one's lock on the database: the one without which it takes the log away when it
// ends, together with all that is written to it from then on.
bool is_locked_for_others(const std::string& path) {
  constexpr off_t shared_first = 0x40000002, shared_size = 510;
  const pid_t child = ::fork();
  if (child == 0) {
    const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock wanted{};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    wanted.l_start = shared_first;
    wanted.l_len = shared_size;
    const bool asked = file >= 0 && ::fcntl(file, F_GETLK, &wanted) == 0;
    ::_exit(asked && wanted.l_type != F_UNLCK ? 1 : 0);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

TEST(SqliteStore, OtherProcessesSeeThatItIsOpenHoweverManyConnectionsThereAre) {
  const Folder folder;
  const auto store = open_sqlite_store(folder.file()).value();
  EXPECT_TRUE(is_locked_for_others(folder.file()));
  const auto nothing = [](Tx&) -> Result<void> { return {}; };
  store->read([&](Tx&) -> Result<void> { return store->read(nothing); }).value();  // two more
  EXPECT_TRUE(is_locked_for_others(folder.file()));
  const auto again = open_sqlite_store(folder.file()).value();
  EXPECT_TRUE(is_locked_for_others(folder.file()));
}

TEST(SqliteStore, ALinkIsNotFollowed) {
  const Folder folder;
  open_sqlite_store(folder.file()).value();
  const std::string link = folder.file() + ".link";
  ASSERT_EQ(::symlink(folder.file().c_str(), link.c_str()), 0);
  EXPECT_FALSE(open_sqlite_store(link));
}

TEST(SqliteStore, AnOlderDatabaseIsBroughtUpToDateAndStaysWhatItWas) {
  for (int version = 1; version < schema_version; ++version) {
    const Folder folder;
    {
      const auto connection = SqliteConnection::open(folder.file()).value();
      migrate_to(*connection, SqlDialect::sqlite, version).value();
      connection
          ->execute(
              "INSERT INTO accounts (id, thumbprint, key_spki, status, contact, terms_agreed, binding, "
              "created) VALUES ('one', 't', x'00', 'valid', '', 1, '', 0)")
          .value();
    }
    for (int again = 0; again < 2; ++again) {
      const auto store = open_sqlite_store(folder.file());
      ASSERT_TRUE(store) << store.error().describe();
      EXPECT_TRUE((*store)->check());
      (*store)
          ->read([&](Tx& tx) -> Result<void> {
            EXPECT_TRUE(*tx.accounts.by_id("one"));
            EXPECT_FALSE(*tx.certificates.newest());
            return {};
          })
          .value();
    }
    const auto connection = SqliteConnection::open(folder.file()).value();
    SqlQuery found(*connection, "PRAGMA user_version");
    EXPECT_TRUE(*found.row());
    EXPECT_EQ(found.integer(0), schema_version) << "check() must leave it alone";
  }
}

TEST(SqliteStore, WhatIsNoDatabaseIsReportedAndLeftAlone) {
  const Folder folder;
  const std::string garbage(8192, 'x');
  {
    std::FILE* file = std::fopen(folder.file().c_str(), "w");
    std::fwrite(garbage.data(), 1, garbage.size(), file);
    std::fclose(file);
  }
  const auto store = open_sqlite_store(folder.file());
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("restore it from a backup"), std::string::npos);
  EXPECT_EQ(fs::file_size(folder.file()), garbage.size());
}

TEST(SqliteStore, ConcurrentWritesEachGetTheirOwnOutcome) {
  const Folder folder;
  const auto store = open_sqlite_store(folder.file()).value();
  std::atomic<int> kept = 0, refused = 0, thrown = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 30; ++i) {
          const std::string id = std::to_string(t) + "." + std::to_string(i);
          try {
            const Result<void> done = store->write([&](Tx& tx) -> Result<void> {
              TRY(tx.accounts.insert(account(id)));
              if (i % 10 == 3) return make_error(ErrorKind::usage, "changed my mind");
              if (i % 10 == 7) throw std::runtime_error("fell over");
              return {};
            });
            ++(done ? kept : refused);
          } catch (const std::runtime_error&) {
            ++thrown;
          }
        }
      });
    }
  }
  EXPECT_EQ(kept, 8 * 24);
  EXPECT_EQ(refused, 8 * 3);
  EXPECT_EQ(thrown, 8 * 3);
  int there = 0;
  store
      ->read([&](Tx& tx) -> Result<void> {
        for (int t = 0; t < 8; ++t) {
          for (int i = 0; i < 30; ++i) {
            const auto row = TRY(tx.accounts.by_id(std::to_string(t) + "." + std::to_string(i)));
            there += row ? 1 : 0;
          }
        }
        return {};
      })
      .value();
  EXPECT_EQ(there, 8 * 24);
}

}  // namespace crest::adapters
