#include "ca/va/egress.hpp"

#include <gtest/gtest.h>

namespace crest::ca::va {
namespace {

using encoding::IpAddress;
using encoding::IpNetwork;

EgressRule rule(const char* network, std::string suffix = {}) {
  return {IpNetwork::parse(network).value(), std::move(suffix)};
}

std::string why(const EgressPolicy& policy, const char* address, const char* identifier = "a.corp.example") {
  return policy.why_denied(IpAddress::parse(address).value(), identifier);
}

enum class Fate { open, by_rule, never };
struct Case {
  const char* address;
  Fate fate;
};

// The first and the last address of each range, and the neighbours outside.
constexpr Case table[] = {
    {"1.1.1.1", Fate::open},
    {"192.0.2.1", Fate::open},
    {"203.0.113.77", Fate::open},
    {"0.0.0.0", Fate::never},
    {"0.255.255.255", Fate::never},
    {"1.0.0.0", Fate::open},
    {"9.255.255.255", Fate::open},
    {"10.0.0.0", Fate::by_rule},
    {"10.255.255.255", Fate::by_rule},
    {"11.0.0.0", Fate::open},
    {"100.63.255.255", Fate::open},
    {"100.64.0.0", Fate::by_rule},
    {"198.18.0.1", Fate::by_rule},
    {"198.19.255.255", Fate::by_rule},
    {"192.88.99.1", Fate::by_rule},
    {"100::1", Fate::by_rule},
    {"2001:20::1", Fate::by_rule},
    {"100.127.255.255", Fate::by_rule},
    {"100.100.100.200", Fate::never},
    {"100.100.100.201", Fate::by_rule},
    {"100.128.0.0", Fate::open},
    {"126.255.255.255", Fate::open},
    {"127.0.0.1", Fate::by_rule},
    {"127.255.255.255", Fate::by_rule},
    {"128.0.0.0", Fate::open},
    {"168.63.129.16", Fate::never},
    {"169.253.255.255", Fate::open},
    {"169.254.0.0", Fate::never},
    {"169.254.169.254", Fate::never},
    {"169.254.255.255", Fate::never},
    {"169.255.0.0", Fate::open},
    {"172.15.255.255", Fate::open},
    {"172.16.0.0", Fate::by_rule},
    {"172.31.255.255", Fate::by_rule},
    {"172.32.0.0", Fate::open},
    {"192.0.0.192", Fate::never},
    {"192.0.1.0", Fate::open},
    {"192.167.255.255", Fate::open},
    {"192.168.0.1", Fate::by_rule},
    {"192.168.255.255", Fate::by_rule},
    {"192.169.0.0", Fate::open},
    {"223.255.255.255", Fate::open},
    {"224.0.0.1", Fate::never},
    {"239.255.255.255", Fate::never},
    {"240.0.0.1", Fate::never},
    {"255.255.255.255", Fate::never},
    {"::", Fate::never},
    {"::1", Fate::by_rule},
    {"2001:db8::1", Fate::open},
    {"2606:4700::1", Fate::open},
    {"2001::1", Fate::never},
    {"64:ff9b:1::a00:1", Fate::never},
    {"fbff::1", Fate::open},
    {"fc00::1", Fate::by_rule},
    {"fd12:3456::1", Fate::by_rule},
    {"fd00:ec2::254", Fate::never},
    {"fd00:ec2::253", Fate::by_rule},
    {"fd20:ce::254", Fate::never},
    {"fe7f::1", Fate::open},
    {"fe80::1", Fate::never},
    {"febf::1", Fate::never},
    {"fec0::1", Fate::by_rule},
    {"ff02::1", Fate::never},
    // IPv4 inside IPv6 counts as what it is (SF43).
    {"::ffff:127.0.0.1", Fate::by_rule},
    {"::ffff:169.254.169.254", Fate::never},
    {"::ffff:10.1.2.3", Fate::by_rule},
    {"::ffff:192.0.2.1", Fate::open},
    {"::10.1.2.3", Fate::by_rule},
    {"2002:a9fe:a9fe::1", Fate::never},
    {"2002:7f00:1::", Fate::by_rule},
    {"64:ff9b::169.254.169.254", Fate::never},
    {"64:ff9b::10.0.0.1", Fate::by_rule},
    {"64:ff9b::192.0.2.1", Fate::open},
};

TEST(EgressPolicy, SF40_SF41_SF43_IP_04_TableOfSpecialRanges) {
  const EgressPolicy closed;
  EgressPolicy open;
  open.allow = {rule("0.0.0.0/0"), rule("::/0")};
  for (const auto& [address, fate] : table) {
    EXPECT_EQ(why(closed, address).empty(), fate == Fate::open) << address << ": " << why(closed, address);
    EXPECT_EQ(why(open, address).empty(), fate != Fate::never) << address << ": " << why(open, address);
  }
}

TEST(EgressPolicy, SF41_ARuleOpensOnlyWhatItNames) {
  EgressPolicy policy;
  policy.allow = {rule("127.0.0.0/8"), rule("10.1.0.0/16", "corp.example"), rule("::1")};
  EXPECT_EQ(why(policy, "127.0.0.1"), "");
  EXPECT_EQ(why(policy, "::1"), "");
  EXPECT_NE(why(policy, "10.2.0.1"), "");
  EXPECT_NE(why(policy, "fd00::1"), "");
  struct {
    const char* identifier;
    bool allowed;
  } names[] = {{"corp.example", true},     {"a.corp.example", true},
               {"a.b.corp.example", true}, {"evilcorp.example", false},
               {"example", false},         {"corp.example.evil.test", false},
               {"10.1.2.3", false},        {"", false}};
  for (const auto& [identifier, allowed] : names) {
    EXPECT_EQ(why(policy, "10.1.2.3", identifier).empty(), allowed) << identifier;
  }
}

TEST(EgressPolicy, SF41_DenyComesFirst) {
  EgressPolicy policy;
  policy.allow = {rule("10.0.0.0/8")};
  policy.deny = {rule("10.0.0.53"), rule("192.0.2.0/24"), rule("10.9.0.0/16", "lab.example")};
  EXPECT_EQ(why(policy, "10.0.0.54"), "");
  EXPECT_NE(why(policy, "10.0.0.53"), "");
  EXPECT_NE(why(policy, "::ffff:10.0.0.53"), "");
  EXPECT_NE(why(policy, "192.0.2.9"), "");
  EXPECT_EQ(why(policy, "10.9.1.1"), "");
  EXPECT_NE(why(policy, "10.9.1.1", "x.lab.example"), "");
}

TEST(EgressPolicy, SF41_TheCaItselfIsNoTargetWhateverIsAllowed) {
  EgressPolicy policy;
  policy.allow = {rule("0.0.0.0/0"), rule("::/0")};
  policy.own = {{IpNetwork::parse("127.0.0.0/8").value(), 9000},
                {IpNetwork::parse("::1").value(), 9000},
                {IpNetwork::parse("192.0.2.10").value(), 443}};
  const struct {
    const char* address;
    std::uint16_t port;
    bool is_own;
  } cases[] = {{"127.0.0.1", 9000, true},    {"127.0.0.1", 80, false},
               {"127.3.2.1", 9000, true},    {"::1", 9000, true},
               {"::1", 5002, false},         {"::ffff:127.0.0.1", 9000, true},
               {"192.0.2.10", 443, true},    {"192.0.2.10", 9000, false},
               {"192.0.2.11", 443, false},   {"64:ff9b::192.0.2.10", 443, true},
               {"2002:7f00:1::", 9000, true}};
  for (const auto& [address, port, is_own] : cases) {
    EXPECT_EQ(policy.why_own(IpAddress::parse(address).value(), port).empty(), !is_own) << address << ' ' << port;
  }
}

TEST(EgressPolicy, ReasonsSayWhatAndWhy) {
  const EgressPolicy policy;
  EXPECT_EQ(why(policy, "10.0.0.1"), "10.0.0.1 is a private range, which needs an allow rule in the egress policy");
  EXPECT_EQ(why(policy, "fe80::1"), "fe80::1 is link-local, which is never validated");
}

}  // namespace
}  // namespace crest::ca::va
