#include "acme/identifier.hpp"

#include <gtest/gtest.h>

namespace crest::acme {
namespace {

Identifier dns(std::string value) { return {.type = IdentifierType::dns, .value = std::move(value)}; }
Identifier ip(std::string value) { return {.type = IdentifierType::ip, .value = std::move(value)}; }

TEST(Identifier, FromUserTakesNamesAndAddresses) {
  const std::pair<const char*, Identifier> table[] = {
      {"App.Corp.Example", dns("app.corp.example")},
      {"app.corp.example.", dns("app.corp.example")},
      {"*.Corp.example", dns("*.corp.example")},
      {"m\xc3\xbcnchen.example", dns("xn--mnchen-3ya.example")},
      {"*.m\xc3\xbcnchen.example", dns("*.xn--mnchen-3ya.example")},
      {"localhost", dns("localhost")},
      {"10.0.0.7", ip("10.0.0.7")},
      {"2001:DB8:0:0::1", ip("2001:db8::1")},
      {"::1", ip("::1")},
  };
  for (const auto& [typed, wanted] : table) {
    const auto identifier = identifier_from_user(typed);
    ASSERT_TRUE(identifier) << typed << ": " << identifier.error().describe();
    EXPECT_EQ(*identifier, wanted) << typed;
  }
}

TEST(Identifier, FromUserSaysWhichRuleIsBroken) {
  for (const char* bad : {"", "*", "*.", "*.*.example", "a.*.example", "f*o.example", "*.10.0.0.1", "*.::1", "0x7f.1",
                          "10.0.0", "fe80::1%eth0", "https://example.org", "a_b.example", "example.org/x"}) {
    const auto identifier = identifier_from_user(bad);
    ASSERT_FALSE(identifier) << bad;
    EXPECT_EQ(identifier.error().kind, ErrorKind::usage) << bad;
    EXPECT_NE(identifier.error().message.find("is not a host name"), std::string::npos) << identifier.error().message;
  }
}

TEST(Identifier, IP_01_IP_02_WireAddressesAreCanonical) {
  for (const char* good : {"192.0.2.1", "0.0.0.0", "2001:db8::1", "::1", "::", "2001:db8:0:1:1:1:1:1"}) {
    EXPECT_EQ(*identifier_from_wire("ip", good), ip(good));
  }
  for (const char* bad :
       {"192.0.2.01", "192.0.2", "0xc0000201", "3221225985", "2001:DB8::1", "2001:db8:0:0::1", "fe80::1%1", "[::1]",
        "192.0.2.1/32", "", "example.org", "::ffff:c000:201", "2001:db8:0:0:1:0:0:1"}) {
    const auto identifier = identifier_from_wire("ip", bad);
    ASSERT_FALSE(identifier) << bad;
    EXPECT_EQ(identifier.error().kind, ErrorKind::malformed) << bad;
  }
}

TEST(Identifier, ORD_05_SF21_SF23_WireNames) {
  EXPECT_EQ(*identifier_from_wire("dns", "WWW.example.org"), dns("www.example.org"));
  EXPECT_EQ(*identifier_from_wire("dns", "*.example.org"), dns("*.example.org"));
  const std::string label(62, 'a');
  const std::string longest = label + "." + label + "." + label + "." + label + ".a";  // 253 characters
  ASSERT_EQ(longest.size(), 253u);
  EXPECT_TRUE(identifier_from_wire("dns", longest));
  for (const std::string& bad :
       {std::string("*.*.example.org"), std::string("a.*.org"), std::string("*."), std::string("*"),
        std::string("*.127.0.0.1"), std::string("127.0.0.1"), std::string("example.org."),
        std::string("m\xc3\xbcnchen.example"), std::string(".*.example.org"), "*." + longest}) {
    const auto identifier = identifier_from_wire("dns", bad);
    ASSERT_FALSE(identifier) << bad;
    EXPECT_EQ(identifier.error().kind, ErrorKind::malformed) << bad;
  }
}

TEST(Identifier, ORD_02_OtherTypesAreUnsupported) {
  for (const char* type : {"DNS", "", "email", "permanent-identifier", "TNAuthList"}) {
    EXPECT_TRUE(is_unsupported_type(type)) << type;
    EXPECT_EQ(identifier_from_wire(type, "example.org").error().message, "unsupported identifier type");
  }
  EXPECT_FALSE(is_unsupported_type("dns"));
  EXPECT_FALSE(is_unsupported_type("ip"));
}

TEST(Identifier, WildcardsHaveABase) {
  EXPECT_TRUE(dns("*.example.org").is_wildcard());
  EXPECT_EQ(dns("*.example.org").base(), dns("example.org"));
  EXPECT_EQ(dns("example.org").base(), dns("example.org"));
}

TEST(Identifier, SubjectNamesAreASortedSet) {
  using Name = x509::SubjectName;
  const auto names =
      subject_names({ip("10.0.0.1"), dns("b.example"), dns("a.example"), dns("b.example"), dns("*.a.example")});
  const std::vector<Name> wanted = {{Name::Type::dns, "*.a.example"},
                                    {Name::Type::dns, "a.example"},
                                    {Name::Type::dns, "b.example"},
                                    {Name::Type::ip, "10.0.0.1"}};
  EXPECT_EQ(names, wanted);
}

TEST(Identifier, JsonBothWays) {
  EXPECT_EQ(to_json(ip("::1")).dump(), R"({"type":"ip","value":"::1"})");
  EXPECT_EQ(*identifier_from_json(to_json(dns("*.example.org"))), dns("*.example.org"));
  for (const char* bad :
       {R"("example.org")", R"({"type":"dns"})", R"({"value":"a.example"})", R"({"type":1,"value":"a"})"}) {
    EXPECT_FALSE(identifier_from_json(*encoding::Json::parse(bad), "identifier")) << bad;
  }
}

}  // namespace
}  // namespace crest::acme
