// The CA's tables in SQLite: the schema, and row access for one connection inside a transaction.
#pragma once

#include "adapters/sqlite.hpp"
#include "ca/store/store.hpp"

namespace crest::adapters {

// Creates the tables, or checks that their version is ours. Error: storage, for a database of a newer version.
Result<void> prepare_schema(SqliteConnection& connection);

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
