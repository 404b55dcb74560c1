#include "encoding/ip.hpp"

#include <gtest/gtest.h>

namespace crest::encoding {
namespace {

std::string canonical(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address ? address->str() : "refused";
}

TEST(IpAddress, TextIsCanonical) {
  const std::pair<const char*, const char*> rows[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"2001:DB8::1", "2001:db8::1"},
      {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // one group is not shortened
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // the first of equal runs
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // the longest
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},
      {"::ffff:c000:201", "::ffff:192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(canonical(text), expected) << text;
}

TEST(IpAddress, RefusesOtherNotations) {
  for (const char* text : {"",
                           "1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "01.2.3.4",
                           "1.2.3.04",
                           "0x1.2.3.4",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1..2.3",
                           "1.2.3.",
                           ".1.2.3",
                           "+1.2.3.4",
                           "1.2.3.-4",
                           ":",
                           ":1",
                           "1:",
                           ":::",
                           "1:::2",
                           "1::2::3",
                           "12345::",
                           "g::",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4::5:6:7:8",
                           "::1%eth0",
                           "fe80::1%1",
                           "[::1]",
                           "::1.2.3",
                           "1.2.3.4::",
                           "::1.2.3.4:1",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::1/64",
                           "1::2:",
                           ":1::2"}) {
    EXPECT_EQ(canonical(text), "refused") << text;
  }
  EXPECT_EQ(canonical(std::string_view("1.2.3.4\0", 8)), "refused");
}

TEST(IpAddress, OctetsMakeAddresses) {
  EXPECT_EQ(IpAddress::from_octets(Bytes{10, 0, 0, 7})->str(), "10.0.0.7");
  EXPECT_EQ(IpAddress::from_octets(Bytes(16))->str(), "::");
  for (const std::size_t size : {0, 3, 5, 15, 17}) EXPECT_FALSE(IpAddress::from_octets(Bytes(size)));
}

TEST(IpAddress, FindsTheIpv4AddressInside) {
  const std::pair<const char*, const char*> rows[] = {{"::ffff:127.0.0.1", "127.0.0.1"},
                                                      {"::10.0.0.1", "10.0.0.1"},
                                                      {"2002:7f00:1::", "127.0.0.1"},
                                                      {"2002:a00:1:1234::5", "10.0.0.1"},
                                                      {"64:ff9b::a9fe:a9fe", "169.254.169.254"},
                                                      {"::1", "::1"},
                                                      {"::", "::"},
                                                      {"2001:db8::1", "2001:db8::1"},
                                                      {"64:ff9b:1::1", "64:ff9b:1::1"},
                                                      {"192.0.2.1", "192.0.2.1"}};
  for (const auto& [text, expected] : rows) EXPECT_EQ(IpAddress::parse(text)->unmapped().str(), expected) << text;
}

TEST(IpAddress, HasAReverseName) {
  EXPECT_EQ(IpAddress::parse("192.0.2.10")->reverse_name(), "10.2.0.192.in-addr.arpa");
  EXPECT_EQ(IpAddress::parse("2001:db8::1")->reverse_name(),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(IpNetwork, ContainsItsAddresses) {
  struct Row {
    const char* network;
    const char* address;
    bool inside;
  };
  const Row rows[] = {{"10.0.0.0/8", "10.255.0.1", true},
                      {"10.0.0.0/8", "11.0.0.0", false},
                      {"172.16.0.0/12", "172.31.255.255", true},
                      {"172.16.0.0/12", "172.32.0.0", false},
                      {"0.0.0.0/0", "8.8.8.8", true},
                      {"0.0.0.0/0", "::1", false},
                      {"192.0.2.1", "192.0.2.1", true},
                      {"192.0.2.1", "192.0.2.0", false},
                      {"fe80::/10", "febf::1", true},
                      {"fe80::/10", "fec0::", false},
                      {"::1", "::1", true},
                      {"::/0", "1.2.3.4", false}};
  for (const Row& row : rows) {
    EXPECT_EQ(IpNetwork::parse(row.network)->contains(*IpAddress::parse(row.address)), row.inside)
        << row.network << " " << row.address;
  }
}

TEST(IpNetwork, ReadsAndWritesText) {
  EXPECT_EQ(IpNetwork::parse("10.0.0.0/8")->str(), "10.0.0.0/8");
  EXPECT_EQ(IpNetwork::parse("192.0.2.1")->str(), "192.0.2.1/32");
  EXPECT_EQ(IpNetwork::parse("::1")->str(), "::1/128");
  for (const char* text :
       {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "a/8", "10/8"}) {
    EXPECT_FALSE(IpNetwork::parse(text)) << text;
  }
  const auto slip = IpNetwork::parse("10.1.0.0/8");
  ASSERT_FALSE(slip);
  EXPECT_NE(slip.error().message.find("10.0.0.0/8"), std::string::npos);
}

}  // namespace
}  // namespace crest::encoding
