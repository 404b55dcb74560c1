#include "http/link.hpp"

#include <gtest/gtest.h>

namespace crest::http {
namespace {

// "target|rel rel" for each link of one field.
std::vector<std::string> read(std::string value) {
  std::vector<std::string> out;
  for (const Link& link : links({{"Link", std::move(value)}})) {
    std::string text = link.target + "|";
    for (const std::string& rel : link.relations) text += rel + " ";
    text.pop_back();
    out.push_back(text);
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(Link, ERR_12_ReadsTheForms) {
  const std::pair<const char*, Texts> rows[] = {
      {R"(<https://ca/dir>;rel="index")", {"https://ca/dir|index"}},
      {R"(<https://ca/dir> ; rel = index)", {"https://ca/dir|index"}},
      {R"(</a>;rel="up", </b>;rel="alternate")", {"/a|up", "/b|alternate"}},
      {R"(</a>;rel=up,</b>;rel=alternate)", {"/a|up", "/b|alternate"}},
      {R"(</a>;rel="Up  ALTERNATE	next ")", {"/a|up alternate next"}},
      {R"(</a,b;c>;rel=up)", {"/a,b;c|up"}},
      {R"(</a>;title="x, <y>;rel=bad \" z";rel="up")", {"/a|up"}},
      {R"(</a>;title*=UTF-8''x%20y;REL="up";type="a/b")", {"/a|up"}},
      {R"(</a>;rel="up";rel="next")", {"/a|up"}},
      {R"(</a>;;rel=up;)", {"/a|up"}},
      {R"(</a>;crossorigin;rel=up)", {"/a|up"}},
      {R"( , ,</a>;rel=up, ,)", {"/a|up"}},
      {R"(<>;rel=up)", {"|up"}},
      {R"(</a>;rel="\u\p")", {"/a|up"}},
  };
  for (const auto& [value, expected] : rows) EXPECT_EQ(read(value), expected) << value;
}

TEST(Link, ERR_12_PassesOverWhatItCannotRead) {
  const std::pair<const char*, Texts> rows[] = {
      {"", {}},
      {"garbage", {}},
      {"</a>", {}},
      {"</a>;rel", {}},
      {"</a>;rel=\"\"", {}},
      {"</a;rel=up", {}},
      {"</a>;rel=\"up", {}},
      {"</a>;rel=\"up\\", {}},
      {"</a>rel=up", {}},
      {R"(</a>;rel=up;anchor="/elsewhere")", {}},
      {R"(garbage, </b>;rel=next)", {"/b|next"}},
      {R"(</a>;rel="up" junk, </b>;rel=next)", {"/b|next"}},
      {R"(junk "a, </x>;rel=up \" ,", </b>;rel=next)", {"/b|next"}},
      {R"(</a>, </b>;rel=next)", {"/b|next"}},
  };
  for (const auto& [value, expected] : rows) EXPECT_EQ(read(value), expected) << value;
}

TEST(Link, ReadsRepeatedFieldsInOrder) {
  const Headers headers = {
      {"Link", "</a>;rel=up"}, {"X", "</x>;rel=up"}, {"link", "</b>;rel=\"up index\", </c>;rel=up"}};
  EXPECT_EQ(link_targets(headers, "UP", "https://ca/x"), (Texts{"https://ca/a", "https://ca/b", "https://ca/c"}));
  EXPECT_EQ(link_targets(headers, "index", "https://ca/x"), Texts{"https://ca/b"});
  EXPECT_TRUE(link_targets(headers, "alternate", "https://ca/x").empty());
}

TEST(Link, TargetsAreResolvedAndUnusableOnesDropped) {
  const Headers headers = {
      {"Link", "<2>;rel=alternate, <javascript:1>;rel=alternate, <https://b/c>;rel=alternate, <a b>;rel=alternate"}};
  EXPECT_EQ(link_targets(headers, "alternate", "https://ca/cert/1"), (Texts{"https://ca/cert/2", "https://b/c"}));
}

TEST(Link, CF10_NumbersAreBounded) {
  std::string many;
  for (std::size_t i = 0; i < 2 * links_max; ++i) many += "</a>;rel=up,";
  EXPECT_EQ(read(many).size(), links_max);
  Headers headers;
  for (std::size_t i = 0; i < 2 * links_max; ++i) headers.add("Link", "</a>;rel=up");
  EXPECT_EQ(links(headers).size(), links_max);
  std::string relations;
  for (int i = 0; i < 1000; ++i) relations += "up ";
  EXPECT_LE(links({{"Link", "</a>;rel=\"" + relations + "\""}}).front().relations.size(), 20u);
  EXPECT_TRUE(read("<" + std::string(3000, 'a') + ">;rel=up").empty());
}

TEST(Link, ReadsWhatItWrites) {
  EXPECT_EQ(format_link("https://ca/dir", "index"), "<https://ca/dir>;rel=\"index\"");
  EXPECT_EQ(read(format_link("https://ca/dir", "index")), Texts{"https://ca/dir|index"});
}

}  // namespace
}  // namespace crest::http
