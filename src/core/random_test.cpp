#include "core/random.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

namespace crest {
namespace {

// Hands out the 64-bit numbers it was given, then counts.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::vector<std::uint64_t> numbers = {}) : numbers_(std::move(numbers)) {}
  void fill(std::span<std::uint8_t> out) override {
    if (out.size() != sizeof(std::uint64_t)) return std::fill(out.begin(), out.end(), std::uint8_t{0xab});
    const std::uint64_t number = next_ < numbers_.size() ? numbers_[next_] : next_ * 0x9e3779b97f4a7c15u;
    std::memcpy(out.data(), &number, sizeof number);
    ++next_;
  }
  std::size_t asked() const { return next_; }

 private:
  std::vector<std::uint64_t> numbers_;
  std::size_t next_ = 0;
};

TEST(Random, BytesAreAsManyAsAskedFor) {
  ScriptedRandom random;
  EXPECT_TRUE(random.bytes(0).empty());
  EXPECT_EQ(random.bytes(16), Bytes(16, 0xab));
}

TEST(Random, BelowStaysBelow) {
  ScriptedRandom random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(7));
  EXPECT_EQ(seen.size(), 7u);
  EXPECT_EQ(*seen.rbegin(), 6u);
}

TEST(Random, BelowOneAndNoneAskForNothing) {
  ScriptedRandom random;
  EXPECT_EQ(random.below(0), 0u);
  EXPECT_EQ(random.below(1), 0u);
  EXPECT_EQ(random.asked(), 0u);
}

TEST(Random, BelowDrawsAgainRatherThanLean) {
  ScriptedRandom random({UINT64_MAX, 10});  // the highest numbers would make 0 and 1 more likely
  EXPECT_EQ(random.below(3), 1u);
  EXPECT_EQ(random.asked(), 2u);
}

TEST(Random, UnitIsInTheHalfOpenInterval) {
  ScriptedRandom random({0, (1ull << 53) - 1});
  EXPECT_EQ(random.unit(), 0.0);
  const double highest = random.unit();
  EXPECT_LT(highest, 1.0);
  EXPECT_GT(highest, 0.999999);
}

}  // namespace
}  // namespace crest
