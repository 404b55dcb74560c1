// Copies what is in the CA's tables from one database to another of the same version, whichever each is.
#pragma once

#include <cstdint>

#include "adapters/sql.hpp"

namespace crest::adapters {

// Both connections are in a transaction of the caller's: `from` sees one moment, and all or nothing of it is in `to`,
// whose tables are empty. How many rows there were. Errors: storage.
Result<std::uint64_t> copy_tables_from_postgres(SqlConnection& postgres, SqlConnection& sqlite);
Result<std::uint64_t> copy_tables_to_postgres(SqlConnection& sqlite, SqlConnection& postgres);

}  // namespace crest::adapters
