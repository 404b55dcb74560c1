// The CA's tables, version by version: a database of an older version is brought up to date, one of a newer version
// refused.
#pragma once

#include "adapters/sql.hpp"

namespace crest::adapters {

inline constexpr int schema_version = 6;

enum class SqlDialect { sqlite, postgres };
// In one transaction; where several processes start at the same moment, one does it. Error: storage.
Result<void> migrate(SqlConnection& connection, SqlDialect dialect);

// Only for tests: brings an empty database to an older version.
Result<void> migrate_to(SqlConnection& connection, SqlDialect dialect, int version);

}  // namespace crest::adapters
