#include "client/nonce_pool.hpp"

#include "encoding/base64.hpp"

namespace crest::client {

void NoncePool::keep(std::string nonce, Instant now) {
  const std::scoped_lock lock(mutex_);
  nonces_.push_back({std::move(nonce), now + nonce_life});
  if (nonces_.size() > nonces_max) nonces_.pop_front();
}

std::optional<std::string> NoncePool::take(Instant now) {
  const std::scoped_lock lock(mutex_);
  while (!nonces_.empty()) {
    Nonce last = std::move(nonces_.back());
    nonces_.pop_back();
    if (now < last.expires) return std::move(last.value);
  }
  return std::nullopt;
}

std::optional<std::string> nonce_of(const http::Headers& headers) {
  const auto value = headers.get("Replay-Nonce");
  if (!value || value->size() > NoncePool::nonce_chars_max || !encoding::is_base64url(*value)) return std::nullopt;
  return std::string(*value);
}

}  // namespace crest::client
