#include "ca/jobs/clean_up.hpp"

#include <algorithm>
#include <map>

namespace crest::ca {
namespace {

constexpr Duration round_spacing{10 * 60'000}, step_spacing{1'000};
constexpr Duration lease_time{60'000};

}  // namespace

bool is_off_the_lists(const store::CertificateRow& row, const std::vector<store::CrlRow>& heads) {
  if (row.status != store::CertificateStatus::revoked) return true;
  return std::ranges::all_of(heads, [&](const store::CrlRow& head) { return head.this_update > row.not_after; });
}

// A certificate that still has to stay keeps those behind it from nothing: the next step begins behind the last that was
// looked at.
Result<void> CleanUp::remove_certificates(store::Tx& tx, Time before, Removed& removed) const {
  const auto ended = TRY(tx.certificates.expired(before, after_, rows_max));
  std::map<std::string, std::vector<store::CrlRow>> heads;
  for (const auto& each : ended) {
    const auto row = TRY(tx.certificates.by_serial(each.serial));
    if (!row) continue;
    if (!heads.contains(row->issuer)) heads[row->issuer] = TRY(tx.crls.heads(row->issuer));
    if (!is_off_the_lists(*row, heads[row->issuer])) continue;
    TRY(tx.certificates.remove(each.serial));
    TRY(tx.orders.remove(each.order));
    ++removed.certificates;
  }
  if (ended.size() < rows_max) return {};
  removed.is_all = false;
  removed.after = store::CertificateCursor{ended.back().not_after, ended.back().serial};
  return {};
}

Result<CleanUp::Removed> CleanUp::remove(store::Tx& tx, Time now) const {
  Removed removed;
  removed.orders = TRY(tx.orders.remove_unissued(now - retention_.orders, rows_max));
  removed.authorizations = TRY(tx.authorizations.remove_expired(now - retention_.orders, rows_max));
  removed.spendings = TRY(tx.spendings.remove_full(now, rows_max));
  removed.is_all = std::max({removed.orders, removed.authorizations, removed.spendings}) < rows_max;
  TRY(remove_certificates(tx, now - retention_.certificates, removed));
  return removed;
}

void CleanUp::tell(const Removed& removed) const {
  if (removed.orders + removed.authorizations + removed.certificates + removed.spendings == 0) return;
  deps_.log.info("cleaned_up", {{"orders", std::to_string(removed.orders)},
                                {"authorizations", std::to_string(removed.authorizations)},
                                {"certificates", std::to_string(removed.certificates)},
                                {"limits", std::to_string(removed.spendings)}});
}

Result<Time> CleanUp::step(Time now) {
  std::optional<std::uint64_t> fence;
  const auto take = [&](store::Tx& tx) -> Result<void> {
    const Time at = TRY(tx.leases.time(now));
    fence = TRY(tx.leases.take(lease, deps_.holder, at, at + lease_time));
    return {};
  };
  TRY(deps_.store.write(take));
  if (!fence) return now + round_spacing;
  Removed removed;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    removed = {};
    const bool mine = TRY(tx.leases.is_current(lease, *fence));
    if (mine) removed = TRY(remove(tx, now));
    return {};
  };
  TRY(deps_.store.write(work));
  tell(removed);
  after_ = removed.after;
  return now + (removed.is_all ? round_spacing : step_spacing);
}

}  // namespace crest::ca
