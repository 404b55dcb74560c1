// The CA's tables in SQLite: the schema, and row access for one connection inside a transaction.
#pragma once

#include "adapters/sqlite.hpp"
#include "ca/store/store.hpp"

namespace crest::adapters {

// Creates the tables, brings those of an older version up to date, or checks that they are ours. Error: storage, for a database of a newer version.
Result<void> prepare_schema(SqliteConnection& connection);

// Writes a page and changes nothing. Error: storage.
Result<void> touch(SqliteConnection& connection);

class SqliteTables {
 public:
  explicit SqliteTables(SqliteConnection& connection);
  ~SqliteTables();
  ca::store::Tx& tx();

 private:
  struct Repositories;
  std::unique_ptr<Repositories> repositories_;
};

}  // namespace crest::adapters
