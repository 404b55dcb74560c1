#include "config/document.hpp"

#include <gtest/gtest.h>

namespace crest::config {
namespace {

Document parsed(std::string_view text) { return Document::parse(text, "a.toml").value(); }

TEST(Document, ReadsEveryTypeAndItsLine) {
  const auto document = parsed(
      "text = \"a\\nb\"\ntruth = true\nnumber = -7\nlist = [\"x\", \"y\"]\nspan = \"90s\"\n"
      "[inner]\ndeep = 1\n[[many]]\na = 1\n[[many]]\na = 2\n");
  TableReader reader(document);
  EXPECT_EQ(*reader.string("text", ""), "a\nb");
  EXPECT_EQ(*reader.boolean("truth", false), true);
  EXPECT_EQ(*reader.integer("number", 0, -10, 10), -7);
  EXPECT_EQ(*reader.strings("list", {}), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(*reader.duration("span", {}), 90s);
  EXPECT_EQ(*(*reader.table("inner"))->integer("deep", 0, 0, 9), 1);
  auto many = *reader.tables("many");
  ASSERT_EQ(many.size(), 2u);
  EXPECT_EQ(*many[1].integer("a", 0, 0, 9), 2);
  EXPECT_TRUE(reader.finish());
  EXPECT_EQ(*reader.string("absent", "fallback"), "fallback");
  EXPECT_FALSE(reader.table("absent")->has_value());
  EXPECT_TRUE(reader.tables("absent")->empty());
}

TEST(Document, ErrorsNameFileLineAndKey) {
  const struct {
    const char* text;
    const char* where;
  } broken[] = {{"a = ", "a.toml:1"},
                {"a = 1\nb = [", "a.toml:2"},
                {"a = 1\na = 2", "a.toml:2"},
                {"x = 1\n\nwhen = 2026-01-01", "a.toml:3"},
                {"\xff = 1", "a.toml:1"}};
  for (const auto& [text, where] : broken) {
    const auto document = Document::parse(text, "a.toml");
    ASSERT_FALSE(document) << text;
    EXPECT_EQ(document.error().kind, ErrorKind::config);
    EXPECT_TRUE(document.error().context.starts_with(where)) << document.error().describe();
  }
  const auto document = parsed("\n[t]\nnumber = \"seven\"\n");
  TableReader reader(document);
  auto inner = **reader.table("t");
  const auto number = inner.integer("number", 0, 1, 9);
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().context, "a.toml:3");
  EXPECT_EQ(number.error().message, "t.number: a whole number from 1 to 9 is expected");
}

TEST(Document, RefusesWrongTypesAndUnknownKeys) {
  const auto document = parsed("a = 1\nb = \"x\"\nc = [1]\nd = 1.5\n[e]\n");
  TableReader reader(document);
  EXPECT_FALSE(reader.string("a", ""));
  EXPECT_FALSE(reader.boolean("a", true));
  EXPECT_FALSE(reader.integer("a", 5, 2, 9));
  EXPECT_FALSE(reader.integer("d", 5, 0, 9));
  EXPECT_FALSE(reader.duration("b", {}));
  EXPECT_FALSE(reader.duration("a", {}));
  EXPECT_FALSE(reader.strings("b", {}));
  EXPECT_FALSE(reader.strings("c", {}));
  EXPECT_FALSE(reader.table("a"));
  EXPECT_FALSE(reader.tables("e"));
  EXPECT_FALSE(reader.tables("c"));
  EXPECT_TRUE(reader.finish());
  TableReader fresh(document);
  EXPECT_FALSE(fresh.finish());
}

TEST(Document, LimitsSizeAndDepth) {
  EXPECT_FALSE(Document::parse(std::string(document_bytes_max + 1, ' '), "a.toml"));
  EXPECT_FALSE(Document::parse("a = " + std::string(40, '[') + std::string(40, ']'), "a.toml"));
}

}  // namespace
}  // namespace crest::config
