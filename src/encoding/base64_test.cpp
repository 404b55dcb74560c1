#include "encoding/base64.hpp"

#include <gtest/gtest.h>

namespace crest::encoding {
namespace {

TEST(Base64, ReadsAndWritesTheRfc4648Vectors) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : rows) {
    EXPECT_EQ(base64(as_bytes(plain)), coded);
    EXPECT_EQ(to_text(from_base64(coded).value()), plain);
    const std::string bare = std::string(coded).substr(0, std::string(coded).find('='));
    EXPECT_EQ(base64url(as_bytes(plain)), bare);
    EXPECT_EQ(to_text(from_base64url(bare).value()), plain);
  }
}

TEST(Base64Url, UsesTheUrlAlphabet) {
  const Bytes octets = {0xfb, 0xff, 0xbf, 0xfe};
  EXPECT_EQ(base64url(octets), "-_-__g");
  EXPECT_EQ(base64(octets), "+/+//g==");
  EXPECT_EQ(*from_base64url("-_-__g"), octets);
}

TEST(Base64Url, EveryOctetAndLengthComesBack) {
  Bytes all;
  for (int i = 0; i < 256; ++i) {
    all.push_back(static_cast<std::uint8_t>(i * 73));
    EXPECT_EQ(*from_base64url(base64url(all)), all);
    EXPECT_EQ(*from_base64(base64(all)), all);
    EXPECT_EQ(*from_hex(hex(all)), all);
  }
}

TEST(Base64Url, TR_05_RejectsPadding_V23) {
  for (const char* text : {"AA==", "AA=", "AAA=", "=", "===="}) EXPECT_FALSE(from_base64url(text)) << text;
  EXPECT_NE(from_base64url("AA==").error().message.find("padding"), std::string::npos);
}

TEST(Base64Url, TR_06_RejectsForeignCharactersAndTrailingBits_V23) {
  for (const char* text :
       {"A", "AB", "A+A", "A/A", "AAAAA", "AA AA", " AA", "AA\n", "A.AA", "A\xc3\xa4", "AAB", "_-Z"}) {
    EXPECT_FALSE(from_base64url(text)) << text;
    EXPECT_EQ(from_base64url(text).error().kind, ErrorKind::malformed);
  }
  EXPECT_FALSE(from_base64url(std::string_view("A\0AA", 4)));
}

TEST(Base64Url, AlphabetCheckIsNotADecode) {
  EXPECT_TRUE(is_base64url("A"));
  EXPECT_TRUE(is_base64url("evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"));
  for (const char* text : {"", "a=", "a b", "a+b", "../x", "a\n"}) EXPECT_FALSE(is_base64url(text)) << text;
}

TEST(Base64, StrictFormWantsItsPadding) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z===", "Zg==Zg==", "Zm9v====", "Zm-v", "Zh==", " Zg==", "Zm9v\n"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

TEST(Base64Lenient, EAB_10_TakesWhatPeoplePaste) {
  const Bytes octets = {0xfb, 0xff, 0xbf, 0xfe};
  for (const char* text : {"-_-__g", "-_-__g==", "+/+//g", "+/+//g==", "  +/+//g==\r\n", "\t-_-__g \n"}) {
    const auto read = from_base64_lenient(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(*read, octets);
  }
  EXPECT_TRUE(from_base64_lenient(" \n")->empty());
  for (const char* text : {"+_+_", "Zg=", "Zg===", "Z", "Zm 9v", "Zm9=v", "Zh", "=", "Zm9v!"}) {
    EXPECT_FALSE(from_base64_lenient(text)) << text;
  }
}

TEST(Base32, WritesTheRfc4648VectorsLowerCaseWithoutPadding) {
  const std::pair<const char*, const char*> rows[] = {{"", ""},
                                                      {"f", "my"},
                                                      {"fo", "mzxq"},
                                                      {"foo", "mzxw6"},
                                                      {"foob", "mzxw6yq"},
                                                      {"fooba", "mzxw6ytb"},
                                                      {"foobar", "mzxw6ytboi"}};
  for (const auto& [plain, coded] : rows) EXPECT_EQ(base32_lower(as_bytes(plain)), coded);
}

TEST(Hex, ReadsBothCasesAndRefusesTheRest) {
  EXPECT_EQ(hex(Bytes{0x00, 0x1f, 0xff}), "001fff");
  EXPECT_EQ(*from_hex("001fFF"), (Bytes{0x00, 0x1f, 0xff}));
  EXPECT_TRUE(from_hex("")->empty());
  for (const char* text : {"0", "0g", "0x00", "00 ", "::"}) EXPECT_FALSE(from_hex(text)) << text;
}

}  // namespace
}  // namespace crest::encoding
