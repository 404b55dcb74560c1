#include <gtest/gtest.h>

#include "encoding/json.hpp"

namespace crest::encoding {
namespace {

class Reader : public testing::Test {
 protected:
  Json json_ = *Json::parse(R"({"s":"x","b":false,"i":7,"d":1.5,"n":null,"t":"2026-01-02T03:04:05+01:00",
                                "list":["a","b"],"mixed":["a",1],"o":{"in":{"s":2}},"bad":"yesterday"})");
  JsonReader reader_ = *JsonReader::of(json_, "order");
};

TEST_F(Reader, GivesValuesOfTheirType) {
  EXPECT_EQ(*reader_.string("s"), "x");
  EXPECT_FALSE(*reader_.boolean("b"));
  EXPECT_EQ(*reader_.integer("i"), 7);
  EXPECT_EQ(to_rfc3339(*reader_.time("t")), "2026-01-02T02:04:05Z");
  EXPECT_EQ(*reader_.strings("list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ((*reader_.array("mixed"))->size(), 2u);
  EXPECT_TRUE(reader_.has("s"));
  EXPECT_FALSE(reader_.has("n"));
}

TEST_F(Reader, AbsentAndNullAreTheSame) {
  for (const char* name : {"n", "none"}) {
    EXPECT_EQ(*reader_.optional_string(name), std::nullopt);
    EXPECT_EQ(*reader_.optional_boolean(name), std::nullopt);
    EXPECT_EQ(*reader_.optional_integer(name), std::nullopt);
    EXPECT_EQ(*reader_.optional_time(name), std::nullopt);
    EXPECT_FALSE(reader_.optional_object(name)->has_value());
    EXPECT_TRUE(reader_.strings(name)->empty());
    EXPECT_EQ(*reader_.array(name), nullptr);
    EXPECT_EQ(reader_.string(name).error().context, std::string("order.") + name);
    EXPECT_FALSE(reader_.object(name));
    EXPECT_FALSE(reader_.time(name));
  }
}

TEST_F(Reader, CF4_WrongTypesAreErrorsThatNameTheMember) {
  EXPECT_EQ(reader_.string("i").error().context, "order.i");
  EXPECT_FALSE(reader_.optional_string("i"));
  EXPECT_FALSE(reader_.optional_boolean("s"));
  EXPECT_FALSE(reader_.optional_integer("d"));
  EXPECT_FALSE(reader_.optional_time("i"));
  EXPECT_EQ(reader_.optional_time("bad").error().context, "order.bad");
  EXPECT_FALSE(reader_.array("s"));
  EXPECT_EQ(reader_.strings("mixed").error().context, "order.mixed[1]");
  EXPECT_FALSE(reader_.optional_object("list"));
  const JsonReader inner = *reader_.object("o")->object("in");
  EXPECT_EQ(inner.string("s").error().context, "order.o.in.s");
  EXPECT_EQ(inner.string("s").error().kind, ErrorKind::malformed);
}

TEST(JsonReader, WantsAnObject) {
  const Json list = Json::array();
  EXPECT_EQ(JsonReader::of(list, "authorizations[2]").error().context, "authorizations[2]");
  EXPECT_EQ(JsonReader::of(list).error().context, "the document");
  const Json empty = Json::object();
  EXPECT_EQ(JsonReader::of(empty)->path_of("type"), "type");
  EXPECT_EQ(JsonReader::of(empty, "a[2]")->path_of("type"), "a[2].type");
}

}  // namespace
}  // namespace crest::encoding
