// A Store on an SQL database: one writer for each process, whose commits are shared, and readers beside it.
#pragma once

#include <memory>
#include <string>

#include "adapters/sql.hpp"
#include "ca/store/store.hpp"

namespace crest::adapters {

// What differs between databases.
class SqlDatabase {
 public:
  virtual ~SqlDatabase() = default;
  enum class Use { read, write, write_alone };                          // alone: while no other process writes
  virtual Result<std::unique_ptr<SqlConnection>> connect(Use use) = 0;  // errors: storage
  virtual const char* begin(Use use) const = 0;                         // the statement
  virtual const char* probe() const = 0;                                // a statement that writes a little
  virtual const char* size() const = 0;                                 // one that tells how many octets there are
  virtual Result<void> before_write(SqlConnection&) { return {}; }
  virtual Result<void> check_room() { return {}; }  // see Store
};

// Writes that come while others are being committed share the next commit, and so one sync of the disk; each is all or
// nothing by itself. Where several processes share the database, a commit that met another's is begun again, so that a
// `work` may run more than once. A connection that breaks is replaced. A write whose commit got no answer is an error,
// although it may have been done: what it does must be made so that it can be repeated.
// `writer` is a connection for writing, the tables in place.
std::unique_ptr<ca::store::Store> make_sql_store(std::unique_ptr<SqlDatabase> database,
                                                 std::unique_ptr<SqlConnection> writer);

}  // namespace crest::adapters
