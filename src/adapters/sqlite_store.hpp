// The CA's store in one SQLite file: one writer whose commits are shared, readers beside it.
#pragma once

#include <memory>
#include <string>

#include "ca/store/store.hpp"

namespace crest::adapters {

// Opens or creates the database. Writes that come while another is being committed share the next commit, and so one
// sync of the disk; each is still all or nothing by itself. Errors: storage.
Result<std::unique_ptr<ca::store::Store>> open_sqlite_store(const std::string& path);

}  // namespace crest::adapters
