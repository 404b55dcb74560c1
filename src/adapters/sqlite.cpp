#include "adapters/sqlite.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace crest::adapters {
namespace {

constexpr int busy_milliseconds = 5'000;
constexpr const char* settings =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-1000;"
    "PRAGMA wal_autocheckpoint=2000; PRAGMA trusted_schema=OFF";

// SQLite would create it readable for everybody; the files beside it take their mode from this one.
Result<void> create_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    return make_error(ErrorKind::storage,
                      std::string("cannot open the database: ") + std::strerror(errno) +
                          "; check that the folder exists and that this user may write there",
                      path);
  }
  ::close(file);
  return {};
}

std::string_view advice(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL: return "; free some space";
    case SQLITE_READONLY: return "; check the rights of the file and of its folder";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "; restore it from a backup";
    case SQLITE_BUSY: return "; another process holds it";
    default: return "";
  }
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path) {
  TRY(create_private(path));
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(db, path));
  if (opened != SQLITE_OK) return connection->error("open");
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, busy_milliseconds);
  TRY(connection->execute(settings));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

Error SqliteConnection::error(std::string_view what) const {
  const int code = db_ ? sqlite3_errcode(db_) : SQLITE_NOMEM;
  return make_error(ErrorKind::storage,
                    "the database failed at " + std::string(what) + ": " +
                        (db_ ? sqlite3_errmsg(db_) : sqlite3_errstr(code)) + std::string(advice(code)),
                    path_);
}

Result<void> SqliteConnection::execute(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error(sql);
  return {};
}

Result<void> SqliteConnection::check_transaction() const {
  if (sqlite3_get_autocommit(db_) == 0) return {};
  return make_error(ErrorKind::storage,
                    "the database gave a transaction up and nothing of it was kept; see that its disk has room and "
                    "works",
                    path_);
}

Result<sqlite3_stmt*> SqliteConnection::prepared(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (!statement && sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return error(sql);
  }
  return statement;
}

SqliteQuery::SqliteQuery(SqliteConnection& connection, const char* sql) : connection_(connection) {
  Result<sqlite3_stmt*> statement = connection.prepared(sql);
  if (statement) {
    statement_ = *statement;
  } else {
    error_ = std::move(statement).error();
  }
}

SqliteQuery::~SqliteQuery() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

SqliteQuery& SqliteQuery::bind(std::string_view text) {
  if (error_) return *this;
  const char* start = text.data() ? text.data() : "";
  if (sqlite3_bind_text64(statement_, ++bound_, start, text.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK) {
    error_ = connection_.error("bind");
  }
  return *this;
}

SqliteQuery& SqliteQuery::bind(ByteView blob) {
  if (error_) return *this;
  const void* start = blob.data() ? static_cast<const void*>(blob.data()) : "";
  if (sqlite3_bind_blob64(statement_, ++bound_, start, blob.size(), SQLITE_STATIC) != SQLITE_OK) {
    error_ = connection_.error("bind");
  }
  return *this;
}

SqliteQuery& SqliteQuery::bind(std::int64_t number) {
  if (error_) return *this;
  if (sqlite3_bind_int64(statement_, ++bound_, number) != SQLITE_OK) error_ = connection_.error("bind");
  return *this;
}

SqliteQuery& SqliteQuery::bind(std::optional<Time> time) {
  if (time) return bind(static_cast<std::int64_t>(time->time_since_epoch().count()));
  ++bound_;  // unbound is NULL
  return *this;
}

Result<bool> SqliteQuery::row() {
  if (error_) return *error_;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_.error(sqlite3_sql(statement_));
}

Result<std::uint64_t> SqliteQuery::run() {
  while (true) {
    const bool more = TRY(row());
    if (!more) return static_cast<std::uint64_t>(sqlite3_changes64(connection_.native()));
  }
}

std::string SqliteQuery::text(int column) const {
  const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (!start) return {};
  return {start, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Bytes SqliteQuery::blob(int column) const {
  const auto* start = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  if (!start) return {};
  return {start, start + sqlite3_column_bytes(statement_, column)};
}

std::int64_t SqliteQuery::integer(int column) const { return sqlite3_column_int64(statement_, column); }

Time SqliteQuery::time(int column) const { return Time(Duration(integer(column))); }

std::optional<Time> SqliteQuery::optional_time(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return time(column);
}

}  // namespace crest::adapters
