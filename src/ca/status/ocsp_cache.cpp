#include "ca/status/ocsp_cache.hpp"

#include <algorithm>

namespace crest::ca::status {

OcspAnswerPtr OcspCache::find(const std::string& issuer, const Bytes& cert_id, Time now) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find({issuer, cert_id});
  const auto latest = latest_.find(issuer);
  if (found == entries_.end() || latest == latest_.end()) return nullptr;
  const auto& [answer, revocations] = found->second;
  const bool is_half_over = now >= answer->this_update + (answer->next_update - answer->this_update) / 2;
  return is_half_over || revocations < latest->second ? nullptr : answer;
}

void OcspCache::put(const std::string& issuer, const Bytes& cert_id, OcspAnswerPtr answer, std::uint64_t revocations) {
  const std::scoped_lock lock(mutex_);
  auto& latest = latest_[issuer];
  latest = std::max(latest, revocations);
  if (revocations < latest) return;
  Key key(issuer, cert_id);
  // Full: what is next to it goes. Serial numbers are random, so that is as good as any.
  if (entries_.size() >= answers_max && !entries_.contains(key)) {
    const auto victim = entries_.lower_bound(key);
    entries_.erase(victim == entries_.end() ? entries_.begin() : victim);
  }
  entries_.insert_or_assign(std::move(key), Entry{std::move(answer), revocations});
}

void OcspCache::note(const std::string& issuer, std::uint64_t revocations) {
  const std::scoped_lock lock(mutex_);
  auto& latest = latest_[issuer];
  latest = std::max(latest, revocations);
}

std::size_t OcspCache::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

}  // namespace crest::ca::status
