#include "http/message.hpp"

#include <gtest/gtest.h>

namespace crest::http {
namespace {

TEST(Headers, NamesCompareWithoutCase) {
  Headers headers = {{"Content-Type", "text/html"}, {"Link", "a"}, {"LINK", "b"}};
  EXPECT_EQ(headers.get("content-type"), "text/html");
  EXPECT_EQ(headers.get("link"), "a");
  EXPECT_EQ(headers.all("lInK"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(headers.get("Links"), std::nullopt);
  EXPECT_TRUE(headers.all("x").empty());
}

TEST(Headers, SetReplacesAllOfTheName) {
  Headers headers = {{"A", "1"}, {"b", "2"}, {"a", "3"}, {"c", "4"}};
  headers.set("a", "5");
  headers.set("d", "6");
  EXPECT_EQ(headers.fields(), (std::vector<Headers::Field>{{"A", "5"}, {"b", "2"}, {"c", "4"}, {"d", "6"}}));
}

TEST(Headers, AnEmptyValueIsPresent) {
  Headers headers;
  EXPECT_FALSE(headers.get("a"));
  headers.add("a", "");
  EXPECT_EQ(headers.get("a"), "");
}

TEST(EqualNoCase, FoldsAsciiOnly) {
  EXPECT_TRUE(equal_no_case("Retry-After", "retry-AFTER"));
  EXPECT_FALSE(equal_no_case("a", "ab"));
  EXPECT_FALSE(equal_no_case("[", "{"));
  EXPECT_FALSE(equal_no_case("\xc3\x84", "\xc3\xa4"));
}

}  // namespace
}  // namespace crest::http
