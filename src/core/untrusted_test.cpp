#include <gtest/gtest.h>

#include "core/error.hpp"

namespace crest {
namespace {

std::string shown(std::string raw, std::size_t chars_max = Untrusted::printable_chars_max) {
  return Untrusted(std::move(raw)).printable(chars_max);
}

TEST(Untrusted, KeepsPlainTextOfAnyLanguage) {
  for (const char* text : {"", "no such account", "Z\xc3\xbcrich \xe2\x82\xac 5",
                           "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\xf0\x9f\x98\x80", "a<b>&\"'\\$`"}) {
    EXPECT_EQ(shown(text), text);
  }
}

TEST(Untrusted, CF16_StripsControlAndHiddenCharacters) {
  const std::pair<std::string, const char*> rows[] = {
      {"\x1b[31mred\x1b[0m", "[31mred[0m"},
      {"\x1b]0;title\x07x", "]0;titlex"},
      {std::string("a\0b", 3), "ab"},
      {"a\x7f\x08\x01z", "az"},
      {"a\xc2\x9b"
       "31mb",
       "a31mb"},                                                    // C1: CSI in one character
      {"a\xe2\x80\xaegpj.exe", "agpj.exe"},                         // right-to-left override
      {"\xe2\x81\xa6x\xe2\x81\xa9", "x"},                           // isolates
      {"a\xe2\x80\x8b\xe2\x80\x8d\xef\xbb\xbf\xc2\xad\x62", "ab"},  // zero width, soft hyphen
      {"a\xd8\x9c\x62", "ab"},                                      // Arabic letter mark
      {"a\xf3\xa0\x81\xa1\xf3\xa0\x84\x80z", "az"},                 // tags, supplementary selectors
      {"a\xef\xbf\xb9z", "az"},                                     // interlinear annotation
  };
  for (const auto& [raw, expected] : rows) EXPECT_EQ(shown(raw), expected);
}

TEST(Untrusted, CF16_IsOneLine) {
  EXPECT_EQ(shown("  one\r\n\ttwo\n\n three \v\f"), "one two three");
  EXPECT_EQ(shown("a\xe2\x80\xa8z\xe2\x80\xa9y\xc2\x85x"), "a z y x");
  EXPECT_EQ(shown("ok\nERROR forged line"), "ok ERROR forged line");
  EXPECT_EQ(shown("\r\n \t"), "");
}

TEST(Untrusted, CF16_RepairsUtf8) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(shown("a\xffz"), "a" + bad + "z");
  EXPECT_EQ(shown("\xc3"), bad);
  EXPECT_EQ(shown("\xc0\xaf"), bad + bad);                      // overlong
  EXPECT_EQ(shown("\xe0\x80\x9b"), bad + bad + bad);            // overlong C1
  EXPECT_EQ(shown("\xed\xa0\x80"), bad + bad + bad);            // surrogate
  EXPECT_EQ(shown("\xf4\x90\x80\x80"), bad + bad + bad + bad);  // over U+10FFFF
  EXPECT_EQ(shown("\xe2\x82"), bad + bad);
  EXPECT_EQ(shown("\xe2\x82z"), bad + bad + "z");
}

TEST(Untrusted, CF16_CutsByCharacters) {
  EXPECT_EQ(shown("abcdef", 6), "abcdef");
  EXPECT_EQ(shown("abcdefg", 6), "abc...");
  EXPECT_EQ(shown("\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4", 4), "\xc3\xa4...");
  EXPECT_EQ(shown("abc", 2), "..");
  EXPECT_EQ(shown("abc", 0), "");
  EXPECT_EQ(shown(std::string(1 << 20, 'x')).size(), Untrusted::printable_chars_max);
}

TEST(Error, CF16_DescribesServerTextSafely) {
  Problem problem;
  problem.detail = Untrusted("bad\x1b[2J\nnews");
  problem.instance = Untrusted("https://ca.example/tos");
  Problem sub;
  sub.detail = Untrusted("no\rsuch name");
  sub.identifier = Problem::Subject{.type = "dns", .value = "a.example\n"};
  problem.subproblems.assign(12, sub);
  Error error = make_error(ErrorKind::authz_failed, "the CA refused", "order 1");
  error.problem = std::make_shared<const Problem>(problem);
  const std::string text = error.describe();
  EXPECT_TRUE(text.starts_with("order 1: the CA refused (the server says: bad[2J news) (see https://ca.example/tos)"))
      << text;
  EXPECT_NE(text.find("a.example: no such name"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("; and more")) << text;
  EXPECT_EQ(text.find_first_of("\r\n\x1b"), std::string::npos);
}

TEST(Error, RemembersWhereItHappened) {
  const Error error = make_error(ErrorKind::malformed, "not PEM", "line 3").at("chain.pem").as(ErrorKind::ca_protocol);
  EXPECT_EQ(error.describe(), "chain.pem: line 3: not PEM");
  EXPECT_EQ(error.kind, ErrorKind::ca_protocol);
}

TEST(Problem, AcmeWordIsTheLastPartOfAnAcmeType) {
  EXPECT_EQ((Problem{.type = "urn:ietf:params:acme:error:badNonce"}).acme_word(), "badNonce");
  EXPECT_EQ((Problem{.type = "about:blank"}).acme_word(), "");
  EXPECT_EQ((Problem{.type = "urn:ietf:params:acme:error:"}).acme_word(), "");
}

}  // namespace
}  // namespace crest
