#include "adapters/store_backup.hpp"

#include <sqlite3.h>

#include "adapters/postgres.hpp"
#include "adapters/sql_schema.hpp"
#include "adapters/sql_text.hpp"
#include "adapters/sqlite.hpp"
#include "adapters/table_copy.hpp"
#include "adapters/text_file.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

namespace crest::adapters {
namespace {

using ConnectionPtr = std::unique_ptr<SqliteConnection>;

Result<ConnectionPtr> open_existing(const std::string& path) {
  if (!is_there(path)) return make_error(ErrorKind::storage, "there is no such database", path);
  return SqliteConnection::open(path);
}

Result<ConnectionPtr> open_new(const std::string& path) {
  if (is_there(path)) return make_error(ErrorKind::usage, "it is there already, and is never overwritten", path);
  return SqliteConnection::open(path);
}

// All pages in one step: one moment, for which writers need not wait.
Result<void> copy(SqliteConnection& from, SqliteConnection& to) {
  sqlite3_backup* backup = sqlite3_backup_init(to.native(), "main", from.native(), "main");
  if (!backup) return to.error("the copy");
  const int code = sqlite3_backup_step(backup, -1);
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return to.error("the copy");
  return {};
}

// Everything is in the one file then, and on the disk.
Result<void> close_whole(SqliteConnection& connection) { return connection.execute("PRAGMA journal_mode=DELETE"); }

Result<void> write_carried(SqliteConnection& to, const Carried& carried) {
  TRY(to.begin("BEGIN IMMEDIATE"));
  TRY(
      to.execute("DROP TABLE IF EXISTS backup_files; DROP TABLE IF EXISTS backup_made;"
                 "CREATE TABLE backup_files (path TEXT PRIMARY KEY, content BLOB NOT NULL);"
                 "CREATE TABLE backup_made (made INTEGER NOT NULL)"));
  for (const auto& file : carried.files) {
    SqlQuery query(to, "INSERT INTO backup_files (path, content) VALUES (?, ?)");
    TRY(query.bind(file.path).bind(as_bytes(file.content)).run());
  }
  {
    SqlQuery query(to, "INSERT INTO backup_made (made) VALUES (?)");
    TRY(query.bind(milliseconds(carried.made)).run());
  }
  return to.commit();
}

// Waits for a moment at which no transaction that is under way could make what is read impossible (of SERIALIZABLE ones).
constexpr const char* safe_snapshot = "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE";

Result<void> check_version(SqlConnection& postgres) {
  SqlQuery query(postgres, "SELECT version FROM crest_schema");
  const bool there = TRY(query.row());
  const auto version = there ? query.integer(0) : 0;
  if (version == schema_version) return {};
  return make_error(ErrorKind::storage, "the database has the format of version " + std::to_string(version) +
                                            ", this program makes backups of " + std::to_string(schema_version) +
                                            "; use the crest-ca that serves it");
}

// No CA is without an audit log.
Result<void> check_empty(SqlConnection& postgres, const std::string& target) {
  SqlQuery tables(postgres,
                  "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'audit'");
  TRY(tables.row());
  if (tables.integer(0) == 0) return {};
  SqlQuery lines(postgres, "SELECT 1 FROM audit LIMIT 1");
  const bool used = TRY(lines.row());
  if (!used) return {};
  return make_error(ErrorKind::usage,
                    "a CA has its records in this database already, and they are never overwritten; make an empty "
                    "database, and name it with --postgres",
                    target);
}

Result<void> copied(const Result<std::uint64_t>& rows) {
  if (!rows) return rows.error();
  return {};
}

Error no_backup(const std::string& path) {
  return make_error(ErrorKind::malformed, "it is no backup of a CA; choose a file that crest-ca backup has made", path);
}

}  // namespace

Result<void> back_up_sqlite(const std::string& source, const std::string& target, const Carried& carried) {
  const auto from = TRY(open_existing(source));
  const auto to = TRY(open_new(target));
  TRY(copy(*from, *to));
  TRY(write_carried(*to, carried));
  return close_whole(*to);
}

Result<void> back_up_postgres(const std::string& source, const std::string& target, const Carried& carried) {
  const auto from = TRY(PostgresConnection::open(source));
  TRY(check_version(*from));
  const auto to = TRY(open_new(target));
  TRY(migrate(*to, SqlDialect::sqlite));
  TRY(from->begin(safe_snapshot));
  TRY(to->begin("BEGIN IMMEDIATE"));
  TRY(copy_tables_from_postgres(*from, *to));
  TRY(to->commit());
  from->roll_back();
  TRY(write_carried(*to, carried));
  return close_whole(*to);
}

Result<Carried> carried_by(const std::string& backup) {
  const auto connection = TRY(open_existing(backup));
  Carried carried;
  SqlQuery made(*connection, "SELECT made FROM backup_made");
  const auto there = made.row();
  if (!there || !*there) return no_backup(backup);
  carried.made = made.time(0);
  SqlQuery files(*connection, "SELECT path, content FROM backup_files ORDER BY path");
  carried.files =
      TRY(rows_of(files, [](const SqlQuery& row) { return CarriedFile{row.text(0), to_text(row.blob(1))}; }));
  return carried;
}

Result<void> restore_sqlite(const std::string& backup, const std::string& target) {
  const auto from = TRY(open_existing(backup));
  const auto to = TRY(open_new(target));
  TRY(copy(*from, *to));
  TRY(to->execute("DROP TABLE backup_files; DROP TABLE backup_made"));
  return close_whole(*to);
}

Result<void> move_to_postgres(const std::string& database, const std::string& target) {
  const auto from = TRY(open_existing(database));
  TRY(migrate(*from, SqlDialect::sqlite));  // of an older backup
  const auto to = TRY(PostgresConnection::open(target));
  TRY(check_empty(*to, target));
  TRY(migrate(*to, SqlDialect::postgres));
  TRY(to->begin("BEGIN"));
  Result<void> done = to->execute("LOCK TABLE audit IN EXCLUSIVE MODE");  // against a node that has just begun
  if (done) done = check_empty(*to, target);
  if (done) done = copied(copy_tables_to_postgres(*from, *to));
  if (done) done = to->commit();
  if (!done) to->roll_back();
  return done;
}

Result<std::unique_ptr<ScratchSchema>> ScratchSchema::create(const std::string& database) {
  const auto connection = TRY(PostgresConnection::open(database));
  const std::string name = "crest_try_" + encoding::hex(ByteView(crypto::SystemRandom().bytes(8)));
  std::string target = TRY(in_schema(database, name));
  if (auto made = connection->execute(("CREATE SCHEMA " + name).c_str()); !made) {
    Error error = std::move(made).error();
    error.message += "; a rehearsal needs a schema of its own: GRANT CREATE ON DATABASE to this user";
    return error;
  }
  return std::unique_ptr<ScratchSchema>(new ScratchSchema(database, std::move(target), name));
}

ScratchSchema::~ScratchSchema() {
  const auto connection = PostgresConnection::open(database_);
  if (connection) (void)(*connection)->execute(("DROP SCHEMA " + name_ + " CASCADE").c_str());
}

}  // namespace crest::adapters
