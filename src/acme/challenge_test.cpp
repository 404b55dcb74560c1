#include "acme/challenge.hpp"

#include <set>

#include <gtest/gtest.h>

#include "acme/authorization.hpp"
#include "crypto/test_keys.hpp"
#include "encoding/base64.hpp"

namespace crest::acme {
namespace {

const std::string token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
Identifier dns(std::string value) { return {.type = IdentifierType::dns, .value = std::move(value)}; }
Identifier ip(std::string value) { return {.type = IdentifierType::ip, .value = std::move(value)}; }

TEST(Token, CHL_03_CF18_OnlyBase64url) {
  for (const std::string& good : {token, std::string("a"), std::string("-_"), std::string(token_chars_max, 'A')}) {
    EXPECT_TRUE(check_token(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("../x"), std::string("a/b"), std::string("a.b"), std::string("a\0b", 3),
        std::string("%2e%2e"), std::string("a=b"), std::string("a b"), std::string("a+b"), std::string("\xc3\xa4"),
        std::string("a\n"), std::string(token_chars_max + 1, 'A')}) {
    const auto result = check_token(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().kind, ErrorKind::bad_token);
    EXPECT_EQ(result.error().describe().find('\n'), std::string::npos);
  }
}

TEST(Token, CHL_02_NewOnesHave256Bits) {
  crypto::SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string fresh = new_token(random);
    EXPECT_EQ(fresh.size(), 43u);
    EXPECT_EQ(encoding::from_base64url(fresh)->size(), 32u);
    EXPECT_TRUE(check_token(fresh));
    EXPECT_TRUE(seen.insert(fresh).second);
  }
}

TEST(KeyAuthorization, V6_CHL_04_DNS_02_BothKeys) {
  const crypto::PublicKey p256 = crypto::test_keys::p256().public_key(),
                          ed25519 = crypto::test_keys::ed25519().public_key();
  const std::string authorization = key_authorization(token, p256);
  EXPECT_EQ(authorization, token + ".oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  EXPECT_EQ(authorization.size(), 87u);
  EXPECT_EQ(encoding::hex(key_authorization_digest(authorization)),
            "65a26016d215e16034b7633337b91b4a4d2c7d17761998dac51a9a49300aea52");
  EXPECT_EQ(txt_value(authorization), "ZaJgFtIV4WA0t2MzN7kbSk0sfRd2GZjaxRqaSTAK6lI");
  EXPECT_EQ(key_authorization(token, ed25519), token + ".kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  EXPECT_EQ(txt_value(key_authorization(token, ed25519)), "lAV291d372xyXVEZRY9j2FQ8g1TYpOaJr620CiahePA");
}

TEST(ChallengeNames, HTTP_01_DNS_01) {
  EXPECT_EQ(http01_path(token), "/.well-known/acme-challenge/" + token);
  EXPECT_EQ(dns01_name(dns("example.org")), "_acme-challenge.example.org");
  EXPECT_EQ(dns01_name(dns("*.example.org")), "_acme-challenge.example.org");
}

TEST(ChallengeNames, V16_DNA_01_AccountLabels) {
  const std::pair<const char*, const char*> table[] = {
      {"https://example.com/acme/acct/ExampleAccount", "_ujmmovf2vn55tgye"},
      {"http://localhost:4000/acme/acct/1", "_vkbgbqfhr6yv2asd"},
      {"https://acme-v02.api.letsencrypt.org/acme/acct/1234567890", "_rhuccyogo34zlvsj"},
  };
  for (const auto& [account, label] : table) EXPECT_EQ(dns_account01_label(account), label);
  EXPECT_EQ(dns_account01_name(dns("www.example.org"), table[0].first),
            "_ujmmovf2vn55tgye._acme-challenge.www.example.org");
  EXPECT_EQ(dns_account01_name(dns("*.www.example.org"), table[0].first),
            "_ujmmovf2vn55tgye._acme-challenge.www.example.org");
}

TEST(ChallengeNames, V8_TLS_10_ServerNames) {
  EXPECT_EQ(tls_alpn01_server_name(dns("example.org")), "example.org");
  EXPECT_EQ(tls_alpn01_server_name(ip("192.0.2.10")), "10.2.0.192.in-addr.arpa");
  EXPECT_EQ(tls_alpn01_server_name(ip("2001:db8::1")),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(MethodFits, AUT_10_DNS_09_TLS_11_EXT_07_WholeTable) {
  struct Row {
    std::string_view method;
    bool name, wildcard, address, onion;
  };
  const Row table[] = {
      {http_01, true, false, true, true},         {dns_01, true, true, false, false},
      {tls_alpn_01, true, false, true, false},    {dns_account_01, true, true, false, false},
      {dns_persist_01, true, true, false, false}, {"tls-sni-01", false, false, false, false},
      {"HTTP-01", false, false, false, false},    {"", false, false, false, false},
  };
  for (const Row& row : table) {
    EXPECT_EQ(method_fits(row.method, dns("example.org")), row.name) << row.method;
    EXPECT_EQ(method_fits(row.method, dns("*.example.org")), row.wildcard) << row.method;
    EXPECT_EQ(method_fits(row.method, ip("192.0.2.1")), row.address) << row.method;
    EXPECT_EQ(method_fits(row.method, ip("::1")), row.address) << row.method;
    EXPECT_EQ(method_fits(row.method, dns("a.onion")), row.onion) << row.method;
    EXPECT_FALSE(method_fits(row.method, dns("*.a.onion"))) << row.method;
  }
}

TEST(Challenge, V9_DNP_09_HashOfDraft02) {
  const std::string thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", account = "https://ca.example/acct/123";
  EXPECT_EQ(dns_persist_hash("example.com", thumbprint, account), "5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw");
  EXPECT_EQ(dns_persist_hash("*", thumbprint, account), "NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug");
  EXPECT_EQ(dns_persist01_name({.value = "*.example.org"}), "_validation-persist.example.org");
}

}  // namespace
}  // namespace crest::acme
