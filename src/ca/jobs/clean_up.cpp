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

// A certificate that still has to stay keeps those behind it from nothing: they are looked at, too.
Result<std::uint64_t> CleanUp::remove_certificates(store::Tx& tx, Time before) const {
  const auto ended = TRY(tx.certificates.expired(before, rows_max));
  std::map<std::string, std::vector<store::CrlRow>> heads;
  std::uint64_t removed = 0;
  for (const auto& each : ended) {
    const auto row = TRY(tx.certificates.by_serial(each.serial));
    if (!row) continue;
    if (!heads.contains(row->issuer)) heads[row->issuer] = TRY(tx.crls.heads(row->issuer));
    if (!is_off_the_lists(*row, heads[row->issuer])) continue;
    TRY(tx.certificates.remove(each.serial));
    TRY(tx.orders.remove(each.order));
    ++removed;
  }
  return removed;
}

Result<CleanUp::Removed> CleanUp::remove(store::Tx& tx, Time now) const {
  Removed removed;
  removed.orders = TRY(tx.orders.remove_unissued(now - retention_.orders, rows_max));
  removed.authorizations = TRY(tx.authorizations.remove_expired(now - retention_.orders, rows_max));
  removed.certificates = TRY(remove_certificates(tx, now - retention_.certificates));
  removed.spendings = TRY(tx.spendings.remove_full(now, rows_max));
  removed.most = std::max({removed.orders, removed.authorizations, removed.certificates, removed.spendings});
  return removed;
}

Result<Time> CleanUp::step(Time now) {
  std::optional<std::uint64_t> fence;
  const auto take = [&](store::Tx& tx) -> Result<void> {
    fence = TRY(tx.leases.take(lease, deps_.holder, now, now + lease_time));
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
  if (removed.most > 0) {
    deps_.log.info("cleaned_up", {{"orders", std::to_string(removed.orders)},
                                  {"authorizations", std::to_string(removed.authorizations)},
                                  {"certificates", std::to_string(removed.certificates)},
                                  {"limits", std::to_string(removed.spendings)}});
  }
  return now + (removed.most >= rows_max ? step_spacing : round_spacing);
}

}  // namespace crest::ca
