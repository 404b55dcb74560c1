// The CA's store in one SQLite file: one writer whose commits are shared, readers beside it.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "ca/store/store.hpp"

namespace crest::adapters {

struct SqliteOptions {
  std::uint64_t free_bytes_least = 64u << 20;        // of its disk; with less, check_room() refuses new work (SF65)
  const std::atomic<unsigned>* pages_max = nullptr;  // for tests of a full disk: what the file may grow to; 0 any size
};

// Opens or creates the database. Writes that come while another is being committed share the next commit, and so one
// sync of the disk; each is still all or nothing by itself. Errors: storage.
Result<std::unique_ptr<ca::store::Store>> open_sqlite_store(const std::string& path, SqliteOptions options = {});

}  // namespace crest::adapters
