#include "ca/jobs/membership.hpp"

#include <algorithm>

namespace crest::ca {
namespace {

constexpr std::string_view prefix = "node ";
constexpr const char* nobody = "";  // holds the lease of a node whose work was taken over

std::string lease_of(const std::string& node) { return std::string(prefix) + node; }

Result<std::optional<store::LeaseRow>> find(store::Tx& tx, const std::string& name) {
  const auto leases = TRY(tx.leases.all());
  const auto found = std::ranges::find(leases, name, &store::LeaseRow::name);
  return found == leases.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

Result<Membership::Place> Membership::keep(store::Store& store, Time now) {
  if (!shared_) return Place::joined;
  std::optional<std::uint64_t> fence;
  std::optional<store::LeaseRow> other;
  Duration left{0};
  const auto work = [&](store::Tx& tx) -> Result<void> {
    const Time at = TRY(tx.leases.time(now));
    fence = TRY(tx.leases.take(lease_of(node_), instance_, at, at + lease_time));
    if (fence) return {};
    other = TRY(find(tx, lease_of(node_)));
    left = other ? other->until - at : Duration{0};
    return {};
  };
  TRY(store.write(work));
  fence_ = fence.value_or(0);
  if (!fence && other) note(*other, left);
  if (fence) place_ = Place::joined;
  return place_.load();
}

// A lease that is not renewed was left behind by a process that is gone, and is waited for.
void Membership::note(const store::LeaseRow& other, Duration left) {
  const std::scoped_lock lock(mutex_);
  const bool same = seen_ && seen_->holder == other.holder && place_ != Place::joined;
  const bool renewed = same && other.until > seen_->until;
  const bool replaced = seen_ && place_ == Place::waiting && seen_->holder != other.holder;
  if (renewed || replaced) {
    place_ = Place::taken;
  } else if (place_ == Place::joined) {
    place_ = Place::waiting;
  }
  seen_ = other;
  left_ = left;
}

std::string Membership::trouble() const {
  const std::scoped_lock lock(mutex_);
  switch (place_.load()) {
    case Place::joined: return {};
    case Place::taken:
      return "another process is node \"" + node_ +
             "\" of this database and lives: give each its own [store] node in ca.toml, or stop that one";
    case Place::waiting: break;
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(std::max(left_, Duration{0})).count();
  return "node \"" + node_ + "\" was not stopped properly, or another process has its name: its lease ends in " +
         std::to_string(seconds) +
         " s, and until then nothing is taken from clients; wait, or give this process its own "
         "[store] node in ca.toml";
}

Result<void> Membership::leave(store::Store& store, Time now) {
  if (!shared_ || fence_ == 0) return {};
  const auto work = [&](store::Tx& tx) -> Result<void> {
    const Time at = TRY(tx.leases.time(now));
    const bool mine = TRY(tx.leases.is_current(lease_of(node_), fence_));
    if (mine) TRY(tx.leases.take(lease_of(node_), instance_, at, at));
    return {};
  };
  TRY(store.write(work));
  fence_ = 0;
  return {};
}

Result<void> Membership::check(store::Tx& tx) const {
  if (!shared_) return {};
  const std::uint64_t fence = fence_;
  const bool current = TRY(tx.leases.is_current(lease_of(node_), fence));
  if (fence != 0 && current) return {};
  return make_error(ErrorKind::storage, "this node was away for so long that others do its work; it joins them again",
                    node_);
}

Result<bool> Membership::take_over(store::Store& store, Time now) const {
  if (!shared_) return false;
  std::vector<std::string> gone;
  const auto look = [&](store::Tx& tx) -> Result<void> {
    gone.clear();
    const Time at = TRY(tx.leases.time(now));
    const auto leases = TRY(tx.leases.all());
    for (const auto& lease : leases) {
      const bool is_node = lease.name.starts_with(prefix) && lease.name != lease_of(node_);
      if (is_node && lease.holder != nobody && lease.until <= at) gone.push_back(lease.name.substr(prefix.size()));
    }
    return {};
  };
  TRY(store.read(look));
  for (const auto& node : gone) TRY(take_over_from(store, node, now));
  return !gone.empty();
}

// The number of its lease changes, and it is held by nobody, for no time: it is not looked at again, and the node may
// have it back at once. One that is back already keeps it.
Result<void> Membership::take_over_from(store::Store& store, const std::string& node, Time now) const {
  return store.write([&](store::Tx& tx) -> Result<void> {
    TRY(check(tx));
    const Time at = TRY(tx.leases.time(now));
    const auto fence = TRY(tx.leases.take(lease_of(node), nobody, at, at));
    if (!fence) return {};
    TRY(tx.authorizations.hand_over(node, node_));
    return tx.orders.hand_over(node, node_);
  });
}

Result<void> Neighbours::look(Time now) {
  const auto before = membership_.place();
  const auto place = TRY(membership_.keep(store_, now));
  const bool is_in = place == Membership::Place::joined;
  if (place != before && is_in) log_.info("node_joined", {{"node", membership_.node()}});
  if (place != before && !is_in) log_.error("node_not_joined", {{"error", membership_.trouble()}});
  if (!is_in) return {};
  const auto left = membership_.take_over(store_, now);
  is_behind_ = is_behind_ || place != before || !left || *left;
  if (is_behind_) TRY(resume_(now));
  is_behind_ = !left;
  return left ? Result<void>() : Result<void>(left.error());
}

// An error must not cost more of the lease than it has to: the next try is soon.
Result<Time> Neighbours::step(Time now) {
  const bool done = alarm_.tell(look(now)).has_value();
  const bool is_in = membership_.place() == Membership::Place::joined;
  return now + (done && is_in ? Membership::renew_every : Membership::join_every);
}

}  // namespace crest::ca
