#include "ca/web/key_cache.hpp"

namespace crest::ca::web {

Result<crypto::PublicKey> KeyCache::get(const Bytes& spki) {
  std::string name = to_text(spki);
  {
    const std::scoped_lock lock(mutex_);
    const auto found = keys_.find(name);
    if (found != keys_.end()) return found->second;
  }
  auto key = TRY(crypto::PublicKey::from_spki(spki));
  const std::scoped_lock lock(mutex_);
  if (keys_.size() >= keys_max) keys_.clear();
  keys_.emplace(std::move(name), key);
  return key;
}

}  // namespace crest::ca::web
