#include "jose/jwk.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/test_keys.hpp"
#include "encoding/base64.hpp"

namespace crest::jose {
namespace {

using crypto::KeyType;
using encoding::Json;

Json json(std::string_view text) { return Json::parse(text).value(); }

std::string refusal(std::string_view text) {
  const auto key = from_jwk(json(text));
  if (key) return "accepted";
  return key.error().kind == ErrorKind::malformed ? key.error().message : "other kind: " + key.error().message;
}

const std::string rsa_n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
    "BJECPebWKRXjBZCiFV4n3oknjhMst"
    "n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
    "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajr"
    "n1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
const std::string p256_x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const std::string p256_y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const std::string p256_jwk = R"({"crv":"P-256","kty":"EC","x":")" + p256_x + R"(","y":")" + p256_y + "\"}";
const std::string ed25519_jwk = R"({"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

std::string ec(std::string_view curve, const std::string& x, const std::string& y) {
  return R"({"kty":"EC","crv":")" + std::string(curve) + R"(","x":")" + x + R"(","y":")" + y + "\"}";
}

TEST(Jwk, V1_CHL_05_RsaThumbprintIgnoresOtherMembers) {
  const std::string text = R"({"kty":"RSA","n":")" + rsa_n + R"(","e":"AQAB","alg":"RS256","kid":"2011-04-29"})";
  const auto key = from_jwk(json(text)).value();
  EXPECT_EQ(key.type(), KeyType::rsa_2048);
  EXPECT_EQ(thumbprint(key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  EXPECT_EQ(to_jwk(key).dump(), R"({"e":"AQAB","kty":"RSA","n":")" + rsa_n + "\"}");
}

TEST(Jwk, V2_P256) {
  const crypto::PublicKey key = crypto::test_keys::p256().public_key();
  EXPECT_EQ(to_jwk(key).dump(), p256_jwk);
  EXPECT_EQ(thumbprint(key), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  EXPECT_EQ(from_jwk(json(p256_jwk)).value(), key);
}

TEST(Jwk, V3_Ed25519) {
  const crypto::PublicKey key = crypto::test_keys::ed25519().public_key();
  EXPECT_EQ(to_jwk(key).dump(), ed25519_jwk);
  EXPECT_EQ(thumbprint(key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  EXPECT_EQ(from_jwk(json(ed25519_jwk)).value(), key);
}

TEST(Jwk, V4_JWS_15_CHL_06_LeadingZeroOctetsStay) {
  const std::string x = "AFVDiUrz0A7X10Cr29dclrBod7eH219w7qeLkKjXwAo",
                    y = "u0yFo9jqKe-q-iRAaRLdhNWxTcMr9lbvbGvVil2UP5I";
  const auto key = from_jwk(json(ec("P-256", x, y))).value();
  EXPECT_EQ(*to_jwk(key).find("x")->as_string(), x);
  EXPECT_EQ(thumbprint(key), "7Yxe6c_3bAa6kiaK1G-BZmi9EeNsUmlcbdnrtLeuK4E");
  EXPECT_NE(thumbprint(key), "cqdWPhcnF9DHfVHOTKaBvs582HJ6LmX0fEgRXTtiGFU");
  EXPECT_EQ(refusal(ec("P-256", "VUOJSvPQDtfXQKvb11yWsGh3t4fbX3Dup4uQqNfACg", y)),
            "jwk: x has 31 octets instead of 32, leading zeros included (RFC 7518 section 6.2.1.2)");
}

TEST(Jwk, V5_OtherCurves) {
  const auto p384 = from_jwk(json(ec("P-384", "CNmZBXuj0tlpJgBFxVuX8IkCWVmm9DTWUdIH0Z-5bp5P4Ohuvg5k-FuWqcdSld9h",
                                     "joDx-lsbPO23v-jf_W26dLJ12HW8bMQ-kE5QXyVqtCVf_UPpTTniLWFQHnAKlA6A")));
  EXPECT_EQ(thumbprint(p384.value()), "RJeIyeZx-uMuuFmPQfS7sxrKAPa7I7moF1bysQHuh5s");
  const auto p521 = from_jwk(
      json(ec("P-521", "AEM8IZAkJ35-aC_LKIFIwoJ0dAMnmxzMBjUsblUF12m-l7OyBNpu9VUHqhBKOjXFr0HPL6Nk1g_ZZ_Q-OTO6bXg9",
              "APS7jMf4bbJnAKfz7O7u0_C1xrUQfE2pd0CrIaKZBsQtu7Pjd96fJR9rk5N_qZoySPTq_L6V7cD09xvjVtZh9BsC")));
  EXPECT_EQ(thumbprint(p521.value()), "e-_85PKDQjKiSu4v0RbUQ1uS3YICutuB3czPg9ymCic");
}

TEST(Jwk, GoesBothWaysForEveryType) {
  for (const KeyType type :
       {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048, KeyType::ed25519}) {
    const auto key = crypto::PrivateKey::generate(type).value().public_key();
    EXPECT_EQ(from_jwk(json(to_jwk(key).dump())).value(), key) << crypto::to_string(type);
    EXPECT_EQ(thumbprint(key).size(), 43u);
  }
}

TEST(Jwk, JWS_16_PrivateMembersAreRefusedWithoutTheirValue) {
  for (const std::string name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}) {
    std::string text = p256_jwk;
    text.insert(text.size() - 1, ",\"" + name + "\":\"jpsQnnGQmL-YBIffH1136cspYG6\"");
    const std::string message = refusal(text);
    EXPECT_EQ(message, "jwk: it holds the private member " + name + "; send the public key only");
    text = p256_jwk;
    text.insert(text.size() - 1, ",\"" + name + "\":null");
    EXPECT_NE(refusal(text), "accepted");
  }
}

TEST(Jwk, JWS_12_BadKeysAreRefusedWithTheReason) {
  std::string off_curve = p256_y;
  off_curve[4] = 'A';
  const auto rsa = [](const std::string& n, const std::string& e) {
    return R"({"kty":"RSA","n":")" + n + R"(","e":")" + e + "\"}";
  };
  const std::string n1024 = encoding::base64url(Bytes(128, 0xb5)), n8200 = encoding::base64url(Bytes(1025, 0xb5));
  struct Row {
    std::string jwk;
    std::string why;
  };
  const std::vector<Row> rows = {
      {ec("P-256", p256_x, off_curve), "not on the curve"},
      {ec("P-256", std::string(43, 'A'), std::string(43, 'A')), "not on the curve"},
      {ec("P-384", p256_x, p256_y), "x has 32 octets instead of 48"},
      {ec("P-256", "AA" + p256_x, p256_y), "x is not base64url"},
      {ec("P-256", encoding::base64url(Bytes(33, 0)), p256_y), "x has 33 octets"},
      {ec("P-256", p256_x + "=", p256_y), "x is not base64url"},
      {ec("P-256", "+" + p256_x.substr(1), p256_y), "x is not base64url"},
      {ec("secp256k1", p256_x, p256_y), "crv is none of"},
      {ec("p-256", p256_x, p256_y), "crv is none of"},
      {R"({"kty":"EC","crv":"P-256","x":")" + p256_x + "\"}", "y is missing"},
      {R"({"kty":"EC","crv":"P-256","x":7,"y":8})", "x is missing or no string"},
      {R"({"kty":"EC"})", "crv is missing"},
      {R"({"kty":"oct"})", "kty is none of"},
      {R"({"kty":"ec"})", "kty is none of"},
      {R"({})", "kty is missing"},
      {R"([])", "no object"},
      {R"("x")", "no object"},
      {R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})", "crv is not Ed25519"},
      {R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"})", "x has 31 octets"},
      {R"({"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})", "small order"},
      {rsa(n1024, "AQAB"), "1024 bits"},
      {rsa(n8200, "AQAB"), "n has over 8192 bits"},
      {rsa("AA" + encoding::base64url(Bytes(255, 0xb5)), "AQAB"), "n "},
      {rsa(encoding::base64url(Bytes(257, 0)), "AQAB"), "n has a leading zero"},
      {rsa(rsa_n, "AAEAAQ"), "e has a leading zero"},
      {rsa(rsa_n, "AQ"), "exponent is even or 1"},
      {rsa(rsa_n, "BA"), "exponent is even or 1"},
      {rsa(rsa_n, ""), "e is empty"},
      {rsa("", "AQAB"), "n is empty"},
      {R"({"kty":"RSA","n":")" + rsa_n + "\"}", "e is missing"},
  };
  for (const Row& row : rows)
    EXPECT_NE(refusal(row.jwk).find(row.why), std::string::npos) << row.jwk << ": " << refusal(row.jwk);
}

}  // namespace
}  // namespace crest::jose
