// A SqliteConnection is one connection with its prepared statements; a SqliteQuery is one run of a statement.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace crest::adapters {

class SqliteConnection {
 public:
  // Opens or creates `path`, mode 0600, WAL with synchronous=FULL: a commit is on the disk when it returns.
  // Errors: storage.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path);
  ~SqliteConnection();

  Result<void> execute(const char* sql);
  Result<void> check_transaction() const;           // error: storage, when SQLite has rolled it back by itself
  Result<sqlite3_stmt*> prepared(const char* sql);  // `sql` is a literal: its address is the key
  Error error(std::string_view what) const;         // of the last call, as storage
  sqlite3* native() const { return db_; }

 private:
  SqliteConnection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}
  sqlite3* db_;
  std::string path_;
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

// Parameters are bound in the order of the statement's question marks. The first error sticks and is returned by row()
// or run(). Not thread-safe; one query of a statement at a time.
class SqliteQuery {
 public:
  SqliteQuery(SqliteConnection& connection, const char* sql);
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  SqliteQuery& bind(std::string_view text);  // borrowed until the query is over
  SqliteQuery& bind(ByteView blob);          // likewise
  SqliteQuery& bind(std::int64_t number);
  SqliteQuery& bind(std::optional<Time> time);

  Result<bool> row();           // true: there is a row to read
  Result<std::uint64_t> run();  // rows changed

  std::string text(int column) const;
  Bytes blob(int column) const;
  std::int64_t integer(int column) const;
  Time time(int column) const;
  std::optional<Time> optional_time(int column) const;

 private:
  SqliteConnection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  std::optional<Error> error_;
};

}  // namespace crest::adapters
