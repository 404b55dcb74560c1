#include "adapters/sqlite.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

namespace crest::adapters {
namespace {

constexpr int busy_milliseconds = 5'000;
constexpr const char* settings =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-1000;"
    "PRAGMA wal_autocheckpoint=2000; PRAGMA trusted_schema=OFF";

Error not_opened(int code, const std::string& path) {
  return make_error(ErrorKind::storage,
                    std::string("cannot open the database: ") + std::strerror(code) +
                        "; check that the folder exists and that this user may write there",
                    path);
}

// SQLite would create it readable for everybody; the files beside it take their mode from this one. One that is there is
// not even opened: to close it again would drop every lock that this process has on it (fcntl(2)), and then the next
// process to end, thinking that it was the last, would take the log away under the others.
Result<void> create_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file >= 0) {
    ::close(file);
    return {};
  }
  if (errno != EEXIST) return not_opened(errno, path);
  struct stat there{};
  if (::lstat(path.c_str(), &there) != 0) return not_opened(errno, path);
  if (S_ISLNK(there.st_mode)) return not_opened(ELOOP, path);
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

// Statistics that nobody reads would cost every allocation a lock that all connections share.
void configure_library() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

}  // namespace

class SqliteStatement final : public SqlStatement {
 public:
  SqliteStatement(const SqliteConnection& connection, sqlite3_stmt* native)
      : connection_(connection), native_(native) {}
  ~SqliteStatement() override { sqlite3_finalize(native_); }

  Result<void> bind(int index, const SqlValue& value) override;
  Result<bool> step() override;
  std::uint64_t changed() const override { return static_cast<std::uint64_t>(sqlite3_changes64(connection_.native())); }
  void reset() noexcept override {
    sqlite3_reset(native_);
    sqlite3_clear_bindings(native_);
  }

  bool is_null(int column) const override { return sqlite3_column_type(native_, column) == SQLITE_NULL; }
  std::string text(int column) const override;
  Bytes blob(int column) const override;
  std::int64_t integer(int column) const override { return sqlite3_column_int64(native_, column); }

 private:
  const SqliteConnection& connection_;
  sqlite3_stmt* native_;
};

Result<void> SqliteStatement::bind(int index, const SqlValue& value) {
  int code = SQLITE_OK;  // unbound is NULL
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    code = sqlite3_bind_int64(native_, index, *number);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    const char* start = text->data() ? text->data() : "";
    code = sqlite3_bind_text64(native_, index, start, text->size(), SQLITE_STATIC, SQLITE_UTF8);
  } else if (const auto* blob = std::get_if<ByteView>(&value)) {
    const void* start = blob->data() ? static_cast<const void*>(blob->data()) : "";
    code = sqlite3_bind_blob64(native_, index, start, blob->size(), SQLITE_STATIC);
  }
  if (code != SQLITE_OK) return connection_.error("the binding of a value");
  return {};
}

Result<bool> SqliteStatement::step() {
  const int code = sqlite3_step(native_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return connection_.error(deed_of(sqlite3_sql(native_)));
}

std::string SqliteStatement::text(int column) const {
  const auto* start = reinterpret_cast<const char*>(sqlite3_column_text(native_, column));
  if (!start) return {};
  return {start, static_cast<std::size_t>(sqlite3_column_bytes(native_, column))};
}

Bytes SqliteStatement::blob(int column) const {
  const auto* start = static_cast<const std::uint8_t*>(sqlite3_column_blob(native_, column));
  if (!start) return {};
  return {start, start + sqlite3_column_bytes(native_, column)};
}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& path) {
  TRY(create_private(path));
  configure_library();
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(db, path));
  if (opened != SQLITE_OK) return connection->error("its opening");
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, busy_milliseconds);
  TRY(connection->execute(settings));
  return connection;
}

SqliteConnection::SqliteConnection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
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
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return error(deed_of(sql));
  return {};
}

Result<void> SqliteConnection::command(const char* sql) {
  SqlQuery query(*this, sql);
  TRY(query.row());
  return {};
}

Result<void> SqliteConnection::check_transaction() const {
  if (sqlite3_get_autocommit(db_) == 0) return {};
  return make_error(ErrorKind::storage,
                    "the database gave a transaction up and nothing of it was kept; see that its disk has room and "
                    "works",
                    path_);
}

void SqliteConnection::roll_back() noexcept {
  if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<SqlStatement*> SqliteConnection::prepared(const char* sql) {
  std::unique_ptr<SqliteStatement>& statement = statements_[sql];
  if (!statement) {
    sqlite3_stmt* native = nullptr;
    if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &native, nullptr) != SQLITE_OK)
      return error(deed_of(sql));
    statement = std::make_unique<SqliteStatement>(*this, native);
  }
  return static_cast<SqlStatement*>(statement.get());
}

}  // namespace crest::adapters
