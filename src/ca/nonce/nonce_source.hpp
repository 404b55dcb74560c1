// A NonceSource hands out anti-replay nonces and takes each back once (RFC 8555 section 6.5).
#pragma once

#include <string>
#include <string_view>

namespace crest::ca::nonce {

class NonceSource {
 public:
  virtual ~NonceSource() = default;
  virtual std::string issue() = 0;  // base64url, never the same twice
  // True once for each issued value, as long as it is remembered; never for anything else. A source that several
  // nodes share may ask another node, so this may block for a moment. Both are thread-safe.
  virtual bool redeem(std::string_view value) = 0;
};

}  // namespace crest::ca::nonce
