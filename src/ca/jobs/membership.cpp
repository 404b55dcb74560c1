#include "ca/jobs/membership.hpp"

namespace crest::ca {
namespace {

std::string lease_of(const std::string& node) { return "node " + node; }

}  // namespace

Result<bool> Membership::keep(store::Tx& tx, Time now) {
  if (!shared_) return true;
  const auto fence = TRY(tx.leases.take(lease_of(node_), instance_, now, now + lease_time));
  fence_ = fence.value_or(0);
  return fence.has_value();
}

Result<void> Membership::check(store::Tx& tx) const {
  if (!shared_) return {};
  const std::uint64_t fence = fence_;
  const bool current = TRY(tx.leases.is_current(lease_of(node_), fence));
  if (fence != 0 && current) return {};
  return make_error(ErrorKind::storage, "this node was away for so long that others do its work; it joins them again",
                    node_);
}

// Every node has an audit chain, so the chains say which nodes there are. The lease is taken to be over at once: the
// number has changed, and the node can have it again.
Result<bool> Membership::end_others(store::Tx& tx, Time now) const {
  if (!shared_) return false;
  bool ended = false;
  const auto nodes = TRY(tx.audit.chains());
  for (const auto& node : nodes) {
    if (node == node_) continue;
    const auto fence = TRY(tx.leases.take(lease_of(node), instance_, now, now));
    if (fence) ended = true;
  }
  return ended;
}

Result<Time> Neighbours::step(Time now) {
  bool kept = false, left = false;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    kept = TRY(membership_.keep(tx, now));
    left = TRY(membership_.end_others(tx, now));
    return {};
  };
  TRY(store_.write(work));
  if (!kept)
    log_.warn("node_name_taken", {{"advice", "two processes have the same `node` in ca.toml, or this one was away"}});
  if (left) TRY(resume_(now));
  return now + Membership::renew_every;
}

}  // namespace crest::ca
