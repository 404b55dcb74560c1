// A MemoryStore is a Store for tests, benches and the simulator: the same promises, without a disk under them.
#pragma once

#include <map>
#include <set>
#include <shared_mutex>

#include "ca/store/store.hpp"

namespace crest::ca::store {

class MemoryStore final : public Store {
 public:
  MemoryStore();
  ~MemoryStore() override;

  Result<void> write(const Work& work) override;
  Result<void> read(const Work& work) override;
  Result<void> check() override { return {}; }

  struct Tables;

 private:
  std::shared_mutex mutex_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace crest::ca::store
