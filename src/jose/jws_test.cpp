#include "jose/jws.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "crypto/test_keys.hpp"
#include "encoding/base64.hpp"
#include "jose/ecdsa_form.hpp"
#include "jose/jwk.hpp"

namespace crest::jose {
namespace {

using crypto::KeyType;
using crypto::PrivateKey;
using encoding::base64url;
using encoding::Json;

const std::string nonce = "oFvnlFP1wIhRlYS2jTaXbA";
const std::string kid = "https://ca.example.com/acme/acct/1";
const std::string url = "https://ca.example.com/acme/order/1";

struct Fault {
  JwsFault fault;
  std::string detail;
};

ParsedJws parsed(const std::string& body) {
  auto result = parse_jws(body);
  if (const auto* error = std::get_if<JwsError>(&result)) {
    ADD_FAILURE() << error->detail;
    return {};
  }
  return std::get<ParsedJws>(std::move(result));
}

std::optional<Fault> fault_of(const std::string& body) {
  const auto result = parse_jws(body);
  if (const auto* error = std::get_if<JwsError>(&result)) return Fault{error->fault, error->detail};
  return std::nullopt;
}

void expect_fault(const std::string& body, JwsFault fault, std::string_view why) {
  const auto found = fault_of(body);
  ASSERT_TRUE(found) << "accepted: " << body;
  EXPECT_EQ(found->fault, fault) << found->detail;
  EXPECT_NE(found->detail.find(why), std::string::npos) << found->detail;
}

std::string body_of(const std::string& header, const std::string& payload = "", const std::string& signature = "AAAA") {
  return R"({"protected":")" + base64url(as_bytes(header)) + R"(","payload":")" + base64url(as_bytes(payload)) +
         R"(","signature":")" + signature + "\"}";
}

std::string jwk_text() { return to_jwk(crypto::test_keys::p256().public_key()).dump(); }
std::string header_with(const std::string& more) {
  return R"({"alg":"ES256","kid":"k","nonce":"abc","url":"https://x/")" + more + "}";
}

TEST(Jws, JWS_05_JWS_07_EveryTypeSignsAndVerifies) {
  for (const KeyType type :
       {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048, KeyType::ed25519}) {
    SCOPED_TRACE(crypto::to_string(type));
    const PrivateKey key = PrivateKey::generate(type).value();
    const std::string body = sign(key, {}, nonce, url, R"({"a":1})").value().dump();
    ParsedJws jws = parsed(body);
    EXPECT_EQ(jws.alg, to_string(algorithm_for(type)));
    EXPECT_EQ(jws.jwk, key.public_key());
    EXPECT_EQ(jws.nonce, nonce);
    EXPECT_EQ(jws.url, url);
    EXPECT_EQ(jws.payload, R"({"a":1})");
    EXPECT_FALSE(jws.kid);
    EXPECT_FALSE(verify(jws, key.public_key()));
    for (std::size_t at = 0; at < jws.signature.size(); at += 3) {
      jws.signature[at] ^= 4;
      EXPECT_TRUE(verify(jws, key.public_key())) << "octet " << at;
      jws.signature[at] ^= 4;
    }
    jws.signing_input[7] ^= 1;
    EXPECT_TRUE(verify(jws, key.public_key()));
  }
}

TEST(Jws, JWS_09_KidStandsForTheKey) {
  const PrivateKey key = crypto::test_keys::p256();
  const ParsedJws jws = parsed(sign(key, {.kid = kid}, nonce, url, "").value().dump());
  EXPECT_EQ(jws.kid, kid);
  EXPECT_FALSE(jws.jwk);
  EXPECT_EQ(jws.payload, "");
  EXPECT_FALSE(verify(jws, key.public_key()));
  EXPECT_TRUE(verify(jws, PrivateKey::generate(KeyType::ec_p256).value().public_key()));
}

TEST(Jws, JWS_01_BodyHasThreeMembers) {
  const std::string body = sign(crypto::test_keys::p256(), {}, nonce, url, "{}").value().dump();
  const Json json = Json::parse(body).value();
  ASSERT_EQ(json.as_object()->size(), 3u);
  EXPECT_EQ(json.dump(), body);
  EXPECT_TRUE(json.find("protected") && json.find("payload") && json.find("signature"));
}

TEST(Jws, JWS_02_V23_OtherFormsAreRefused) {
  const std::string good = sign(crypto::test_keys::p256(), {}, nonce, url, "{}").value().dump();
  const auto with = [&](const std::string& more) { return good.substr(0, good.size() - 1) + more + "}"; };
  const auto parts = sign(crypto::test_keys::p256(), {}, nonce, url, "{}").value();
  const std::string p = "\"protected\":\"" + parts.protected_header + "\"", l = "\"payload\":\"" + parts.payload + "\"",
                    s = "\"signature\":\"" + parts.signature + "\"";
  EXPECT_FALSE(fault_of(good));
  EXPECT_FALSE(fault_of(with(R"(,"more":1)"))) << "other members are ignored (RFC 7515 section 7.2.1)";
  expect_fault(with(R"(,"header":{"kid":"x"})"), JwsFault::malformed, "header");
  expect_fault(with(R"(,"header":null)"), JwsFault::malformed, "header");
  expect_fault(with(R"(,"signatures":[])"), JwsFault::malformed, "signatures");
  expect_fault("{" + p + "," + s + "}", JwsFault::malformed, "payload");
  expect_fault("{" + p + ",\"payload\":null," + s + "}", JwsFault::malformed, "payload");
  expect_fault("{" + p + ",\"payload\":{}," + s + "}", JwsFault::malformed, "payload");
  expect_fault("{" + p + "," + l + "}", JwsFault::malformed, "signature");
  expect_fault("{" + l + "," + s + "}", JwsFault::malformed, "protected");
  expect_fault("{" + p + "," + l + ",\"signature\":\"\"}", JwsFault::malformed, "signature is empty");
  expect_fault("{\"protected\":\"\"," + l + "," + s + "}", JwsFault::malformed, "protected header");
  expect_fault(parts.protected_header + "." + parts.payload + "." + parts.signature, JwsFault::malformed, "JWS");
  expect_fault("[" + good + "]", JwsFault::malformed, "no JSON object");
  expect_fault("\"x\"", JwsFault::malformed, "no JSON object");
  expect_fault("", JwsFault::malformed, "JWS");
  expect_fault("\xef\xbb\xbf" + good, JwsFault::malformed, "JWS");
  expect_fault(good + "x", JwsFault::malformed, "JWS");
  expect_fault(body_of(header_with(R"(,"b64":false)")), JwsFault::malformed, "b64");
  expect_fault(std::string(jws_bytes_max + 1, ' '), JwsFault::malformed, "longer than 50,000");
}

TEST(Jws, JWS_03_TheReceivedOctetsAreVerified) {
  const PrivateKey key = crypto::test_keys::p256();
  const std::string header = "{ \"url\":\"https://x/\",\n \"nonce\":\"abc\", \"kid\":\"k\",\"alg\":\"ES256\" }";
  const std::string protected_header = base64url(as_bytes(header));
  const Bytes der = key.sign(as_bytes(protected_header + ".")).value();
  const std::string signature = base64url(ecdsa_to_fixed(KeyType::ec_p256, der).value());
  EXPECT_FALSE(verify(parsed(body_of(header, "", signature)), key.public_key()));
}

TEST(Jws, JWS_04_JWS_11_OnlyListedAlgorithms) {
  EXPECT_EQ(algorithm_names(), (std::vector<std::string>{"ES256", "ES384", "ES512", "EdDSA", "RS256"}));
  for (const std::string alg :
       {"none", "None", "HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "ES256K", "es256", ""}) {
    const std::string header =
        R"({"alg":")" + alg + R"(","jwk":)" + jwk_text() + R"(,"nonce":"abc","url":"https://x/"})";
    expect_fault(body_of(header), JwsFault::bad_algorithm, "not supported");
  }
  expect_fault(body_of(R"({"kid":"k","nonce":"abc","url":"https://x/"})"), JwsFault::malformed, "alg is missing");
  expect_fault(body_of(R"({"alg":7,"kid":"k","nonce":"abc","url":"https://x/"})"), JwsFault::malformed,
               "alg is no string");
}

TEST(Jws, JWS_08_EitherJwkOrKid) {
  const std::string tail = R"(,"nonce":"abc","url":"https://x/"})";
  expect_fault(body_of(R"({"alg":"ES256","jwk":)" + jwk_text() + R"(,"kid":"k")" + tail), JwsFault::malformed, "both");
  expect_fault(body_of(R"({"alg":"ES256")" + tail), JwsFault::malformed, "neither");
  expect_fault(body_of(R"({"alg":"ES256","kid":"")" + tail), JwsFault::malformed, "kid is empty");
  expect_fault(body_of(R"({"alg":"ES256","kid":1)" + tail), JwsFault::malformed, "kid is no string");
  expect_fault(body_of(R"({"alg":"ES256","kid":null)" + tail), JwsFault::malformed, "kid is no string");
  expect_fault(body_of(R"({"alg":"ES256","jwk":"x")" + tail), JwsFault::malformed, "jwk is no object");
}

TEST(Jws, JWS_12_BadKeysAreTheirOwnFault) {
  const std::string small = base64url(Bytes(128, 0xb5));
  const std::string tail = R"(,"nonce":"abc","url":"https://x/"})";
  expect_fault(body_of(R"({"alg":"RS256","jwk":{"kty":"RSA","e":"AQAB","n":")" + small + "\"}" + tail),
               JwsFault::bad_key, "1024 bits");
  expect_fault(body_of(R"({"alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AA","y":"AA"})" + tail),
               JwsFault::bad_key, "x has 1 octets");
}

TEST(Jws, JWS_13_AlgorithmFollowsTheKey) {
  const PrivateKey p256 = crypto::test_keys::p256();
  const PrivateKey p384 = PrivateKey::generate(KeyType::ec_p384).value();
  const PrivateKey rsa = crypto::test_keys::rsa_2048();
  const auto fault = [](const PrivateKey& signer, const PrivateKey& other) {
    const ParsedJws jws = parsed(sign(signer, {.kid = kid}, nonce, url, "").value().dump());
    return verify(jws, other.public_key()).value().fault;
  };
  EXPECT_EQ(fault(p256, p384), JwsFault::bad_algorithm);
  EXPECT_EQ(fault(p384, p256), JwsFault::bad_algorithm);
  EXPECT_EQ(fault(p256, rsa), JwsFault::bad_algorithm);
  EXPECT_EQ(fault(rsa, crypto::test_keys::ed25519()), JwsFault::bad_algorithm);
  ParsedJws jws = parsed(sign(p256, {}, nonce, url, "").value().dump());
  jws.alg = "ES384";
  EXPECT_EQ(verify(jws, *jws.jwk).value().fault, JwsFault::bad_algorithm);
}

TEST(Jws, JWS_13_AJwkForAnotherAlgorithmIsRefused) {
  std::string jwk = jwk_text();
  jwk.insert(jwk.size() - 1, R"(,"alg":"ES256")");
  const std::string tail = R"(,"nonce":"abc","url":"https://x/"})";
  EXPECT_FALSE(fault_of(body_of(R"({"alg":"ES256","jwk":)" + jwk + tail)));
  expect_fault(body_of(R"({"alg":"ES384","jwk":)" + jwk + tail), JwsFault::bad_algorithm, "another algorithm");
}

TEST(Jws, JWS_14_V23_DerSignaturesAreRefused) {
  const PrivateKey key = crypto::test_keys::p256();
  auto parts = sign(key, {}, nonce, url, "{}").value();
  ParsedJws jws = parsed(parts.dump());
  const Bytes fixed = jws.signature;
  jws.signature = ecdsa_to_der(KeyType::ec_p256, fixed).value();
  EXPECT_EQ(verify(jws, key.public_key()).value().fault, JwsFault::malformed);
  jws.signature = Bytes(fixed.begin() + 1, fixed.end());
  EXPECT_TRUE(verify(jws, key.public_key()));
  jws.signature = fixed;
  jws.signature.insert(jws.signature.begin(), 0);
  EXPECT_TRUE(verify(jws, key.public_key()));
  jws.signature = Bytes(64, 0);
  EXPECT_TRUE(verify(jws, key.public_key()));
  jws.signature = fixed;
  EXPECT_FALSE(verify(jws, key.public_key()));
}

TEST(Jws, JWS_16_PrivateMembersAreRefused) {
  std::string jwk = jwk_text();
  jwk.insert(jwk.size() - 1, R"(,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")");
  const std::string body = body_of(R"({"alg":"ES256","jwk":)" + jwk + R"(,"nonce":"abc","url":"https://x/"})");
  expect_fault(body, JwsFault::bad_key, "private member d");
  EXPECT_EQ(fault_of(body)->detail.find("jpsQ"), std::string::npos);
}

TEST(Jws, JWS_17_DuplicateNamesAreRefused) {
  expect_fault(body_of(header_with(R"(,"alg":"none")")), JwsFault::malformed, "protected header");
  expect_fault(body_of(header_with(R"(,"url":"https://y/")")), JwsFault::malformed, "protected header");
  std::string body = body_of(header_with(""));
  body.insert(body.size() - 1, R"(,"payload":"e30")");
  expect_fault(body, JwsFault::malformed, "payload");
}

TEST(Jws, JWS_18_V23_CritIsRefused) {
  for (const std::string crit : {R"(["b64"])", R"(["exp"])", "[]", "null"}) {
    expect_fault(body_of(header_with(R"(,"crit":)" + crit)), JwsFault::malformed, "crit");
  }
}

TEST(Jws, TR_05_SF8_V23_StrictBase64url) {
  const std::string header = base64url(as_bytes(header_with("")));
  for (const std::string wrong : {"AA==", "AA=", "A", "AB", "A+A", "A/A", "A A", "AA\\n"}) {
    for (const std::string place : {"payload", "signature", "protected"}) {
      const auto value = [&](const std::string& name, const std::string& good) {
        return "\"" + name + "\":\"" + (name == place ? wrong : good) + "\"";
      };
      expect_fault(
          "{" + value("protected", header) + "," + value("payload", "e30") + "," + value("signature", "AAAA") + "}",
          JwsFault::malformed, place);
    }
  }
}

TEST(Jws, NON_07_V23_NonceMustBeBase64url) {
  for (const std::string wrong : {"abc=", "a b", "a+b", ""}) {
    expect_fault(body_of(R"({"alg":"ES256","kid":"k","nonce":")" + wrong + R"(","url":"https://x/"})"),
                 JwsFault::malformed, "nonce");
  }
  expect_fault(body_of(R"({"alg":"ES256","kid":"k","nonce":1,"url":"https://x/"})"), JwsFault::malformed, "nonce");
  EXPECT_FALSE(parsed(body_of(R"({"alg":"ES256","kid":"k","url":"https://x/"})")).nonce);
  expect_fault(body_of(R"({"alg":"ES256","kid":"k","nonce":"abc"})"), JwsFault::malformed, "url");
  expect_fault(body_of(R"({"alg":"ES256","kid":"k","nonce":"abc","url":""})"), JwsFault::malformed, "url");
  expect_fault(body_of(R"(["alg"])"), JwsFault::malformed, "no object");
}

TEST(Jws, WhatASenderWroteIsBoundedInTheDetail) {
  const std::string name(5000, 'n');
  const auto fault = fault_of("{\"" + name + "\":1,\"" + name + "\":\"\\u001b[31m\"}");
  ASSERT_TRUE(fault);
  EXPECT_LT(fault->detail.size(), 2500u);
  EXPECT_EQ(fault->detail.find('\x1b'), std::string::npos);
}

// A signer whose token answers in the JOSE form, or with nothing sensible.
class OddSigner final : public crypto::Signer {
 public:
  explicit OddSigner(Result<Bytes> answer) : answer_(std::move(answer)) {}
  const crypto::PublicKey& public_key() const override { return key_; }
  Result<Bytes> sign(ByteView) const override { return answer_; }

 private:
  crypto::PublicKey key_ = crypto::test_keys::p256().public_key();
  Result<Bytes> answer_;
};

TEST(Jws, ASignerThatFailsIsAnError) {
  const OddSigner broken(Bytes(64, 1));
  EXPECT_EQ(sign(broken, {}, nonce, url, "").error().kind, ErrorKind::internal);
  const OddSigner gone(make_error(ErrorKind::storage, "token removed"));
  EXPECT_EQ(sign(gone, {}, nonce, url, "").error().kind, ErrorKind::storage);
}

}  // namespace
}  // namespace crest::jose
