#include "encoding/json.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace crest::encoding {
namespace {

Json parsed(std::string_view text) {
  auto json = Json::parse(text);
  EXPECT_TRUE(json) << text << ": " << json.error().describe();
  return json ? *json : Json();
}

std::string refused(std::string_view text) {
  const auto json = Json::parse(text);
  if (json) return "accepted";
  EXPECT_EQ(json.error().kind, ErrorKind::malformed);
  return json.error().context;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, ReadsEveryKindOfValue) {
  const Json json =
      parsed(R"( {"a":null,"b":true,"c":-7,"d":1.5,"e":"x\u00e4\n\ud83d\ude00","f":[1,[],{}],"":{"g":0}} )");
  EXPECT_EQ(json.find("a"), nullptr);
  EXPECT_EQ(json.find("z"), nullptr);
  EXPECT_TRUE(*json.find("b")->as_bool());
  EXPECT_EQ(*json.find("c")->as_int(), -7);
  EXPECT_DOUBLE_EQ(*json.find("d")->as_number(), 1.5);
  EXPECT_EQ(*json.find("e")->as_string(), "x\xc3\xa4\n\xf0\x9f\x98\x80");
  EXPECT_EQ(json.find("f")->as_array()->size(), 3u);
  EXPECT_EQ(*json.find("")->find("g")->as_int(), 0);
  EXPECT_EQ(json.as_object()->front().first, "a");
}

TEST(Json, ReadsScalarsAndWhiteSpaceAround) {
  EXPECT_TRUE(parsed("null").is_null());
  EXPECT_EQ(*parsed(" \t\r\n\"x\" \n").as_string(), "x");
  EXPECT_EQ(*parsed("0").as_int(), 0);
}

TEST(Json, NumbersOverInt64StayDoubles) {
  EXPECT_EQ(*parsed("9223372036854775807").as_int(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(*parsed("-9223372036854775808").as_int(), std::numeric_limits<std::int64_t>::min());
  for (const char* text :
       {"9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e2", "1.0", "1e-400"}) {
    const Json json = parsed(text);
    EXPECT_EQ(json.as_int(), nullptr) << text;
    ASSERT_TRUE(json.as_number()) << text;
    EXPECT_DOUBLE_EQ(*json.as_number(), std::strtod(text, nullptr)) << text;
  }
}

TEST(Json, CF4_RefusesWhatIsNotStrict) {
  const std::string_view rows[] = {"",
                                   " ",
                                   "{",
                                   "[",
                                   "[1",
                                   "\"x",
                                   "{\"a\"",
                                   "{\"a\":",
                                   "{\"a\":1,}",
                                   "[1,]",
                                   "[,1]",
                                   "{a:1}",
                                   "{'a':1}",
                                   "nul",
                                   "NaN",
                                   "Infinity",
                                   "-Infinity",
                                   "01",
                                   "+1",
                                   ".5",
                                   "1.",
                                   "1e",
                                   "0x1",
                                   "-",
                                   "--1",
                                   "1 2",
                                   "{} x",
                                   "[]]",
                                   "{}{}",
                                   "// c\n1",
                                   "/**/1",
                                   "True",
                                   "\"\t\"",
                                   "\"\n\"",
                                   "\"\\x\"",
                                   "\"\\u12\"",
                                   "\xef\xbb\xbf{}",
                                   "\"\xc3\"",
                                   "\"\xff\"",
                                   "\"\xc0\xaf\"",
                                   "\"\xed\xa0\x80\"",
                                   "\"\xf5\x80\x80\x80\"",
                                   "\xc3\xa4",
                                   "\"\\ud800\"",
                                   "\"\\udc00\"",
                                   "\"\\ud800\\u0041\"",
                                   "1e999",
                                   "-1e999",
                                   "1e99999999999999999999",
                                   "{\"a\":1,\"a\":1}",
                                   "{\"\":1,\"\":2}",
                                   "{\"a\":1,\"\\u0061\":2}"};
  for (const std::string_view text : rows) EXPECT_NE(refused(text), "accepted") << text;
  EXPECT_NE(refused(std::string_view("\"a\0b\"", 5)), "accepted");
  EXPECT_NE(refused(std::string_view("1\0", 2)), "accepted");
}

TEST(Json, CF4_DepthIsBounded) {
  EXPECT_EQ(parsed(nested(Json::depth_max)).dump(), nested(Json::depth_max));
  EXPECT_NE(refused(nested(Json::depth_max + 1)), "accepted");
  EXPECT_NE(refused(std::string(500'000, '[')), "accepted");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_NE(refused(objects), "accepted");
}

TEST(Json, CF4_SizeAndNumberOfValuesAreBounded) {
  EXPECT_NE(refused("\"" + std::string(Json::bytes_max, 'x') + "\""), "accepted");
  std::string many = "[";
  for (std::size_t i = 0; i < Json::values_max; ++i) many += "0,";
  EXPECT_NE(refused(many + "0]"), "accepted");
}

TEST(Json, ErrorsNameThePath) {
  EXPECT_EQ(refused(R"({"status":"valid","authorizations":[{},{},{"type":"dns","type":"ip"}]})"),
            "authorizations[2].type");
  EXPECT_EQ(refused(R"({"a":{"b":[1,1e999]}})"), "a.b[1]");
  EXPECT_EQ(refused(R"({"a":[[0,x]]})"), "a[0][1]");
  EXPECT_EQ(refused(R"([1,2] x)"), "");
  EXPECT_EQ(refused("{\"x\\u001b[31m\xe2\x80\xae\":nul}"), "x[31m");  // a name from a stranger is cleaned
}

TEST(Json, WritesWhatItReads) {
  const char* rows[] = {
      R"({"a":[1,-2,1.5,true,false,null,"x"],"b":{},"c":[],"d":{"e":"\"\\\n\r\t\u0000\u001f\u007f"}})", R"("ä")",
      "[1e+300,0.1,100.0,1.2345678901234566e+25]", "-9223372036854775808"};
  for (const char* text : rows) {
    EXPECT_EQ(parsed(text).dump(), text);
    EXPECT_EQ(parsed(parsed(text).pretty()), parsed(text));
  }
}

TEST(Json, PrettyIsIndentedAndEndsInANewLine) {
  EXPECT_EQ(parsed(R"({"a":[1,{"b":2}],"c":{},"d":[]})").pretty(),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": 2\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}\n");
  EXPECT_EQ(Json("x").pretty(), "\"x\"\n");
}

TEST(Json, BuildsAndReplaces) {
  Json json = Json::object();
  json.set("a", 1).set("b", Json::strings({"x", "y"})).set("a", "new");
  json.set("c", Json::array().push(nullptr).push(2.0).push(true));
  EXPECT_EQ(json.dump(), R"({"a":"new","b":["x","y"],"c":[null,2.0,true]})");
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
}

TEST(Json, WritesValuesDeeperThanItReads) {
  Json json = 1;
  for (int i = 0; i < 1000; ++i) json = Json(Json::Array{}).push(std::move(json));
  EXPECT_EQ(json.dump().size(), 2001u);
}

}  // namespace
}  // namespace crest::encoding
