#include <gtest/gtest.h>

#include "acme/account.hpp"
#include "acme/problem.hpp"
#include "crypto/test_keys.hpp"
#include "encoding/base64.hpp"
#include "jose/jwk.hpp"

namespace crest::acme {
namespace {

using encoding::Json;

const std::string url = "https://ca.example.com/acme/key-change", account = "https://ca.example.com/acme/acct/1";

crypto::PrivateKey old_key() { return crypto::test_keys::p256(); }
crypto::PrivateKey new_key() { return crypto::test_keys::ed25519(); }
std::string good() { return key_change_payload(new_key(), old_key().public_key(), account, url).value(); }

std::string signed_inner(std::string_view nonce, std::string_view inner_url, std::string_view payload,
                         std::string kid = {}) {
  return jose::sign(new_key(), {.kid = std::move(kid)}, nonce, inner_url, payload).value().dump();
}
std::string inner_payload() {
  Json json = Json::object();
  json.set("account", account).set("oldKey", jose::to_jwk(old_key().public_key()));
  return json.dump();
}

TEST(KeyChange, V11e_KEY_01_Payload) {
  const std::string encoded = encoding::base64url(as_bytes(good()));
  EXPECT_EQ(encoded.size(), 766u);
  EXPECT_EQ(encoding::hex(crypto::sha256(encoded)), "30a7390c192d72d04d68269398d5d5801dc4d021ca9092be50694f0297eddada");
}

TEST(KeyChange, V11e_ReadsWhatItWrites) {
  const auto change = key_change_from_payload(good(), url);
  ASSERT_TRUE(change) << change.error().describe();
  EXPECT_EQ(change->account_url, account);
  EXPECT_EQ(change->new_key, new_key().public_key());
  EXPECT_EQ(change->old_key, old_key().public_key());
}

TEST(KeyChange, KEY_02_KEY_03_RefusesWhatTheRfcForbids) {
  const std::string other_url = "https://ca.example.com/acme/key-change/";
  Json tampered = Json::parse(good()).value();
  tampered.set("payload", encoding::base64url(as_bytes(R"({"account":"https://ca.example.com/acme/acct/2"})")));
  Json no_old_key = Json::object();
  no_old_key.set("account", account);
  const std::pair<const char*, std::string> table[] = {
      {"no JSON", "x"},
      {"no JWS", "{}"},
      {"an array", "[]"},
      {"a nonce", signed_inner("oFvnlFP1wIhRlYS2jTaXbA", url, inner_payload())},
      {"a kid", signed_inner("", url, inner_payload(), account)},
      {"another url", signed_inner("", other_url, inner_payload())},
      {"a signature over something else", tampered.dump()},
      {"an inner payload that is no JSON", signed_inner("", url, "x")},
      {"an inner payload without oldKey", signed_inner("", url, no_old_key.dump())},
      {"an inner payload without account", signed_inner("", url, R"({"oldKey":{"kty":"EC"}})")},
      {"an oldKey that is no key", signed_inner("", url, R"({"account":"a","oldKey":{"kty":"EC"}})")},
      {"an empty inner payload", signed_inner("", url, "")},
  };
  for (const auto& [name, payload] : table) {
    const auto change = key_change_from_payload(payload, url);
    ASSERT_FALSE(change) << name;
    ASSERT_TRUE(change.error().problem) << name;
    EXPECT_EQ(problem_type(*change.error().problem), ProblemType::malformed) << name << change.error().describe();
  }
}

TEST(KeyChange, JWS_11_AlgorithmsAreNamed) {
  Json jws = Json::parse(good()).value();
  Json header = *Json::parse(R"({"alg":"PS256"})");
  header.set("jwk", jose::to_jwk(new_key().public_key())).set("url", url);
  jws.set("protected", encoding::base64url(as_bytes(header.dump())));
  const auto change = key_change_from_payload(jws.dump(), url);
  ASSERT_FALSE(change);
  EXPECT_EQ(problem_type(*change.error().problem), ProblemType::badSignatureAlgorithm);
  EXPECT_EQ(change.error().problem->algorithms, jose::algorithm_names());
}

}  // namespace
}  // namespace crest::acme
