#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/test_keys.hpp"
#include "encoding/base64.hpp"
#include "jose/jwk.hpp"
#include "jose/jws.hpp"

namespace crest::jose {
namespace {

using encoding::base64url;
using encoding::Json;

const std::string url = "https://ca.example.com/acme/new-account";

Bytes mac_key() {
  Bytes key;
  for (std::uint8_t octet = 0; octet < 32; ++octet) key.push_back(octet);
  return key;
}

Json json(const std::string& text) { return Json::parse(text).value(); }

ParsedBinding parsed(const std::string& body) {
  auto result = parse_binding(json(body));
  if (const auto* error = std::get_if<JwsError>(&result)) {
    ADD_FAILURE() << error->detail;
    return {};
  }
  return std::get<ParsedBinding>(std::move(result));
}

std::string refusal(const std::string& body) {
  const auto result = parse_binding(json(body));
  const auto* error = std::get_if<JwsError>(&result);
  return error ? error->detail : "accepted";
}

std::string body_of(const std::string& header, const std::string& payload) {
  return SignedParts{base64url(as_bytes(header)), base64url(as_bytes(payload)), "AAAA"}.dump();
}

TEST(Binding, V10_EAB_01_IsReproduced) {
  const auto account = crypto::test_keys::p256().public_key();
  const SignedParts parts = sign_binding(crypto::Hash::sha256, "eab-kid-1", mac_key(), url, account);
  EXPECT_EQ(
      parts.protected_header,
      "eyJhbGciOiJIUzI1NiIsImtpZCI6ImVhYi1raWQtMSIsInVybCI6Imh0dHBzOi8vY2EuZXhhbXBsZS5jb20vYWNtZS9uZXctYWNjb3VudCJ9");
  EXPECT_EQ(parts.payload,
            "eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImY4M09KM0QyeEYxQmc4dnViOXRMZTFnSE16Vjc2ZThUdXM5dVBIdlJWRVUiLCJ5Ij"
            "oieF9GRXpS"
            "dTltMzZITE5fdHVlNjU5TE5wWFc2cEN5U3Rpa1lqS0lXSTVhMCJ9");
  EXPECT_EQ(parts.signature, "K_jnAvNqhRnC9av1hTPikr3rvETNq8xPQ8I1MolplSQ");

  const ParsedBinding binding = parsed(parts.dump());
  EXPECT_EQ(binding.hash, crypto::Hash::sha256);
  EXPECT_EQ(binding.kid, "eab-kid-1");
  EXPECT_EQ(binding.url, url);
  EXPECT_EQ(binding.key, account);
  EXPECT_TRUE(binding.verify(mac_key()));
}

TEST(Binding, EAB_01_EveryMacVerifiesAndNothingElseDoes) {
  const auto account = crypto::test_keys::ed25519().public_key();
  for (const auto hash : {crypto::Hash::sha256, crypto::Hash::sha384, crypto::Hash::sha512}) {
    ParsedBinding binding = parsed(sign_binding(hash, "k", mac_key(), url, account).dump());
    EXPECT_EQ(binding.hash, hash);
    EXPECT_TRUE(binding.verify(mac_key()));
    Bytes other = mac_key();
    other.back() ^= 1;
    EXPECT_FALSE(binding.verify(other));
    EXPECT_FALSE(binding.verify({}));
    for (std::size_t at = 0; at < binding.signature.size(); ++at) {
      binding.signature[at] ^= 1;
      EXPECT_FALSE(binding.verify(mac_key())) << at;
      binding.signature[at] ^= 1;
    }
    binding.signature.pop_back();  // a cut MAC is no MAC
    EXPECT_FALSE(binding.verify(mac_key()));
    binding.signature.clear();
    EXPECT_FALSE(binding.verify(mac_key()));
  }
}

TEST(Binding, EAB_08_AnEmptyKeyMatchesNothing) {
  const auto account = crypto::test_keys::p256().public_key();
  EXPECT_FALSE(parsed(sign_binding(crypto::Hash::sha256, "k", {}, url, account).dump()).verify({}));
}

TEST(Binding, EAB_02_WrongFormsAreRefused) {
  const std::string jwk = to_jwk(crypto::test_keys::p256().public_key()).dump();
  const std::string good = R"({"alg":"HS256","kid":"k","url":"u"})";
  struct Row {
    std::string header, payload, why;
  };
  EXPECT_EQ(refusal(body_of(good, jwk)), "accepted");
  const std::vector<Row> rows = {
      {R"({"alg":"ES256","kid":"k","url":"u"})", jwk, "alg is none of HS256"},
      {R"({"alg":"none","kid":"k","url":"u"})", jwk, "alg is none of HS256"},
      {R"({"kid":"k","url":"u"})", jwk, "alg is none of HS256"},
      {R"({"alg":1,"kid":"k","url":"u"})", jwk, "alg is no string"},
      {R"({"alg":"HS256","url":"u"})", jwk, "kid is missing"},
      {R"({"alg":"HS256","kid":"","url":"u"})", jwk, "kid is missing"},
      {R"({"alg":"HS256","kid":7,"url":"u"})", jwk, "kid is no string"},
      {R"({"alg":"HS256","kid":"k"})", jwk, "url is missing"},
      {R"({"alg":"HS256","kid":"k","url":"u","nonce":"abc"})", jwk, "must not have nonce"},
      {R"({"alg":"HS256","kid":"k","url":"u","nonce":null})", jwk, "must not have nonce"},
      {R"({"alg":"HS256","kid":"k","url":"u","jwk":)" + jwk + "}", jwk, "must not have jwk"},
      {R"({"alg":"HS256","kid":"k","url":"u","crit":["x"]})", jwk, "crit"},
      {R"({"alg":"HS256","kid":"k","url":"u","kid":"l"})", jwk, "protected header"},
      {good, "", "payload"},
      {good, "{}", "kty is missing"},
      {good, "[]", "no object"},
      {good, R"({"kty":"oct","k":"AAAA"})", "private member k"},
  };
  for (const Row& row : rows) {
    EXPECT_NE(refusal(body_of(row.header, row.payload)).find(row.why), std::string::npos)
        << row.header << ": " << refusal(body_of(row.header, row.payload));
  }
  EXPECT_NE(refusal("[]").find("no JSON object"), std::string::npos);
  EXPECT_NE(refusal(R"("text")").find("no JSON object"), std::string::npos);
  std::string with_header = body_of(good, jwk);
  with_header.insert(with_header.size() - 1, R"(,"header":{})");
  EXPECT_NE(refusal(with_header).find("header"), std::string::npos);
}

TEST(Binding, EAB_04_ThePayloadsKeyIsComparedByItself) {
  const auto account = crypto::test_keys::p256().public_key();
  std::string jwk = R"({"y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","kid":"mine","kty":"EC",)"
                    R"("x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "crv":"P-256"})";
  EXPECT_EQ(parsed(body_of(R"({"alg":"HS256","kid":"k","url":"u"})", jwk)).key, account)
      << "order, blanks and other members do not matter";
  EXPECT_FALSE(
      parsed(sign_binding(crypto::Hash::sha256, "k", mac_key(), url, crypto::test_keys::ed25519().public_key()).dump())
          .key == account);
}

}  // namespace
}  // namespace crest::jose
