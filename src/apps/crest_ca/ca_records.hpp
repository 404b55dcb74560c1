// The CA's records, opened where ca.toml says they are: by `serve`, and by other verbs beside a running one.
#pragma once

#include <memory>
#include <string>

#include "ca/store/store.hpp"
#include "config/ca_config.hpp"

namespace crest::apps::crest_ca {

// Where SQLite keeps the records of the CA in `folder`.
std::string store_path(const std::string& folder);
// Error: storage. Blocks for the disk or the database.
Result<std::unique_ptr<ca::store::Store>> open_store(const std::string& folder, const config::CaConfig& config);

struct CaRecords {
  config::CaConfig config;
  std::unique_ptr<ca::store::Store> store;
};
// Of a CA that `init` made in `folder`. Errors: config, storage.
Result<CaRecords> open_records(const std::string& folder);

}  // namespace crest::apps::crest_ca
