// A NoncePool holds the nonces one CA has handed out and nobody has used yet (RFC 8555 section 6.5).
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "http/message.hpp"

namespace crest::client {

// Thread-safe. The youngest is taken first: it is the one the CA remembers best.
class NoncePool {
 public:
  static constexpr std::size_t nonces_max = 100, nonce_chars_max = 256;
  static constexpr Duration nonce_life{10 * 60'000};

  void keep(std::string nonce, Instant now);
  std::optional<std::string> take(Instant now);  // never the same one twice

 private:
  struct Nonce {
    std::string value;
    Instant expires;
  };
  std::mutex mutex_;
  std::deque<Nonce> nonces_;
};

// The Replay-Nonce of an answer, unless it has characters it must not have (NON-10, CF13).
std::optional<std::string> nonce_of(const http::Headers& headers);

}  // namespace crest::client
