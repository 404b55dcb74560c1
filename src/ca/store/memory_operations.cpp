#include "ca/store/memory_operations.hpp"

#include <algorithm>
#include <limits>

namespace crest::ca::store {

Result<bool> MemoryEabKeys::insert(const EabKeyRow& row) {
  TRY(undo_.check());
  if (tables_.eab_keys.contains(row.id)) return false;
  undo_.put(tables_.eab_keys, row.id, row);
  return true;
}

Result<bool> MemoryEabKeys::update(const EabKeyRow& row) {
  TRY(undo_.check());
  if (!tables_.eab_keys.contains(row.id)) return false;
  undo_.put(tables_.eab_keys, row.id, row);
  return true;
}

Result<std::vector<EabKeyRow>> MemoryEabKeys::list(const std::string& after, std::size_t count_max) {
  std::vector<EabKeyRow> rows;
  for (auto at = tables_.eab_keys.upper_bound(after); at != tables_.eab_keys.end() && rows.size() < count_max; ++at)
    rows.push_back(at->second);
  return rows;
}

Result<void> MemorySpendings::put(const std::string& key, Time full_at) {
  TRY(undo_.check());
  undo_.put(tables_.spendings, key, full_at);
  return {};
}

Result<std::uint64_t> MemorySpendings::remove_full(Time now, std::size_t count_max) {
  TRY(undo_.check());
  std::vector<std::string> full;
  for (const auto& [key, when] : tables_.spendings) {
    if (when <= now && full.size() < count_max) full.push_back(key);
  }
  for (const std::string& key : full) undo_.erase(tables_.spendings, key);
  return static_cast<std::uint64_t>(full.size());
}

Result<std::optional<std::uint64_t>> MemoryLeases::take(const std::string& name, const std::string& holder, Time now,
                                                        Time until) {
  TRY(undo_.check());
  LeaseRow lease = found(tables_.leases, name).value_or(LeaseRow{.name = name});
  const bool running = lease.fence != 0 && lease.until > now;
  if (running && lease.holder != holder) return std::optional<std::uint64_t>();
  if (!running) ++lease.fence;
  lease.holder = holder;
  lease.until = until;
  undo_.put(tables_.leases, name, lease);
  return std::optional(lease.fence);
}

Result<bool> MemoryLeases::is_current(const std::string& name, std::uint64_t fence) {
  const auto lease = found(tables_.leases, name);
  return (lease ? lease->fence : 0) == fence;
}

Result<std::vector<LeaseRow>> MemoryLeases::all() {
  std::vector<LeaseRow> rows;
  for (const auto& [name, row] : tables_.leases) rows.push_back(row);
  return rows;
}

Result<void> MemoryIssuers::put(const IssuerRow& row) {
  TRY(undo_.check());
  if (!tables_.issuers.contains(row.id)) undo_.put(tables_.issuers, row.id, row);
  return {};
}

Result<std::vector<IssuerRow>> MemoryIssuers::all() {
  std::vector<IssuerRow> rows;
  for (const auto& [id, row] : tables_.issuers) rows.push_back(row);
  std::ranges::stable_sort(rows, {}, &IssuerRow::first_seen);
  return rows;
}

Result<bool> MemoryCrls::put(const CrlRow& row) {
  TRY(undo_.check());
  const std::pair key(row.issuer, row.partition);
  const auto old = found(tables_.crls, key);
  if (old && old->number >= row.number) return false;
  undo_.put(tables_.crls, key, row);
  return true;
}

Result<std::vector<CrlRow>> MemoryCrls::heads(const std::string& issuer) {
  std::vector<CrlRow> out;
  for (auto at = tables_.crls.lower_bound({issuer, 0}); at != tables_.crls.end() && at->first.first == issuer; ++at) {
    out.push_back(at->second);
    out.back().der.clear();
  }
  return out;
}

Result<std::optional<AuditRow>> MemoryAuditLog::last(const std::string& chain) {
  const auto behind = tables_.audit.upper_bound({chain, std::numeric_limits<std::uint64_t>::max()});
  if (behind == tables_.audit.begin()) return std::optional<AuditRow>();
  const auto& [key, row] = *std::prev(behind);
  return key.first == chain ? std::optional(row) : std::nullopt;
}

Result<void> MemoryAuditLog::append(const AuditRow& row) {
  TRY(undo_.check());
  const std::pair key(row.chain, row.number);
  if (tables_.audit.contains(key)) return make_error(ErrorKind::storage, "a line of the audit log is there already");
  undo_.put(tables_.audit, key, row);
  return {};
}

Result<std::vector<AuditRow>> MemoryAuditLog::list(const std::string& chain, std::uint64_t after,
                                                   std::size_t count_max) {
  std::vector<AuditRow> rows;
  auto at = tables_.audit.upper_bound({chain, after});
  for (; at != tables_.audit.end() && at->first.first == chain && rows.size() < count_max; ++at)
    rows.push_back(at->second);
  return rows;
}

Result<std::vector<std::string>> MemoryAuditLog::chains() {
  std::vector<std::string> out;
  for (const auto& [key, row] : tables_.audit) {
    if (out.empty() || out.back() != key.first) out.push_back(key.first);
  }
  return out;
}

}  // namespace crest::ca::store
