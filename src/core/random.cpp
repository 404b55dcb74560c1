#include "core/random.hpp"

namespace crest {

Bytes Random::bytes(std::size_t count) {
  Bytes out(count);
  fill(out);
  return out;
}

std::uint64_t Random::below(std::uint64_t bound) {
  if (bound < 2) return 0;
  const std::uint64_t limit =
      UINT64_MAX - UINT64_MAX % bound;  // reject the tail, or small values would come more often
  std::uint64_t value = 0;
  do {
    fill({reinterpret_cast<std::uint8_t*>(&value), sizeof value});
  } while (value >= limit);
  return value % bound;
}

double Random::unit() { return static_cast<double>(below(1ull << 53)) / static_cast<double>(1ull << 53); }

}  // namespace crest
