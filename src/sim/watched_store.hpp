// A WatchedStore is the CA's store as the world sees it: it tells of every certificate once its row is durable, and dies
// before or after a commit when the dice say so.
#pragma once

#include <functional>
#include <memory>

#include "ca/store/store.hpp"
#include "sim/faults.hpp"

namespace crest::sim {

class WatchedStore final : public ca::store::Store {
 public:
  using Watcher = std::function<void(const ca::store::CertificateRow&)>;

  WatchedStore(ca::store::Store& inner, Faults& faults) : inner_(inner), faults_(faults) {}
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }

  Result<void> write(const ca::store::Work& work) override;
  Result<void> read(const ca::store::Work& work) override { return inner_.read(work); }
  Result<void> check() override { return inner_.check(); }
  Result<void> check_room() override { return inner_.check_room(); }

 private:
  ca::store::Store& inner_;
  Faults& faults_;
  Watcher watcher_;
};

}  // namespace crest::sim
