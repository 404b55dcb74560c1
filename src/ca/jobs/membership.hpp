// A Membership is a node's place among those that share a store. A node that lives keeps its lease; when one lets it run
// out or gives it back, another does what it left, once, and its own late writes are refused (SF67).
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>

#include "ca/alarm.hpp"
#include "ca/jobs/job.hpp"
#include "ca/store/store.hpp"

namespace crest::ca {

class Membership {
 public:
  static constexpr Duration lease_time{60'000}, renew_every{15'000}, join_every{1'000};

  enum class Place {
    joined,   // the lease is this process's
    waiting,  // it is another's that was not stopped properly, or lives
    taken,    // of another process of the same name, which lives: it has renewed it
  };

  // `node` names it for good, `instance` this process alone. Not shared: the store has one node, and nothing is checked.
  Membership(bool shared, std::string node, std::string instance)
      : shared_(shared),
        node_(std::move(node)),
        instance_(std::move(instance)),
        place_(shared ? Place::waiting : Place::joined) {}

  bool is_shared() const { return shared_; }
  const std::string& node() const { return node_; }
  Place place() const { return place_; }
  // What is wrong when it has not joined, and what to do; "" nothing.
  std::string trouble() const;
  // Whether work that is begun at `node` is this one's. That of before nodes were written down is everybody's.
  bool owns(const std::string& node) const { return !shared_ || node == node_ || node.empty(); }

  // Takes or keeps the lease. Blocks for a write; one thread at a time. Error: storage.
  Result<Place> keep(store::Store& store, Time now);
  // Gives it back, so that this node may be started again at once. Blocks for a write.
  Result<void> leave(store::Store& store, Time now);
  // For writes of work that another node may have taken over: inside of their transaction. Error: storage.
  Result<void> check(store::Tx& tx) const;
  // Makes the work of nodes whose leases are over this one's, whatever those still write is refused then; another that
  // does so at the same time finds nothing. True: there was such a node. Blocks for a read, and for a write for each.
  Result<bool> take_over(store::Store& store, Time now) const;

 private:
  Result<void> take_over_from(store::Store& store, const std::string& node, Time now) const;
  void note(const store::LeaseRow& other, Duration left);

  const bool shared_;
  const std::string node_, instance_;
  std::atomic<std::uint64_t> fence_ = 0;  // 0: no lease
  std::atomic<Place> place_;
  mutable std::mutex mutex_;
  std::optional<store::LeaseRow> seen_;  // somebody else's lease of this name, as it was when last looked at
  Duration left_{0};                     // of it, then
};

// Keeps the lease, and calls `resume` when this node has got its place or the work of another.
class Neighbours final : public Job {
 public:
  using Resume = std::function<Result<void>(Time now)>;
  Neighbours(store::Store& store, Membership& membership, Log& log, Resume resume)
      : store_(store),
        membership_(membership),
        log_(log),
        resume_(std::move(resume)),
        alarm_(log, "membership_failed") {}

  const char* name() const override { return "neighbours"; }
  Result<Time> step(Time now) override;

 private:
  Result<void> look(Time now);

  store::Store& store_;
  Membership& membership_;
  Log& log_;
  Resume resume_;
  Alarm alarm_;
  bool is_behind_ = false;  // something may be left to resume
};

}  // namespace crest::ca
