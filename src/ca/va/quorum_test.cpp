#include "ca/va/quorum.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace crest::ca::va {
namespace {

// "+" agrees, "-" disagrees, "?" outstanding, "x" absent.
Opinion opinion(char c) {
  switch (c) {
    case '+': return Opinion::agrees;
    case '-': return Opinion::disagrees;
    case 'x': return Opinion::absent;
    default: return Opinion::outstanding;
  }
}

struct Case {
  char own;  // ' ' has no say
  std::string remote;
  std::size_t quorum;
  Finding finding;
};

TEST(Quorum, SF51_Table) {
  using enum Finding;
  const Case cases[] = {
      {'?', "??", 2, open},       {'+', "??", 2, open},        {'?', "++", 2, open},    {'+', "++", 2, proved},
      {'+', "+?", 1, proved},     {'+', "+x", 1, proved},      {'+', "+-", 1, proved},  {'+', "+-", 2, refused},
      {'-', "??", 2, refused},    {'-', "++", 1, refused},     {'?', "--", 1, refused}, {'?', "-?", 2, refused},
      {'+', "x?", 2, too_few},    {'+', "xx", 1, too_few},     {'+', "-x", 1, too_few}, {'+', "-x", 2, refused},
      {'+', "-xx?", 3, too_few},  {'+', "--x?", 3, refused},   {' ', "?", 1, open},     {' ', "+", 1, proved},
      {' ', "-", 1, refused},     {' ', "x", 1, too_few},      {'+', "", 0, proved},    {'-', "", 0, refused},
      {'+', "++++--", 4, proved}, {'+', "+++---", 4, refused},
  };
  for (const auto& [own, remote, quorum, finding] : cases) {
    std::vector<Opinion> opinions(remote.size());
    std::ranges::transform(remote, opinions.begin(), opinion);
    const auto ours = own == ' ' ? std::nullopt : std::optional(opinion(own));
    EXPECT_EQ(finding_of(ours, opinions, quorum), finding) << own << " " << remote << " " << quorum;
  }
}

// Whatever comes in in whatever order: what is decided stays decided, and nothing is open once all have answered.
TEST(Quorum, SF51_ADecisionStands) {
  const std::string words = "+-x";
  for (int way = 0; way < 81; ++way) {
    for (std::size_t quorum = 0; quorum <= 3; ++quorum) {
      Opinion own = Opinion::outstanding;
      std::vector<Opinion> remote(3, Opinion::outstanding);
      Finding before = finding_of(own, remote, quorum);
      int rest = way;
      for (std::size_t i = 0; i < 4; ++i, rest /= 3) {
        const char word = words[static_cast<std::size_t>(rest % 3)];
        if (i == 3) own = word == 'x' ? Opinion::disagrees : opinion(word);
        if (i < 3) remote[i] = opinion(word);
        const Finding now = finding_of(own, remote, quorum);
        if (before == Finding::proved) {
          EXPECT_EQ(now, Finding::proved);
        } else if (before != Finding::open) {
          EXPECT_NE(now, Finding::proved);
        }
        before = now;
      }
      EXPECT_NE(before, Finding::open) << way << " " << quorum;
    }
  }
}

TEST(Quorum, SF51_UsualQuorumOfTheBaselineRequirements) {
  const std::size_t expected[] = {0, 1, 1, 2, 3, 4, 4, 5, 6};
  for (std::size_t remote = 0; remote < std::size(expected); ++remote)
    EXPECT_EQ(usual_quorum(remote), expected[remote]);
}

}  // namespace
}  // namespace crest::ca::va
