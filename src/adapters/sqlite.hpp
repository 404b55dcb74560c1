// A SqliteConnection is one connection to an SQLite file with its prepared statements.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "adapters/sql.hpp"

struct sqlite3;

namespace crest::adapters {

class SqliteStatement;

class SqliteConnection final : public SqlConnection {
 public:
  // Opens or creates `path`, mode 0600, WAL with synchronous=FULL: a commit is on the disk when it returns.
  // Errors: storage.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path);
  ~SqliteConnection() override;

  Result<void> execute(const char* sql) override;
  Result<void> command(const char* sql) override;  // prepared once
  Result<void> begin(const char* sql) override { return command(sql); }
  Result<void> check_transaction() const override;  // a full disk may have rolled all of it back already
  Result<void> commit() override { return command("COMMIT"); }
  void roll_back() noexcept override;
  SqlTrouble trouble() const override { return SqlTrouble::none; }
  Result<SqlStatement*> prepared(const char* sql) override;
  Error error(std::string_view what) const;  // of the last call, as storage
  sqlite3* native() const { return db_; }

 private:
  SqliteConnection(sqlite3* db, std::string path);
  sqlite3* db_;
  std::string path_;
  std::unordered_map<const char*, std::unique_ptr<SqliteStatement>> statements_;
};

}  // namespace crest::adapters
