#include "encoding/der.hpp"

#include <gtest/gtest.h>

#include "encoding/base64.hpp"

namespace crest::encoding::der {
namespace {

TEST(Der, WritesMinimalLengths) {
  EXPECT_EQ(hex(element(tag_octet_string, {})), "0400");
  EXPECT_EQ(hex(element(tag_octet_string, Bytes{1, 2})), "04020102");
  EXPECT_EQ(hex(element(tag_octet_string, Bytes(127))).substr(0, 4), "047f");
  EXPECT_EQ(hex(element(tag_octet_string, Bytes(128))).substr(0, 6), "048180");
  EXPECT_EQ(hex(element(tag_octet_string, Bytes(256))).substr(0, 8), "04820100");
  EXPECT_EQ(hex(element(tag_octet_string, Bytes(65536))).substr(0, 10), "0483010000");
  EXPECT_EQ(hex(sequence({Bytes{2, 1, 5}, Bytes{5, 0}})), "30050201050500");
}

TEST(Der, ReadsElementByElement) {
  const Bytes two = *from_hex(
      "020105"
      "3003020106");
  ByteView rest = two;
  const auto first = read(rest);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->tag, tag_integer);
  EXPECT_EQ(hex(first->content), "05");
  EXPECT_EQ(hex(first->whole), "020105");
  const auto second = read(rest);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->tag, tag_sequence);
  EXPECT_TRUE(rest.empty());
  EXPECT_FALSE(read(rest));
}

TEST(Der, ComesBackAtEachLengthForm) {
  for (const std::size_t size : {0, 1, 127, 128, 255, 256, 65535, 65536, 1 << 20}) {
    const Bytes whole = element(tag_octet_string, Bytes(size, 7));
    ByteView rest = whole;
    const auto found = read(rest);
    ASSERT_TRUE(found) << size;
    EXPECT_EQ(found->content.size(), size);
    EXPECT_EQ(found->whole.size(), whole.size());
  }
}

TEST(Der, RefusesBerAndDamage) {
  for (const char* text : {"", "02", "0201", "020205", "0280050000", "02810105", "0282000105", "0285000000000105",
                           "02ff", "0281", "028200", "1f0100", "3f8101", "0284ffffffff05"}) {
    const Bytes octets = *from_hex(text);
    ByteView rest = octets;
    EXPECT_FALSE(read(rest)) << text;
    EXPECT_EQ(rest.size(), octets.size()) << "moved on after an error";
  }
}

}  // namespace
}  // namespace crest::encoding::der
