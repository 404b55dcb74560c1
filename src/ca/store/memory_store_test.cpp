#include "ca/store/memory_store.hpp"

#include "ca/store/store_contract.hpp"

namespace crest::ca::store {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, StoreContract,
                         testing::Values([] { return std::unique_ptr<Store>(std::make_unique<MemoryStore>()); }));

}  // namespace
}  // namespace crest::ca::store
