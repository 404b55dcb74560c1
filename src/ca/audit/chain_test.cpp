#include "ca/audit/chain.hpp"

#include <gtest/gtest.h>

namespace crest::ca::audit {
namespace {

const Time start = from_unix_seconds(1'767'225'600);

const crypto::PrivateKey& key() {
  static const auto value = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  return value;
}

// Ten events, a checkpoint behind the fifth and behind the last.
std::vector<std::string> log() {
  std::vector<std::string> out;
  std::optional<Line> last;
  const auto add = [&](const Event& event) {
    last = next_line(last, event, start + 1s * static_cast<int>(out.size()));
    out.push_back(last->text);
  };
  for (int i = 1; i <= 10; ++i) {
    add({"certificate_issued", {{"serial", std::to_string(i)}, {"names", "a\n\x1b[2J\".example"}}});
    if (i % 5 == 0) add(checkpoint(*last, key()).value());
  }
  return out;
}

Result<std::uint64_t> verified(const std::vector<std::string>& lines) {
  Verifier verifier({key().public_key()});
  for (const auto& line : lines) TRY(verifier.take(line));
  return verifier.vouched_for();
}

TEST(AuditChain, SF87_HoldsWhatHappenedAndOneLineEach) {
  const auto lines = log();
  EXPECT_EQ(verified(lines).value(), 11u);
  for (const auto& line : lines) EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(lines[0].find(R"("event":"certificate_issued")"), std::string::npos) << lines[0];
}

TEST(AuditChain, SF87_EveryChangedOctetShows) {
  const auto lines = log();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (std::size_t at = 0; at < lines[i].size(); at += 7) {
      auto forged = lines;
      forged[i][at] = forged[i][at] == 'x' ? 'y' : 'x';
      const bool last_line = i + 1 == lines.size();  // nothing stands behind it: a signature must fail
      const auto result = verified(forged);
      if (last_line && result) {
        EXPECT_LT(*result, lines.size()) << at;
      } else {
        EXPECT_FALSE(result) << i << " " << at;
      }
    }
  }
}

TEST(AuditChain, SF87_RemovedRepeatedAndSwappedLinesShow) {
  const auto lines = log();
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    auto removed = lines;
    removed.erase(removed.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(verified(removed)) << i;
    auto repeated = lines;
    repeated.insert(repeated.begin() + static_cast<std::ptrdiff_t>(i), lines[i]);
    EXPECT_FALSE(verified(repeated)) << i;
    auto swapped = lines;
    std::swap(swapped[i], swapped[i + 1]);
    EXPECT_FALSE(verified(swapped)) << i;
  }
}

TEST(AuditChain, SF87_AForgedRestNeedsTheKey) {
  auto lines = log();
  std::optional<Line> last;
  std::vector<std::string> forged;
  for (int i = 1; i <= 5; ++i) {
    last = next_line(last, {"certificate_issued", {{"serial", "forged"}}}, start);
    forged.push_back(last->text);
  }
  EXPECT_EQ(verified(forged).value(), 0u);  // nothing vouches for it
  const auto other = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  forged.push_back(next_line(last, checkpoint(*last, other).value(), start).text);
  EXPECT_FALSE(verified(forged));
}

TEST(AuditChain, NamesTheLine) {
  auto lines = log();
  lines[3] = "{}";
  const auto result = verified(lines);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().context, "line 4");
}

}  // namespace
}  // namespace crest::ca::audit
