// A backup is one SQLite file: a database as of one moment, copied while others go on writing to it, and beside its tables
// the small files that belong with it. A database in PostgreSQL has the same tables, and goes both ways.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::adapters {

struct CarriedFile {
  std::string path;  // relative to the folder that is restored
  std::string content;
};
struct Carried {
  Time made;
  std::vector<CarriedFile> files;
};

// Makes `target`, mode 0600, durable when it returns. Blocks as long as reading the database takes; nobody else waits.
// Errors: usage, when `target` is there; storage, when there is no database at `source`.
Result<void> back_up_sqlite(const std::string& source, const std::string& target, const Carried& carried);
// The same of a database in PostgreSQL, by a snapshot that no write can contradict; `source` is a connection string. Error
// besides: storage, when the database is of another version than this program.
Result<void> back_up_postgres(const std::string& source, const std::string& target, const Carried& carried);
// Error: malformed, when it is no backup.
Result<Carried> carried_by(const std::string& backup);
// The database of a backup as a file of its own. Errors: as back_up_sqlite().
Result<void> restore_sqlite(const std::string& backup, const std::string& target);
// The records in `database`, a file that restore_sqlite() made, to PostgreSQL: all or nothing. Errors: usage, when a CA has
// records there already; storage.
Result<void> move_to_postgres(const std::string& database, const std::string& target);

// A schema of a database for a while, gone with everything in it when this goes.
class ScratchSchema {
 public:
  // Error: storage, when the user may not make one.
  static Result<std::unique_ptr<ScratchSchema>> create(const std::string& database);
  ~ScratchSchema();
  ScratchSchema(const ScratchSchema&) = delete;
  ScratchSchema& operator=(const ScratchSchema&) = delete;
  const std::string& target() const { return target_; }  // a connection string whose tables are in it

 private:
  ScratchSchema(std::string database, std::string target, std::string name)
      : database_(std::move(database)), target_(std::move(target)), name_(std::move(name)) {}
  const std::string database_, target_, name_;
};

}  // namespace crest::adapters
