// SeededRandom repeats itself for the same seed (xoshiro256**, seeded by splitmix64).
#pragma once

#include <array>

#include "core/random.hpp"

namespace crest::sim {

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  void fill(std::span<std::uint8_t> out) override;
  bool chance(double probability) { return unit() < probability; }

 private:
  std::uint64_t next();
  std::array<std::uint64_t, 4> state_;
};

}  // namespace crest::sim
