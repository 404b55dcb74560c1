// Random is where unpredictable octets come from; the simulator's is seeded.
#pragma once

#include <span>

#include "core/bytes.hpp"

namespace crest {

class Random {
 public:
  virtual ~Random() = default;
  // Never fails: a source without entropy blocks or ends the process. Thread-safe.
  virtual void fill(std::span<std::uint8_t> out) = 0;

  Bytes bytes(std::size_t count);
  std::uint64_t below(std::uint64_t bound);  // uniform in [0, bound); 0 when bound is 0
  double unit();                             // uniform in [0, 1)
};

}  // namespace crest
