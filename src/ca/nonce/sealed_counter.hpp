// A SealedCounter is a NonceSource without a table: a nonce is a counter, encrypted and authenticated under a key that
// dies with the process, and one bit says whether it came back (SF1, SF2). Memory stays the same for ever.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "ca/nonce/nonce_source.hpp"
#include "core/random.hpp"

namespace crest::ca::nonce {

class SealedCounter final : public NonceSource {
 public:
  // How many of the newest nonces are remembered; older ones count as unknown, and their clients try again.
  static constexpr std::size_t window_default = 1u << 18;  // 32 KiB of bits

  explicit SealedCounter(Random& random, std::size_t window = window_default);

  std::string issue() override;
  bool redeem(std::string_view value) override;

 private:
  std::optional<std::uint64_t> opened(std::string_view value) const;

  Random& random_;
  Bytes key_;
  std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::vector<bool> spent_;  // by counter modulo its size
};

}  // namespace crest::ca::nonce
