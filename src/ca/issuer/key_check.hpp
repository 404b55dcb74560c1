// A KeyCheck tries whether the issuing key really signs, so that nobody finds out by a certificate that does not come.
#pragma once

#include "ca/alarm.hpp"
#include "ca/recent_check.hpp"
#include "crypto/key.hpp"

namespace crest::ca {

class KeyCheck {
 public:
  static constexpr Duration spacing{60'000};  // between two tries

  // `key` nullptr: it is another CA's, and nothing is tried.
  KeyCheck(const crypto::Signer* key, Log& log)
      : alarm_(log, "issuing_key_fails"), check_(spacing, [this, key] { return alarm_.tell(attempt(key)); }) {}

  // Blocks for a signature when it is tried; thread-safe. Errors: the signer's; internal, for a signature that is none.
  Result<void> state(Time now) { return check_.state(now); }

 private:
  static Result<void> attempt(const crypto::Signer* key);

  Alarm alarm_;
  RecentCheck check_;
};

}  // namespace crest::ca
