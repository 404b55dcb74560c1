#include "ca/ra/policy.hpp"

#include <gtest/gtest.h>

namespace crest::ca::ra {
namespace {

using acme::Identifier;
using acme::IdentifierType;

NameRule rule(std::string_view text) { return NameRule::parse(text).value(); }
encoding::IpNetwork network(std::string_view text) { return encoding::IpNetwork::parse(text).value(); }
Identifier name(std::string value) { return {IdentifierType::dns, std::move(value)}; }
Identifier address(std::string value) { return {IdentifierType::ip, std::move(value)}; }

Policy corp() {
  Policy policy{.label = "ca.toml"};
  policy.allow = {rule("corp.example"), rule("=lab.example")};
  policy.deny = {rule("secret.corp.example"), rule("=www.corp.example")};
  policy.allow_networks = {network("10.0.0.0/8"), network("fd00::/8")};
  policy.deny_networks = {network("10.9.0.0/16")};
  return policy;
}

TEST(NameRule, ReadsWhatPeopleWrite) {
  EXPECT_EQ(rule("Corp.Example.").str(), "corp.example");
  EXPECT_EQ(rule("=b\xc3\xbc"
                 "cher.example")
                .str(),
            "=xn--bcher-kva.example");
  for (const char* bad :
       {"", "=", "*.", "=*.corp.example", "*.*.corp.example", "corp..example", ".corp.example", "a b", "10.0.0.1"})
    EXPECT_FALSE(NameRule::parse(bad)) << bad;
}

TEST(NameRule, CoversWhatItIsAboutAndTouchesAWildcardOverIt) {
  enum class Is { covered, touched, neither };
  const struct {
    const char *rule, *name;
    Is is;
  } rows[] = {
      {"corp.example", "corp.example", Is::covered},
      {"corp.example", "a.b.corp.example", Is::covered},
      {"corp.example", "*.corp.example", Is::covered},
      {"corp.example", "*.a.corp.example", Is::covered},
      {"corp.example", "*.example", Is::touched},
      {"a.corp.example", "*.example", Is::neither},  // a wildcard stands for one label
      {"corp.example", "xcorp.example", Is::neither},
      {"corp.example", "example", Is::neither},
      {"=app.corp.example", "app.corp.example", Is::covered},
      {"=app.corp.example", "a.app.corp.example", Is::neither},
      {"=app.corp.example", "*.app.corp.example", Is::neither},
      {"=app.corp.example", "*.corp.example", Is::touched},
      {"=app.corp.example", "*.example", Is::neither},
      {"*.Corp.Example", "a.corp.example", Is::covered},
      {"*.corp.example", "*.corp.example", Is::covered},
      {"*.corp.example", "corp.example", Is::neither},
      {"*.corp.example", "a.b.corp.example", Is::neither},
      {"*.corp.example", "*.a.corp.example", Is::neither},
      {"*.corp.example", "*.example", Is::neither},
      {"*.corp.example", "acorp.example", Is::neither},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(rule(row.rule).covers(name(row.name)), row.is == Is::covered) << row.rule << " " << row.name;
    EXPECT_EQ(rule(row.rule).touches(name(row.name)), row.is != Is::neither) << row.rule << " " << row.name;
  }
}

TEST(Policy, ORD_03_SF23_DecidesByTheFirstRuleThatIsAboutTheName) {
  struct Row {
    Identifier identifier;
    bool allowed;
    const char* why;
  };
  const Row rows[] = {
      {name("corp.example"), true, "ca.toml: allowed by \"corp.example\""},
      {name("a.b.corp.example"), true, "ca.toml: allowed by \"corp.example\""},
      {name("*.corp.example"), false, "ca.toml: denied by \"secret.corp.example\""},
      {name("*.www.corp.example"), true, "ca.toml: allowed by \"corp.example\""},
      {name("*.lab.example"), false, "ca.toml: no rule allows it"},
      {name("xcorp.example"), false, "ca.toml: no rule allows it"},
      {name("example"), false, "ca.toml: no rule allows it"},
      {name("lab.example"), true, "ca.toml: allowed by \"=lab.example\""},
      {name("a.lab.example"), false, "ca.toml: no rule allows it"},
      {name("secret.corp.example"), false, "ca.toml: denied by \"secret.corp.example\""},
      {name("*.secret.corp.example"), false, "ca.toml: denied by \"secret.corp.example\""},
      {name("www.corp.example"), false, "ca.toml: denied by \"=www.corp.example\""},
      {name("a.www.corp.example"), true, "ca.toml: allowed by \"corp.example\""},
      {address("10.1.2.3"), true, "ca.toml: allowed by \"10.0.0.0/8\""},
      {address("10.9.2.3"), false, "ca.toml: denied by \"10.9.0.0/16\""},
      {address("::ffff:10.9.2.3"), false, "ca.toml: denied by \"10.9.0.0/16\""},
      {address("192.0.2.1"), false, "ca.toml: no rule allows it"},
      {address("fd00::1"), true, "ca.toml: allowed by \"fd00::/8\""},
      {address("host"), false, "ca.toml: it is no IP address"},
  };
  const Policy policy = corp();
  for (const Row& row : rows) {
    const Ruling ruling = rule_on(row.identifier, policy);
    EXPECT_EQ(ruling.allowed, row.allowed) << row.identifier.value;
    EXPECT_EQ(ruling.why, row.why) << row.identifier.value;
  }
}

TEST(Policy, SaysWhetherAnythingIsAllowedWithoutRules) {
  Policy policy{.label = "p"};
  EXPECT_EQ(rule_on(name("a.example"), policy).why, "p: no name is allowed");
  EXPECT_EQ(rule_on(address("10.0.0.1"), policy).why, "p: no address is allowed");
  policy.any_name = policy.any_address = true;
  EXPECT_TRUE(rule_on(name("a.example"), policy).allowed);
  EXPECT_EQ(rule_on(address("10.0.0.1"), policy).why, "p: any address is allowed");
  policy.deny = {rule("a.example")};
  EXPECT_FALSE(rule_on(name("a.example"), policy).allowed);
  policy.wildcards = false;
  EXPECT_EQ(rule_on(name("*.b.example"), policy).why, "p: wildcards are not allowed");
}

TEST(Policy, AllThatHoldMustAgree) {
  const Policy wide = corp();
  Policy narrow{.label = "EAB key team-7"};
  narrow.allow = {rule("team7.corp.example")};
  narrow.any_address = true;
  const Policy* both[] = {&wide, &narrow};
  EXPECT_TRUE(rule_on(name("a.team7.corp.example"), both).allowed);
  EXPECT_EQ(rule_on(name("a.corp.example"), both).why, "EAB key team-7: no rule allows it");
  EXPECT_EQ(rule_on(name("a.other.example"), both).why, "ca.toml: no rule allows it");
  EXPECT_TRUE(rule_on(address("10.0.0.1"), both).allowed);
  EXPECT_FALSE(rule_on(name("a.corp.example"), std::span<const Policy* const>()).allowed);
}

TEST(Policy, IsMadeOfNamesAndNetworksInOneList) {
  const auto listed =
      policy_from({.label = "p", .allow = {{"corp.example", "10.0.0.0/8"}}, .deny = {"=x.corp.example"}});
  ASSERT_TRUE(listed) << listed.error().describe();
  EXPECT_TRUE(rule_on(name("a.corp.example"), *listed).allowed);
  EXPECT_FALSE(rule_on(name("x.corp.example"), *listed).allowed);
  EXPECT_TRUE(rule_on(address("10.1.2.3"), *listed).allowed);
  EXPECT_FALSE(rule_on(address("192.0.2.1"), *listed).allowed);
  const auto names = policy_from({.label = "p", .allow = {{"corp.example"}}, .deny = {}}).value();
  EXPECT_FALSE(rule_on(address("10.1.2.3"), names).allowed) << "what a list does not name is not allowed";
  const auto none = policy_from({.label = "p", .allow = std::vector<std::string>(), .deny = {}}).value();
  EXPECT_FALSE(rule_on(name("a.corp.example"), none).allowed);
  const auto any = policy_from({.label = "p", .allow = {}, .deny = {}}).value();
  EXPECT_TRUE(rule_on(name("a.corp.example"), any).allowed && rule_on(address("10.1.2.3"), any).allowed);
  const auto wrong = policy_from({.label = "p", .allow = {{"*.*.corp.example"}}, .deny = {}});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("\"*.*.corp.example\" is neither"), std::string::npos) << wrong.error().message;
}

TEST(Policy, AScopeIsWhatItNames) {
  const Applicant who{"a", "k", "p"};
  const auto concerns = [&](const Applicant& scope) { return ScopedPolicy{scope, {}}.concerns(who); };
  EXPECT_TRUE(concerns({}));
  EXPECT_TRUE(concerns({"a", "", ""}));
  EXPECT_TRUE(concerns({"a", "k", "p"}));
  EXPECT_FALSE(concerns({"b", "", ""}));
  EXPECT_FALSE(concerns({"a", "other", ""}));
  EXPECT_FALSE(concerns({"", "", "other"}));
}

}  // namespace
}  // namespace crest::ca::ra
