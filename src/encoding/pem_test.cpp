#include "encoding/pem.hpp"

#include <gtest/gtest.h>

namespace crest::encoding {
namespace {

const std::string one = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
const std::string key = "-----BEGIN EC PRIVATE KEY-----\nBAU=\n-----END EC PRIVATE KEY-----\n";

std::size_t count(std::string_view text, PemText outside = PemText::ignore) {
  const auto blocks = parse_pem(text, outside);
  return blocks ? blocks->size() : 999;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

TEST(Pem, ReadsBlocksInOrder) {
  const auto blocks = parse_pem(one + "\n" + key);
  ASSERT_TRUE(blocks);
  ASSERT_EQ(blocks->size(), 2u);
  EXPECT_EQ((*blocks)[0].label, "CERTIFICATE");
  EXPECT_EQ((*blocks)[0].der, (Bytes{1, 2, 3}));
  EXPECT_EQ((*blocks)[1].label, "EC PRIVATE KEY");
  EXPECT_EQ((*blocks)[1].der, (Bytes{4, 5}));
}

TEST(Pem, CF23_LineEndsBlanksAndAMissingFinalNewLineAreFine) {
  EXPECT_EQ(count(with_crlf(one + key), PemText::refuse), 2u);
  EXPECT_EQ(count(one.substr(0, one.size() - 1), PemText::refuse), 1u);
  EXPECT_EQ(count("\n\r\n \t\n" + one + "\n\n" + one, PemText::refuse), 2u);
  EXPECT_EQ(count("-----BEGIN CERTIFICATE-----  \nAQ \nID\t\n-----END CERTIFICATE----- \n"), 1u);
  EXPECT_EQ(count(""), 0u);
}

TEST(Pem, TextOutsideIsIgnoredOrRefused) {
  const std::string text = "subject=CN = x\n" + one + "issuer: y\n" + one;
  EXPECT_EQ(count(text), 2u);
  const auto refused = parse_pem(text, PemText::refuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().context, "line 1");
  EXPECT_EQ(count("<html>nothing</html>"), 0u);
}

TEST(Pem, RefusesDamage) {
  const std::string rows[] = {
      "-----BEGIN CERTIFICATE-----\nAQID\n",                             // cut off
      "-----BEGIN CERTIFICATE-----\nAQID\n-----END PRIVATE KEY-----\n",  // other end
      "-----BEGIN CERTIFICATE-----\nAQ\n-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n",
      "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",                // empty
      "-----BEGIN CERTIFICATE-----\nAQI\n-----END CERTIFICATE-----\n",           // no padding
      "-----BEGIN CERTIFICATE-----\nA_ID\n-----END CERTIFICATE-----\n",          // URL alphabet
      "-----BEGIN CERTIFICATE-----\nAQ==\nAQ==\n-----END CERTIFICATE-----\n",    // padding inside
      "-----BEGIN CERTIFICATE-----\nAQID\n\nAQID\n-----END CERTIFICATE-----\n",  // hole
      "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n-----END RSA PRIVATE KEY-----\n",
      "-----BEGIN CERTIFICATE----\nAQID\n-----END CERTIFICATE-----\n",    // four hyphens
      "-----BEGIN -----\nAQID\n-----END -----\n",                         // no label
      "-----BEGIN A  B-----\nAQID\n-----END A  B-----\n",                 // two blanks
      "-----BEGIN CERTIFICATE-----AQID-----END CERTIFICATE-----\n",       // one line
      " -----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n",  // indented
      "-----END CERTIFICATE-----\n",
      one + "-----END CERTIFICATE-----\n",
  };
  for (const std::string& text : rows) {
    const auto blocks = parse_pem(text);
    ASSERT_FALSE(blocks) << text;
    EXPECT_EQ(blocks.error().kind, ErrorKind::malformed);
  }
  EXPECT_EQ(count("-----BEGIN CERTIFICATE-----\nAQ" + std::string(1, '\0') + "D\n-----END CERTIFICATE-----\n"), 999u);
}

TEST(Pem, NumberOfBlocksIsBounded) {
  std::string many;
  for (std::size_t i = 0; i < pem_blocks_max; ++i) many += one;
  EXPECT_EQ(count(many), pem_blocks_max);
  EXPECT_EQ(count(many + one), 999u);
}

TEST(Pem, WritesSixtyFourColumns) {
  EXPECT_EQ(to_pem("CERTIFICATE", Bytes{1, 2, 3}), one);
  const Bytes der(100, 0x5a);
  const std::string text = to_pem("X509 CRL", der);
  EXPECT_NE(text.find("\n" + std::string("WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa") + "\n"),
            std::string::npos);
  EXPECT_TRUE(text.ends_with("\n-----END X509 CRL-----\n"));
  EXPECT_EQ(parse_pem(text, PemText::refuse)->front().der, der);
}

}  // namespace
}  // namespace crest::encoding
