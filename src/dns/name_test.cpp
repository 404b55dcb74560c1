#include "dns/name.hpp"

#include <string>

#include <gtest/gtest.h>

namespace crest::dns {
namespace {

std::string label(std::size_t length) { return std::string(length, 'a'); }

TEST(Name, ORD_05_FoldsCaseAndKeepsTheRest) {
  EXPECT_EQ(Name::from_wire("Example.ORG")->str(), "example.org");
  EXPECT_EQ(Name::from_wire("localhost")->str(), "localhost");
  EXPECT_EQ(Name::from_wire("a-1.b--c.3com.example")->str(), "a-1.b--c.3com.example");
  EXPECT_EQ(Name::from_wire("1.2.3.4a")->str(), "1.2.3.4a");
  EXPECT_EQ(Name::from_wire("0x.example")->str(), "0x.example");
  EXPECT_EQ(Name::from_wire(label(63) + ".example")->str(), label(63) + ".example");
}

struct Bad {
  std::string text;
  const char* rule;  // a piece of the message
};

TEST(Name, ORD_05_SF20_SF21_SF23_RefusesWhatIsNoHostName) {
  const Bad table[] = {
      {"", "empty"},
      {".", "ends with a dot"},
      {"example.org.", "ends with a dot"},
      {"example..org", "between dots is empty"},
      {".example.org", "between dots is empty"},
      {label(64) + ".example", "longer than 63"},
      {label(63) + "." + label(63) + "." + label(63) + "." + label(62), "longer than 253"},
      {"_acme-challenge.example.org", "underscore"},
      {"a_b.example.org", "underscore"},
      {"-a.example.org", "begins or ends with a hyphen"},
      {"a-.example.org", "begins or ends with a hyphen"},
      {"ab--c.example.org", "places 3 and 4"},
      {"xm--mnchen-3ya.example", "places 3 and 4"},
      {"*.example.org", "asterisk"},
      {"a.*.example.org", "asterisk"},
      {"f*o.example.org", "asterisk"},
      {"exa mple.org", "only letters"},
      {"example.org:443", "only letters"},
      {"user@example.org", "only letters"},
      {"https://example.org", "only letters"},
      {std::string("exam\0ple.org", 12), "only letters"},
      {"example.org\n", "only letters"},
      {"m\xc3\xbcnchen.example", "ASCII form"},
      {"\xff.example", "ASCII form"},
      {"127.0.0.1", "number"},
      {"010.1", "number"},
      {"0x7f000001", "number"},
      {"0X7F.0x1", "number"},
      {"example.0x", "number"},
      {"2130706433", "number"},
      {"example.123", "number"},
      {"[::1]", "only letters"},
      {"::1", "only letters"},
  };
  for (const Bad& row : table) {
    const auto name = Name::from_wire(row.text);
    ASSERT_FALSE(name) << row.text;
    EXPECT_EQ(name.error().kind, ErrorKind::malformed) << row.text;
    EXPECT_NE(name.error().message.find(row.rule), std::string::npos) << name.error().message;
  }
}

TEST(Name, ORD_04_XnLabelsMustDecodeAndEncodeBackToThemselves) {
  for (const char* good : {"xn--mnchen-3ya.example", "xn--strae-oqa.example", "a.xn--p1ai",
                           "xn--wgv71a119e.xn--wgv71a119e", "XN--MNCHEN-3YA.example"}) {
    EXPECT_TRUE(Name::from_wire(good)) << good;
  }
  for (const char* bad : {
           "xn--.example",             // nothing encoded
           "xn--a.example",            // decodes to nothing sensible
           "xn--example-.org",         // only ASCII inside
           "xn--abc-.example",         //
           "xn--mnchen-3y.example",    // cut
           "xn--99999999.example",     // overflow
           "xn--i-7iq.ws",             // a heart: no letter
           "xn--munchen-gie.example",  // decomposed: not the normal form
           "xn--ber-ska.example",      // a capital inside
           "xn--a-ecp.example",        // maps to something shorter
           "xn--xn---epa.example",     // xn-- within
           "good.xn--0.example",
       }) {
    const auto name = Name::from_wire(bad);
    ASSERT_FALSE(name) << bad;
    EXPECT_EQ(name.error().kind, ErrorKind::malformed) << bad;
  }
}

TEST(Name, FromUserTakesWhatPeopleWrite) {
  struct Row {
    const char *typed, *name;
  };
  const Row table[] = {
      {"Example.ORG.", "example.org"},
      {"M\xc3\xbcNCHEN.example", "xn--mnchen-3ya.example"},
      {"mu\xcc\x88nchen.example", "xn--mnchen-3ya.example"},  // decomposed
      {"stra\xc3\x9f"
       "e.example",
       "xn--strae-oqa.example"},  // non-transitional: the sharp s stays
      {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x80\x82jp", "xn--wgv71a119e.jp"},  // ideographic full stop
      {"\xef\xbd\x81\xef\xbd\x82.example", "ab.example"},                           // full width
      {"\xd1\x80\xd1\x84", "xn--p1ai"},
      {"xn--mnchen-3ya.example", "xn--mnchen-3ya.example"},
  };
  for (const Row& row : table) {
    const auto name = Name::from_user(row.typed);
    ASSERT_TRUE(name) << row.typed << ": " << name.error().message;
    EXPECT_EQ(name->str(), row.name);
  }
}

TEST(Name, SF29_LookalikesShowAsALabels) {
  EXPECT_EQ(Name::from_user("p\xd0\xb0ypal.example")->str(), "xn--pypal-4ve.example");  // a Cyrillic a
}

TEST(Name, FromUserRefusesWhatIsNoName) {
  for (const std::string& bad : {
           std::string("example.org.."), std::string("."), std::string(""),
           std::string("\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1"),
           std::string("\xe2\x9d\xa4.example"),  // a heart
           std::string("a\xe2\x80\x8d"
                       "b.example"),  // a zero-width joiner without a reason
           std::string("m\xc3\xbc\0nchen.example", 15), std::string("\xc3.example"), std::string("\xc0\xae.example"),
           std::string("m\xc3\xbc_x.example"), std::string(2000, 'a'),
           std::string("\xd7\x90"
                       "a.example"),  // two directions in a label
       }) {
    const auto name = Name::from_user(bad);
    ASSERT_FALSE(name) << bad;
    EXPECT_EQ(name.error().kind, ErrorKind::malformed);
    EXPECT_EQ(name.error().message.find('\0'), std::string::npos);
  }
}

TEST(Name, KnowsItsPlaceInTheTree) {
  const Name name = *Name::from_wire("www.example.org"), zone = *Name::from_wire("example.org");
  EXPECT_EQ(name.label_count(), 3u);
  EXPECT_EQ(name.parent()->str(), "example.org");
  EXPECT_EQ(zone.parent()->parent(), std::nullopt);
  EXPECT_TRUE(name.is_within(zone));
  EXPECT_TRUE(zone.is_within(zone));
  EXPECT_FALSE(zone.is_within(name));
  EXPECT_FALSE(Name::from_wire("badexample.org")->is_within(zone));
  EXPECT_LT(zone, name);
}

}  // namespace
}  // namespace crest::dns
