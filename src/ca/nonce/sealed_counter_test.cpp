#include "ca/nonce/sealed_counter.hpp"

#include <atomic>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "crypto/digest.hpp"
#include "encoding/base64.hpp"

namespace crest::ca::nonce {
namespace {

TEST(SealedCounter, NON_04_SF1_TakesEachValueOnce) {
  crypto::SystemRandom random;
  SealedCounter source(random);
  const auto a = source.issue(), b = source.issue();
  EXPECT_TRUE(source.redeem(b));
  EXPECT_TRUE(source.redeem(a));
  EXPECT_FALSE(source.redeem(a));
  EXPECT_FALSE(source.redeem(b));
}

TEST(SealedCounter, NON_06_ValuesAreUniqueBase64UrlAndHideTheCounter) {
  crypto::SystemRandom random;
  SealedCounter source(random);
  std::set<std::string> seen;
  std::set<std::string> heads;
  for (int i = 0; i < 2000; ++i) {
    const auto value = source.issue();
    EXPECT_TRUE(encoding::is_base64url(value)) << value;
    EXPECT_TRUE(seen.insert(value).second);
    EXPECT_TRUE(heads.insert(value.substr(0, 16)).second);
  }
}

TEST(SealedCounter, NON_05_RefusesWhatItDidNotIssue) {
  crypto::SystemRandom random;
  SealedCounter source(random);
  const auto good = source.issue();
  auto changed = good;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  for (const std::string& value : {std::string(), std::string("abc"), std::string("abc="), changed, good + "A",
                                   good.substr(1), std::string(48, 'A'), std::string(4096, 'A')}) {
    EXPECT_FALSE(source.redeem(value)) << value;
  }
  EXPECT_TRUE(source.redeem(good));
}

TEST(SealedCounter, NON_12_ARestartForgetsNothingButTheKey) {
  crypto::SystemRandom random;
  SealedCounter before(random);
  const auto value = before.issue();
  SealedCounter after(random);
  for (int i = 0; i < 10; ++i) after.issue();
  EXPECT_FALSE(after.redeem(value));
}

TEST(SealedCounter, SF2_MemoryIsBoundedAndOldValuesExpire) {
  crypto::SystemRandom random;
  constexpr std::size_t window = 8;
  SealedCounter source(random, window);
  std::vector<std::string> values;
  for (std::size_t i = 0; i < 3 * window; ++i) values.push_back(source.issue());
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(source.redeem(values[i]), i >= 2 * window) << i;
  for (const auto& value : values) EXPECT_FALSE(source.redeem(value));
}

TEST(SealedCounter, SF1_OneOfManyThreadsWins) {
  crypto::SystemRandom random;
  SealedCounter source(random);
  for (int round = 0; round < 50; ++round) {
    const auto value = source.issue();
    std::atomic<int> wins = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) threads.emplace_back([&] { wins += source.redeem(value) ? 1 : 0; });
    }
    EXPECT_EQ(wins, 1);
  }
}

}  // namespace
}  // namespace crest::ca::nonce
