// The signed requests of one account, octet by octet; ECDSA signatures are verified, the rest is made again.
#include <string>

#include <gtest/gtest.h>

#include "crypto/test_keys.hpp"
#include "encoding/base64.hpp"
#include "jose/jwk.hpp"
#include "jose/jws.hpp"

namespace crest::jose {
namespace {

const std::string nonce = "oFvnlFP1wIhRlYS2jTaXbA";
const std::string kid = "https://ca.example.com/acme/acct/1";

std::string hash_of(std::string_view text) { return encoding::hex(crypto::sha256(text)); }

// Our header and payload are those of the vector, and the vector's signature verifies.
ParsedJws expect_request(const SignedParts& ours, SignedParts vector) {
  EXPECT_EQ(ours.protected_header, vector.protected_header);
  EXPECT_EQ(ours.payload, vector.payload);
  auto result = parse_jws(vector.dump());
  if (const auto* error = std::get_if<JwsError>(&result)) {
    ADD_FAILURE() << error->detail;
    return {};
  }
  const ParsedJws jws = std::get<ParsedJws>(std::move(result));
  const crypto::PublicKey key = crypto::test_keys::p256().public_key();
  EXPECT_FALSE(verify(jws, key));
  ParsedJws changed = jws;
  changed.signing_input.back() ^= 1;
  EXPECT_TRUE(verify(changed, key));
  return jws;
}

SignedParts ours(const KeyReference& reference, std::string_view url, std::string_view payload) {
  return sign(crypto::test_keys::p256(), reference, nonce, url, payload).value();
}

constexpr std::string_view new_account_protected =
    "eyJhbGciOiJFUzI1NiIsImp3ayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImY4M09KM0QyeEYxQmc4dnViOXRMZTFnSE16Vjc2ZThUdX"
    "M5"
    "dVBIdlJWRVUiLCJ5IjoieF9GRXpSdTltMzZITE5fdHVlNjU5TE5wWFc2cEN5U3Rpa1lqS0lXSTVhMCJ9LCJub25jZSI6Im9Gdm5sRlAxd0loUmxZUz"
    "Jq"
    "VGFYYkEiLCJ1cmwiOiJodHRwczovL2NhLmV4YW1wbGUuY29tL2FjbWUvbmV3LWFjY291bnQifQ";
const std::string new_account_url = "https://ca.example.com/acme/new-account";

TEST(Vector, V11a_JWS_05_NewAccount) {
  const std::string payload = R"({"contact":["mailto:admin@example.org"],"termsOfServiceAgreed":true})";
  const ParsedJws jws =
      expect_request(ours({}, new_account_url, payload),
                     {std::string(new_account_protected),
                      "eyJjb250YWN0IjpbIm1haWx0bzphZG1pbkBleGFtcGxlLm9yZyJdLCJ0ZXJtc09mU2VydmljZUFncmVlZCI6dHJ1ZX0",
                      "2uTqEzHF47_oDu_uYoWL2rbj8yZauksuxonmpZsHNsNyuIUd_6hTai-WLI6OWjSOAaYIrLx2GT_ySIrkYnUcHA"});
  EXPECT_EQ(jws.jwk, crypto::test_keys::p256().public_key());
  EXPECT_EQ(jws.nonce, nonce);
  EXPECT_EQ(jws.url, new_account_url);
  EXPECT_EQ(jws.payload, payload);
}

TEST(Vector, V11b_NewAccountWithBinding) {
  Bytes mac_key;
  for (std::uint8_t octet = 0; octet < 32; ++octet) mac_key.push_back(octet);
  const SignedParts binding =
      sign_binding(crypto::Hash::sha256, "eab-kid-1", mac_key, new_account_url, crypto::test_keys::p256().public_key());
  const std::string payload =
      R"({"contact":["mailto:admin@example.org"],"termsOfServiceAgreed":true,"externalAccountBinding":)" +
      binding.dump() + "}";
  const SignedParts made = ours({}, new_account_url, payload);
  EXPECT_EQ(made.payload.size(), 610u);
  EXPECT_EQ(hash_of(made.payload), "bc3bbd7509d7433417ed45120c01bc9fcb90123e5491197b10b463572b59c82a");
  expect_request(made, {std::string(new_account_protected), made.payload,
                        "gCIG_GLq3WpPGMRE37XY7DIjAzaiFFWwHSlGg7hMlggAEHc_ltCBgX3F8ttPUoD9MqrdW9UX4oFvvdwGxlHsKg"});
}

TEST(Vector, V11c_PostAsGet) {
  const ParsedJws jws =
      expect_request(ours({.kid = kid}, "https://ca.example.com/acme/order/1", ""),
                     {"eyJhbGciOiJFUzI1NiIsImtpZCI6Imh0dHBzOi8vY2EuZXhhbXBsZS5jb20vYWNtZS9hY2N0LzEiLCJub25jZSI6Im9Gdm5s"
                      "RlAxd0loUmxZUzJqVGFY"
                      "YkEiLCJ1cmwiOiJodHRwczovL2NhLmV4YW1wbGUuY29tL2FjbWUvb3JkZXIvMSJ9",
                      "", "6-GW-0UprH0NW3crVQSQ7AEMIebAkMgNtMTS8aS9O9S2Q7mAF9Md7GnQ3GaT5pNm9MiewVTD99KC2BKWvseiAA"});
  EXPECT_EQ(jws.kid, kid);
  EXPECT_EQ(jws.payload, "");
}

TEST(Vector, V11d_ChallengeResponse) {
  const ParsedJws jws =
      expect_request(ours({.kid = kid}, "https://ca.example.com/acme/chall/1", "{}"),
                     {"eyJhbGciOiJFUzI1NiIsImtpZCI6Imh0dHBzOi8vY2EuZXhhbXBsZS5jb20vYWNtZS9hY2N0LzEiLCJub25jZSI6Im9Gdm5s"
                      "RlAxd0loUmxZUzJqVGFY"
                      "YkEiLCJ1cmwiOiJodHRwczovL2NhLmV4YW1wbGUuY29tL2FjbWUvY2hhbGwvMSJ9",
                      "e30", "aTgyZhv2C89YoSxqjByo0LuUwASXGh693E4nin2iHRvIS8TzWWUGMNZ_yhMlMFZsQivuBFvsD3bH-kFrpBRq-A"});
  EXPECT_EQ(jws.payload, "{}");
}

const std::string key_change_url = "https://ca.example.com/acme/key-change";

SignedParts inner_key_change() {
  const std::string payload =
      R"({"account":")" + kid + R"(","oldKey":)" + to_jwk(crypto::test_keys::p256().public_key()).dump() + "}";
  return sign(crypto::test_keys::ed25519(), {}, "", key_change_url, payload).value();
}

TEST(Vector, V11e_JWS_06_KEY_01_KeyChange) {
  const SignedParts inner = inner_key_change();
  EXPECT_EQ(inner.protected_header,
            "eyJhbGciOiJFZERTQSIsImp3ayI6eyJjcnYiOiJFZDI1NTE5Iiwia3R5IjoiT0tQIiwieCI6IjExcVlBWUt4Q3JmVlNfN1R5V1FIT2c3aG"
            "N2UGFwaU1s"
            "cndJYWFQY0hVUm8ifSwidXJsIjoiaHR0cHM6Ly9jYS5leGFtcGxlLmNvbS9hY21lL2tleS1jaGFuZ2UifQ");
  EXPECT_EQ(inner.payload,
            "eyJhY2NvdW50IjoiaHR0cHM6Ly9jYS5leGFtcGxlLmNvbS9hY21lL2FjY3QvMSIsIm9sZEtleSI6eyJjcnYiOiJQLTI1NiIsImt0eSI6Ik"
            "VDIiwieCI6"
            "ImY4M09KM0QyeEYxQmc4dnViOXRMZTFnSE16Vjc2ZThUdXM5dVBIdlJWRVUiLCJ5IjoieF9GRXpSdTltMzZITE5fdHVlNjU5TE5wWFc2cE"
            "N5U3Rpa1lq"
            "S0lXSTVhMCJ9fQ");
  EXPECT_EQ(inner.signature, "bw6ipu5GpsZi4wFCJFs1RtFiy4RaGAtT9KWOrh-t9H0khoeYiO_jolMfzoLLGmE7lD1wehaiqgtN0xvLOskLCg");

  const SignedParts outer = ours({.kid = kid}, key_change_url, inner.dump());
  EXPECT_EQ(outer.payload.size(), 766u);
  EXPECT_EQ(hash_of(outer.payload), "30a7390c192d72d04d68269398d5d5801dc4d021ca9092be50694f0297eddada");
  const ParsedJws jws = expect_request(
      outer, {"eyJhbGciOiJFUzI1NiIsImtpZCI6Imh0dHBzOi8vY2EuZXhhbXBsZS5jb20vYWNtZS9hY2N0LzEiLCJub25jZSI6Im9Gdm5sRlAxd0lo"
              "UmxZUzJqVGFY"
              "YkEiLCJ1cmwiOiJodHRwczovL2NhLmV4YW1wbGUuY29tL2FjbWUva2V5LWNoYW5nZSJ9",
              outer.payload, "ONHCRhAKiwJLX88M2barneqCLbsJ_W9fsiYNm5t3K5nU56u95HHD1d1jIyx6WJUgdHz6lI4rrSVMpEPcW9HtSw"});

  const auto inner_jws = std::get<ParsedJws>(parse_jws(encoding::Json::parse(jws.payload).value()));
  EXPECT_EQ(inner_jws.jwk, crypto::test_keys::ed25519().public_key());
  EXPECT_EQ(inner_jws.url, key_change_url);
  EXPECT_FALSE(inner_jws.nonce);
  EXPECT_FALSE(verify(inner_jws, *inner_jws.jwk));
}

TEST(Vector, V11e_KEY_02_InnerMustBeAJwsThatVerifies) {
  for (const char* no_jws : {"{}", "[]", "\"x\"", R"({"account":"a","oldKey":{}})"}) {
    EXPECT_TRUE(std::holds_alternative<JwsError>(parse_jws(no_jws))) << no_jws;
  }
  auto inner = std::get<ParsedJws>(parse_jws(inner_key_change().dump()));
  inner.signature[5] ^= 1;
  EXPECT_EQ(verify(inner, *inner.jwk).value().fault, JwsFault::malformed);
}

}  // namespace
}  // namespace crest::jose
