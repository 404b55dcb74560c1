// A KeyCheck tries whether the issuing key really signs, so that nobody finds out by a certificate that does not come.
#pragma once

#include <mutex>
#include <optional>

#include "ca/alarm.hpp"
#include "crypto/key.hpp"

namespace crest::ca {

class KeyCheck {
 public:
  static constexpr Duration spacing{60'000};  // between two tries

  KeyCheck(const crypto::Signer* key, Log& log) : key_(key), alarm_(log, "issuing_key_fails") {}

  // As of at most `spacing` ago. Blocks for a signature when it is tried; thread-safe. Errors: the signer's; internal, for
  // a signature that is none.
  Result<void> state(Time now);

 private:
  Result<void> attempt() const;

  const crypto::Signer* key_;  // nullptr: it is another CA's, and nothing is tried
  Alarm alarm_;
  std::mutex mutex_;
  std::optional<Time> tried_;
  Result<void> last_;
};

}  // namespace crest::ca
