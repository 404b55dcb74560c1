// The CA's store in PostgreSQL, for one node or several.
#pragma once

#include <memory>
#include <string>

#include "ca/store/store.hpp"

namespace crest::adapters {

// Connects, and creates or migrates the tables. `target` is a libpq connection string: see postgres.hpp. Writes are
// SERIALIZABLE; those of one process share their commits, and one that met another node's is begun again. Errors: storage.
Result<std::unique_ptr<ca::store::Store>> open_postgres_store(const std::string& target);

}  // namespace crest::adapters
