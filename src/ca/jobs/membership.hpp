// A Membership is a node's place among those that share a store. A node that lives keeps its lease; when one lets it run
// out, the others do what it left, and its own late writes are refused by the number of its lease (SF67).
#pragma once

#include <atomic>
#include <functional>

#include "ca/jobs/job.hpp"
#include "ca/store/store.hpp"

namespace crest::ca {

class Membership {
 public:
  static constexpr Duration lease_time{60'000}, renew_every{15'000};

  // `node` names it for good, `instance` this process alone. Not shared: the store has one node, and nothing is checked.
  Membership(bool shared, std::string node, std::string instance)
      : shared_(shared), node_(std::move(node)), instance_(std::move(instance)) {}

  bool is_shared() const { return shared_; }
  // Takes or keeps the lease. False: another process has it, of the same name or one that does what this node left.
  Result<bool> keep(store::Tx& tx, Time now);
  // For writes of work that another node may have taken over: inside of their transaction. Error: storage.
  Result<void> check(store::Tx& tx) const;
  // Ends the leases of nodes that let them run out, so that whatever those come back with is refused. True: there was
  // one, so that something may be left to do.
  Result<bool> end_others(store::Tx& tx, Time now) const;

 private:
  const bool shared_;
  const std::string node_, instance_;
  std::atomic<std::uint64_t> fence_ = 0;  // 0: no lease
};

// Keeps the lease, and calls `resume` when another node has left something.
class Neighbours final : public Job {
 public:
  using Resume = std::function<Result<void>(Time now)>;
  Neighbours(store::Store& store, Membership& membership, Log& log, Resume resume)
      : store_(store), membership_(membership), log_(log), resume_(std::move(resume)) {}

  const char* name() const override { return "neighbours"; }
  Result<Time> step(Time now) override;

 private:
  store::Store& store_;
  Membership& membership_;
  Log& log_;
  Resume resume_;
};

}  // namespace crest::ca
