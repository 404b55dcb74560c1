#include "adapters/sqlite_store.hpp"

#include <sys/statvfs.h>

#include "adapters/sql_schema.hpp"
#include "adapters/sql_store.hpp"
#include "adapters/sqlite.hpp"

namespace crest::adapters {
namespace {

constexpr unsigned any_size = 1'073'741'823;  // SQLite's own default of max_page_count

class SqliteDatabase final : public SqlDatabase {
 public:
  SqliteDatabase(std::string path, SqliteOptions options) : path_(std::move(path)), options_(options) {}

  Result<std::unique_ptr<SqlConnection>> connect(Use use) override {
    std::unique_ptr<SqliteConnection> connection = TRY(SqliteConnection::open(path_));
    if (use == Use::read) TRY(connection->execute("PRAGMA query_only=ON"));
    return std::unique_ptr<SqlConnection>(std::move(connection));
  }
  const char* begin(Use use) const override { return use == Use::read ? "BEGIN" : "BEGIN IMMEDIATE"; }
  const char* probe() const override {
    return "INSERT INTO spendings (subject, full_at) VALUES ('store check', 0) "
           "ON CONFLICT (subject) DO UPDATE SET full_at = 0";
  }
  const char* size() const override {
    return "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
  }
  Result<void> before_write(SqlConnection& writer) override {
    if (!options_.pages_max) return {};
    const unsigned most = options_.pages_max->load();
    return writer.execute(("PRAGMA max_page_count = " + std::to_string(most == 0 ? any_size : most)).c_str());
  }
  // The writer's log, which is what grows first, stands beside the database.
  Result<void> check_room() override {
    struct statvfs disk{};
    if (::statvfs(path_.c_str(), &disk) != 0) return {};  // then the next write tells
    const std::uint64_t left = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    if (left >= options_.free_bytes_least) return {};
    return make_error(ErrorKind::storage,
                      "the disk of the database has " + std::to_string(left >> 20) +
                          " MiB left, and new work begins with " + std::to_string(options_.free_bytes_least >> 20) +
                          " at least; free some space",
                      path_);
  }

 private:
  std::string path_;
  SqliteOptions options_;
};

}  // namespace

Result<std::unique_ptr<ca::store::Store>> open_sqlite_store(const std::string& path, SqliteOptions options) {
  auto database = std::make_unique<SqliteDatabase>(path, options);
  auto writer = TRY(database->connect(SqlDatabase::Use::write));
  TRY(migrate(*writer, SqlDialect::sqlite));
  return make_sql_store(std::move(database), std::move(writer));
}

}  // namespace crest::adapters
