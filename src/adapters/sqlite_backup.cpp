#include "adapters/sqlite_backup.hpp"

#include <sqlite3.h>

#include "adapters/sql_text.hpp"
#include "adapters/sqlite.hpp"
#include "adapters/text_file.hpp"

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

}  // namespace crest::adapters
