// A backup is one SQLite file: a database as of one moment, copied while others go on writing to it, and beside its tables
// the small files that belong with it.
#pragma once

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
// Error: malformed, when it is no backup.
Result<Carried> carried_by(const std::string& backup);
// The database of a backup as a file of its own. Errors: as back_up_sqlite().
Result<void> restore_sqlite(const std::string& backup, const std::string& target);

}  // namespace crest::adapters
