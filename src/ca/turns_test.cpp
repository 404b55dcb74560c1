#include "ca/turns.hpp"

#include <gtest/gtest.h>

namespace crest::ca {
namespace {

std::string line_of(const Turns& turns) {
  std::string out;
  for (const auto& [ticket, account] : turns.line()) out += account;
  return out;
}

TEST(Turns, SF52_AShareIsHalfUnlessSaid) {
  struct Case {
    std::size_t validations, per_account, per_target, account, target;
  };
  for (const auto& each : {Case{0, 0, 0, 1, 1}, Case{1, 0, 0, 1, 1}, Case{2, 0, 0, 1, 1}, Case{8, 0, 0, 4, 4},
                           Case{9, 0, 3, 4, 3}, Case{8, 2, 8, 2, 8}, Case{4, 100, 5, 4, 4}}) {
    const auto limits = turn_limits(each.validations, each.per_account, each.per_target);
    EXPECT_EQ(limits.validations_max, std::max<std::size_t>(each.validations, 1));
    EXPECT_EQ(limits.per_account_max, each.account) << each.validations;
    EXPECT_EQ(limits.per_target_max, each.target) << each.validations;
  }
}

TEST(Turns, SF52_ATargetIsWhatIsSlowTogether) {
  using acme::IdentifierType;
  struct Case {
    IdentifierType type;
    const char *value, *target;
  };
  for (const auto& [type, value, target] : {Case{IdentifierType::dns, "localhost", "localhost"},
                                            {IdentifierType::dns, "corp.example", "corp.example"},
                                            {IdentifierType::dns, "a.corp.example", "corp.example"},
                                            {IdentifierType::dns, "*.a.corp.example", "corp.example"},
                                            {IdentifierType::dns, "a.b.corp.example", "b.corp.example"},
                                            {IdentifierType::ip, "192.0.2.1", "192.0.2.1"},
                                            {IdentifierType::ip, "2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"},
                                            {IdentifierType::ip, "2001:db8:0:1::1", "2001:db8:0:1::/64"}}) {
    EXPECT_EQ(target_of({type, value}), target) << value;
  }
}

TEST(Turns, SF52_WhoeverHasBegunGoesToTheEnd) {
  Turns turns;
  for (const char* account : {"a", "b", "c", "a"}) turns.join(account);
  EXPECT_EQ(line_of(turns), "abc");
  turns.begin("a", "t");
  EXPECT_EQ(line_of(turns), "bca");
  turns.join("d");
  EXPECT_EQ(line_of(turns), "bcad");
  turns.begin("c", "t");
  EXPECT_EQ(line_of(turns), "badc");
  turns.leave("a");
  turns.leave("x");
  turns.begin("a", "t");  // its last one
  EXPECT_EQ(line_of(turns), "bdc");
  turns.join("a");
  EXPECT_EQ(line_of(turns), "bdca");
}

TEST(Turns, SF52_EachLimitHoldsByItself) {
  Turns turns(TurnLimits{.validations_max = 4, .per_account_max = 2, .per_target_max = 3});
  turns.begin("a", "t");
  EXPECT_TRUE(turns.may_begin("a", "t"));
  turns.begin("a", "t");
  EXPECT_FALSE(turns.may_begin("a", "u")) << "the account has its share";
  EXPECT_TRUE(turns.may_begin("b", "t"));
  turns.begin("b", "t");
  EXPECT_FALSE(turns.may_begin("b", "t")) << "the target has its share";
  EXPECT_TRUE(turns.may_begin("b", "u"));
  EXPECT_TRUE(turns.may_begin("b", "")) << "no target, no share of it";
  turns.begin("c", "");
  EXPECT_FALSE(turns.may_begin("d", "u")) << "all are at work";
  turns.end("a", "t");
  EXPECT_TRUE(turns.may_begin("a", "t"));
  EXPECT_TRUE(turns.may_begin("d", "u"));
  turns.end("x", "x");  // never begun
  EXPECT_TRUE(turns.may_begin("d", "u"));
}

}  // namespace
}  // namespace crest::ca
