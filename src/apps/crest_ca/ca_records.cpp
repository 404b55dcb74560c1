#include "apps/crest_ca/ca_records.hpp"

#include "adapters/posix_disk.hpp"
#include "adapters/postgres_store.hpp"
#include "adapters/sqlite_store.hpp"
#include "config/ca_folder.hpp"

namespace crest::apps::crest_ca {
namespace {

constexpr const char* store_file = "store.sqlite";

}  // namespace

std::string store_path(const std::string& folder) {
  return joined(joined(folder, config::ca_store_folder), store_file);
}

Result<std::unique_ptr<ca::store::Store>> open_store(const std::string& folder, const config::CaConfig& config) {
  if (!config.postgres.empty()) return adapters::open_postgres_store(config.postgres);
  return adapters::open_sqlite_store(store_path(folder));
}

Result<CaRecords> open_records(const std::string& folder) {
  const auto disk = TRY(adapters::open_posix_disk(folder, {.create = false}));
  auto config = TRY(config::read_settings(*disk, folder));
  auto store = TRY(open_store(folder, config));
  return CaRecords{std::move(config), std::move(store)};
}

}  // namespace crest::apps::crest_ca
