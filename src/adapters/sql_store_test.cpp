// Both databases keep the promises of a Store.
#include "adapters/postgres_server.hpp"
#include "adapters/postgres_store.hpp"
#include "adapters/sqlite_store.hpp"
#include "adapters/temporary_folder.hpp"
#include "ca/store/store_contract.hpp"

namespace crest::adapters {
namespace {

using ca::store::Store;
using ca::store::Work;

// An SQLite store with the folder it lives in.
class OwnedStore final : public Store {
 public:
  Result<void> write(const Work& work) override { return store_->write(work); }
  Result<void> read(const Work& work) override { return store_->read(work); }
  Result<void> check() override { return store_->check(); }
  Result<std::optional<std::uint64_t>> size_bytes() override { return store_->size_bytes(); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<Store> store_ = open_sqlite_store(folder_ / "store.sqlite").value();
};

std::unique_ptr<Store> sqlite_store() { return std::make_unique<OwnedStore>(); }
std::unique_ptr<Store> postgres_store() { return open_postgres_store(PostgresServer::shared().fresh_target()).value(); }

TEST(SqlStore, SF62_TellsItsSize) {
  for (const auto& store : {sqlite_store(), postgres_store()}) {
    const auto before = store->size_bytes().value();
    ASSERT_TRUE(before);
    EXPECT_GT(*before, 0u);
    const auto grown = store->write([](ca::store::Tx& tx) -> Result<void> {
      for (int i = 0; i < 600; ++i) {
        const std::string id = std::to_string(i);
        TRY(tx.accounts.insert({.id = id, .thumbprint = id, .contact = {"mailto:" + std::string(1'000, 'a')}}));
      }
      return {};
    });
    ASSERT_TRUE(grown);
    EXPECT_GT(*store->size_bytes().value(), *before + 100'000);
  }
}

}  // namespace
}  // namespace crest::adapters

namespace crest::ca::store {
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(adapters::sqlite_store));
INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(adapters::postgres_store));
}  // namespace crest::ca::store
