#include "ca/web/gate.hpp"

#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"
#include "jose/ecdsa_form.hpp"

namespace crest::ca::web {
namespace {

using encoding::base64url;
using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;

// The account's key is Ed25519, whose JWS signature is the plain one: so a test can sign any header it likes.
class GateTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca, crypto::KeyType::ed25519};
  const std::string url = AcmeDriver::url("/new-order");
  const std::string good_payload = R"({"identifiers":[{"type":"dns","value":"a.corp.example"}]})";

  void SetUp() override { ASSERT_EQ(driver.new_account().status(), 201); }

  std::string quoted(const std::string& text) const { return '"' + text + '"'; }
  std::string jwk() const { return jose::to_jwk(driver.public_key()).dump(); }
  std::string member(const std::string& name, const std::string& json) const { return quoted(name) + ":" + json; }

  std::string body_of(const std::string& header, const std::string& payload) const {
    const std::string input = base64url(as_bytes(header)) + "." + base64url(as_bytes(payload));
    const auto signature = driver.key().sign(as_bytes(input)).value();
    return R"({"protected":")" + base64url(as_bytes(header)) + R"(","payload":")" + base64url(as_bytes(payload)) +
           R"(","signature":")" + base64url(signature) + R"("})";
  }
  // Signed by any key as it signs by itself, but for the names of MACs: those with the public key, which everybody has.
  static std::string signed_by(const crypto::PrivateKey& key, const std::string& header, const std::string& payload,
                               const std::string& alg) {
    const std::string input = base64url(as_bytes(header)) + "." + base64url(as_bytes(payload));
    const auto type = key.public_key().type();
    Bytes signature = key.sign(as_bytes(input)).value();
    if (jose::ecdsa_half_size(type)) signature = *jose::ecdsa_to_fixed(type, signature);
    if (alg == "HS256") signature = crypto::hmac(crypto::Hash::sha256, key.public_key().spki(), as_bytes(input));
    if (alg == "HS384") signature = crypto::hmac(crypto::Hash::sha384, key.public_key().spki(), as_bytes(input));
    return jose::SignedParts{base64url(as_bytes(header)), base64url(as_bytes(payload)), base64url(signature)}.dump();
  }
  // The members of a protected header, those of a good one unless they are given.
  struct Header {
    std::string alg = R"("alg":"EdDSA")";
    std::string signer;
    std::string nonce;
    std::string url;
    std::string more;
  };
  std::string dump(Header h) {
    if (h.signer.empty()) h.signer = member("kid", quoted(driver.account_url()));
    if (h.nonce.empty()) h.nonce = member("nonce", quoted(driver.nonce()));
    if (h.url.empty()) h.url = member("url", quoted(url));
    std::string out = "{";
    for (const auto& part : {h.alg, h.signer, h.nonce, h.url, h.more}) {
      if (part != "-" && !part.empty()) out += (out.size() > 1 ? "," : "") + part;
    }
    return out + "}";
  }
  Answer send(const std::string& body, const std::string& to = {}) {
    return driver.send(AcmeDriver::jose_request(to.empty() ? url : to, body));
  }
  Answer send(const Header& header) { return send(body_of(dump(header), good_payload)); }
};

TEST_F(GateTest, JWS_06_AGoodRequestPasses) {
  const auto answer = send(Header{});
  EXPECT_EQ(answer.status(), 201) << answer.response.body;
}

TEST_F(GateTest, JWS_05_JWS_07_EveryAlgorithmPasses) {
  for (const auto type : {crypto::KeyType::ec_p256, crypto::KeyType::ec_p384, crypto::KeyType::ec_p521,
                          crypto::KeyType::rsa_2048, crypto::KeyType::ed25519}) {
    AcmeDriver other(ca, type);
    EXPECT_EQ(other.new_account().status(), 201) << crypto::to_string(type);
    EXPECT_EQ(other.new_order({std::string("a.corp.example")}).status(), 201) << crypto::to_string(type);
  }
}

TEST_F(GateTest, JWS_02_JWS_04_JWS_08_JWS_10_JWS_11_JWS_13_JWS_17_JWS_18_JWS_20_JWS_22_SF5_HeaderMatrix) {
  const std::string kid = member("kid", quoted(driver.account_url()));
  const std::string key = member("jwk", jwk());
  const auto alg = [&](const std::string& name) { return member("alg", quoted(name)); };
  const struct {
    const char* id;
    Header header;
    int status;
    const char* type;
  } cases[] = {
      {"JWS-02 b64", {.more = R"("b64":false)"}, 400, "malformed"},
      {"JWS-18 crit", {.more = R"("crit":["b64"],"b64":false)"}, 400, "malformed"},
      {"JWS-18 crit unknown", {.more = R"("crit":["exp"],"exp":1)"}, 400, "malformed"},
      {"JWS-04 none", {.alg = alg("none")}, 400, "badSignatureAlgorithm"},
      {"JWS-04 HS256", {.alg = alg("HS256")}, 400, "badSignatureAlgorithm"},
      {"JWS-11 PS256", {.alg = alg("PS256")}, 400, "badSignatureAlgorithm"},
      {"JWS-13 ES256 by Ed25519", {.alg = alg("ES256")}, 400, "badSignatureAlgorithm"},
      {"JWS-13 RS256 by Ed25519", {.alg = alg("RS256")}, 400, "badSignatureAlgorithm"},
      {"no alg", {.alg = "-"}, 400, "malformed"},
      {"JWS-08 both", {.signer = kid + "," + key}, 400, "malformed"},
      {"JWS-08 neither", {.signer = "-"}, 400, "malformed"},
      {"JWS-10 jwk on newOrder", {.signer = key}, 400, "malformed"},
      {"JWS-17 double alg", {.more = alg("EdDSA")}, 400, "malformed"},
      {"JWS-17 double url", {.more = member("url", quoted(url))}, 400, "malformed"},
      {"NON-05 no nonce", {.nonce = "-"}, 400, "badNonce"},
      {"NON-05 unknown nonce", {.nonce = R"("nonce":"AAAA")"}, 400, "badNonce"},
      {"NON-07 nonce is no base64url", {.nonce = R"("nonce":"abc=")"}, 400, "malformed"},
      {"NON-07 nonce is no string", {.nonce = R"("nonce":7)"}, 400, "malformed"},
      {"no url", {.url = "-"}, 400, "malformed"},
      {"JWS-20 other resource", {.url = member("url", quoted(AcmeDriver::url("/key-change")))}, 403, "unauthorized"},
      {"JWS-20 other host", {.url = R"("url":"https://evil.test/acme/corp/new-order")"}, 403, "unauthorized"},
      {"JWS-20 other case", {.url = R"("url":"https://CA.test:9000/acme/corp/new-order")"}, 403, "unauthorized"},
      {"JWS-20 http", {.url = R"("url":"http://ca.test:9000/acme/corp/new-order")"}, 403, "unauthorized"},
      {"JWS-20 query", {.url = member("url", quoted(url + "?x"))}, 403, "unauthorized"},
      {"JWS-22 unknown kid",
       {.signer = member("kid", quoted(AcmeDriver::url("/account/AAAA")))},
       400,
       "accountDoesNotExist"},
      {"JWS-22 foreign kid", {.signer = R"("kid":"https://other.test/acme/acct/1")"}, 400, "accountDoesNotExist"},
      {"kid is no URL", {.signer = R"("kid":"1")"}, 400, "accountDoesNotExist"},
      {"kid is an order list",
       {.signer = member("kid", quoted(driver.account_url() + "/orders"))},
       400,
       "accountDoesNotExist"},
  };
  for (const auto& [id, header, status, type] : cases) {
    const auto answer = send(header);
    EXPECT_EQ(answer.status(), status) << id << answer.response.body;
    EXPECT_EQ(answer.type(), type) << id << answer.response.body;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << id;
    EXPECT_NE(answer.header("Replay-Nonce"), "") << id;
    EXPECT_EQ(answer.texts("algorithms").empty(), answer.type() != "badSignatureAlgorithm") << id;
  }
}

TEST_F(GateTest, JWS_02_JWS_03_SF5_SF7_SF8_BodyMatrix) {
  const auto good = [&] { return body_of(dump({}), good_payload); };
  const auto with = [&](const std::string& more) {
    auto body = good();
    return body.substr(0, body.size() - 1) + "," + more + "}";
  };
  auto compact = good();
  const auto parsed = encoding::Json::parse(compact).value();
  compact = *parsed.find("protected")->as_string() + "." + *parsed.find("payload")->as_string() + "." +
            *parsed.find("signature")->as_string();
  auto no_payload = good();
  no_payload.erase(no_payload.find(",\"payload\""),
                   no_payload.find(",\"signature\"") - no_payload.find(",\"payload\""));
  auto padded = good();
  padded.insert(padded.size() - 2, "==");
  auto changed = body_of(dump({}), good_payload);
  const auto at = changed.find("\"payload\":\"") + 15;
  changed[at] = changed[at] == 'A' ? 'B' : 'A';
  const struct {
    const char* id;
    std::string body;
  } cases[] = {{"empty", ""},
               {"no JSON", "x"},
               {"array", "[]"},
               {"JWS-02 compact", compact},
               {"JWS-02 header", with(R"("header":{"kid":"x"})")},
               {"JWS-02 signatures", with(R"("signatures":[])")},
               {"JWS-02 no payload", no_payload},
               {"SF7 double member", with(R"("payload":"")")},
               {"SF7 trailing octets", good() + "x"},
               {"SF7 byte order mark", "\xef\xbb\xbf" + good()},
               {"SF8 padding", padded},
               {"JWS-03 payload changed", changed},
               {"JWS-03 deep", std::string(100, '[')}};
  for (const auto& [id, body] : cases) {
    const auto answer = send(body);
    EXPECT_EQ(answer.status(), 400) << id;
    EXPECT_EQ(answer.type(), "malformed") << id << answer.response.body;
  }
}

TEST_F(GateTest, JWS_03_ASignatureByAnotherKeyIsRefused) {
  AcmeDriver other(ca, crypto::KeyType::ed25519);
  auto body = jose::sign(other.key(), {driver.account_url()}, driver.nonce(), url, good_payload).value().dump();
  EXPECT_EQ(send(body).type(), "malformed");
  EXPECT_EQ(send(Header{}).status(), 201);
}

TEST_F(GateTest, JWS_14_DerSignaturesAreRefused) {
  AcmeDriver ec(ca, crypto::KeyType::ec_p256);
  const auto parts = jose::sign(ec.key(), {}, ec.nonce(), AcmeDriver::url("/new-account"), "{}").value();
  const auto der = ec.key().sign(as_bytes(parts.protected_header + "." + parts.payload)).value();
  const std::string body = jose::SignedParts{parts.protected_header, parts.payload, base64url(der)}.dump();
  EXPECT_EQ(send(body, AcmeDriver::url("/new-account")).type(), "malformed");
}

TEST_F(GateTest, JWS_12_JWS_15_JWS_16_KeyMatrix) {
  const std::string to = AcmeDriver::url("/new-account");
  const std::string private_member =
      R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",)"
      R"("d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"})";
  const struct {
    const char* id;
    std::string alg, jwk;
  } cases[] = {
      {"JWS-16 private member", "EdDSA", private_member},
      {"JWS-12 off the curve", "ES256",
       R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"})"},
      {"JWS-15 V4 short coordinate", "ES256",
       R"({"kty":"EC","crv":"P-256","x":"VUOJSvPQDtfXQKvb11yWsGh3t4fbX3Dup4uQqNfACg","y":"u0yFo9jqKe-q-iRAaRLdhNWxTcMr9lbvbGvVil2UP5I"})"},
      {"JWS-12 unknown curve", "ES256", R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})"},
      {"JWS-12 oct", "EdDSA", R"({"kty":"oct","k":"AAAA"})"},
      {"JWS-12 tiny RSA", "RS256", R"({"kty":"RSA","n":"u1Y","e":"AQAB"})"},
  };
  for (const auto& [id, alg, key] : cases) {
    const auto answer = send(
        body_of(
            dump({.alg = member("alg", quoted(alg)), .signer = member("jwk", key), .url = member("url", quoted(to))}),
            "{}"),
        to);
    EXPECT_EQ(answer.status(), 400) << id;
    EXPECT_EQ(answer.type(), "badPublicKey") << id << answer.response.body;
    EXPECT_NE(answer.text("detail"), "") << id;
  }
  EXPECT_EQ(ca.log.text().find("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"), std::string::npos);
}

TEST_F(GateTest, JWS_10_KidOnNewAccountIsRefused) {
  const std::string to = AcmeDriver::url("/new-account");
  EXPECT_EQ(driver.post(to, "{}").type(), "malformed");
}

TEST_F(GateTest, TR_08_ContentTypeMatrix) {
  const struct {
    std::optional<std::string> type;
    int status;
  } cases[] = {{"application/jose+json", 201},
               {"APPLICATION/JOSE+JSON", 201},
               {"application/json", 415},
               {"application/jose+json; charset=utf-8", 415},
               {"text/plain", 415},
               {"", 415},
               {std::nullopt, 415}};
  for (const auto& [type, status] : cases) {
    auto request = AcmeDriver::jose_request(url, body_of(dump({}), good_payload));
    request.headers = {};
    if (type) request.headers.add("Content-Type", *type);
    const auto answer = driver.send(request);
    EXPECT_EQ(answer.status(), status) << type.value_or("none");
    EXPECT_EQ(answer.type(), status == 415 ? "malformed" : "");
  }
}

TEST_F(GateTest, TR_16_SF60_SizeIsLimited) {
  EXPECT_EQ(send(std::string(http::request_bytes_max + 1, ' ')).status(), 413);
}

TEST_F(GateTest, SF5_ReplayNonceAsARequestHeaderIsRefused) {
  auto request = AcmeDriver::jose_request(url, body_of(dump({}), good_payload));
  request.headers.add("Replay-Nonce", "x");
  EXPECT_EQ(driver.send(request).type(), "malformed");
}

TEST_F(GateTest, NON_04_ANonceIsSpentEvenByARequestThatFails) {
  const auto nonce = driver.nonce();
  const Header wrong_url{.nonce = member("nonce", quoted(nonce)), .url = R"("url":"https://evil.test/")"};
  EXPECT_EQ(send(wrong_url).type(), "unauthorized");
  EXPECT_EQ(send(Header{.nonce = member("nonce", quoted(nonce))}).type(), "badNonce");
}

TEST_F(GateTest, NON_05_TheErrorBringsANonceThatWorks) {
  const auto refused = send(Header{.nonce = R"("nonce":"AAAA")"});
  const auto answer = send(Header{.nonce = member("nonce", quoted(refused.header("Replay-Nonce")))});
  EXPECT_EQ(answer.status(), 201);
  EXPECT_EQ(send(Header{.nonce = member("nonce", quoted(answer.header("Replay-Nonce")))}).status(), 201);
}

// What each key signs under a name that is not its own, as well as it can be signed.
TEST_F(GateTest, JWS_04_JWS_13_SF3_TheAlgorithmFollowsFromTheKeyAlone) {
  const std::string to = AcmeDriver::url("/new-account");
  for (const auto type : {crypto::KeyType::ec_p256, crypto::KeyType::ec_p384, crypto::KeyType::ec_p521,
                          crypto::KeyType::rsa_2048, crypto::KeyType::ed25519}) {
    const auto key = crypto::PrivateKey::generate(type).value();
    const std::string own(jose::to_string(jose::algorithm_for(type)));
    for (const std::string name : {"ES256", "ES384", "ES512", "RS256", "EdDSA", "PS256", "RS384", "RS512", "HS256",
                                   "HS384", "none", "None", "es256", ""}) {
      const auto header = dump({.alg = member("alg", quoted(name)),
                                .signer = member("jwk", jose::to_jwk(key.public_key()).dump()),
                                .url = member("url", quoted(to))});
      const auto answer = send(signed_by(key, header, "{}", name), to);
      EXPECT_EQ(answer.status(), name == own ? 201 : 400) << own << " as " << name;
      EXPECT_EQ(answer.type(), name == own ? "" : "badSignatureAlgorithm") << own << " as " << name;
      EXPECT_EQ(answer.texts("algorithms"), name == own ? std::vector<std::string>() : jose::algorithm_names());
    }
  }
}

TEST_F(GateTest, SF3_AnAlgorithmOutsideTheProtectedHeaderCountsForNothing) {
  const auto good = body_of(dump({}), good_payload);
  const auto none = body_of(dump({.alg = "-"}), good_payload);
  for (const auto& body : {good, none}) {
    for (const char* more : {R"("header":{"alg":"EdDSA"})", R"("header":{"alg":"none"})", R"("alg":"EdDSA")"}) {
      const auto answer = send(body.substr(0, body.size() - 1) + "," + more + "}");
      const bool ignored = body == good && std::string_view(more).starts_with(R"("alg")");
      EXPECT_TRUE(ignored || answer.type() == "malformed") << more << answer.response.body;
    }
  }
}

TEST_F(GateTest, JWS_08_JWS_10_SF4_EachEndpointTakesItsKindOfSigner) {
  ca.options.reuse_authorizations = true;  // with newAuthz
  ca.start();
  enum class Takes { key, account, either };
  const auto order = driver.new_order({std::string("a.corp.example")});
  const auto authorization = order.texts("authorizations").front();
  const struct {
    std::string url;
    Takes takes;
  } endpoints[] = {{AcmeDriver::url("/new-account"), Takes::key},
                   {AcmeDriver::url("/revoke-cert"), Takes::either},
                   {AcmeDriver::url("/new-order"), Takes::account},
                   {AcmeDriver::url("/new-authz"), Takes::account},
                   {AcmeDriver::url("/key-change"), Takes::account},
                   {AcmeDriver::url("/directory"), Takes::account},
                   {AcmeDriver::url("/new-nonce"), Takes::account},
                   {AcmeDriver::url("/certificate/00"), Takes::account},
                   {driver.account_url(), Takes::account},
                   {driver.account_url() + "/orders", Takes::account},
                   {order.location(), Takes::account},
                   {order.text("finalize"), Takes::account},
                   {authorization, Takes::account},
                   {driver.challenge_url(authorization), Takes::account}};
  const std::string kid = member("kid", quoted(driver.account_url())), key = member("jwk", jwk());
  const std::string refusals[] = {"must be signed by an account, named as kid", "must carry its key as jwk"};
  for (const auto& [to, takes] : endpoints) {
    const auto detail = [&, &to = to](const std::string& signer) {
      return send(body_of(dump({.signer = signer, .url = member("url", quoted(to))}), ""), to).text("detail");
    };
    EXPECT_EQ(detail(key).find(refusals[0]) != std::string::npos, takes == Takes::account) << to << detail(key);
    EXPECT_EQ(detail(kid).find(refusals[1]) != std::string::npos, takes == Takes::key) << to << detail(kid);
    for (const auto& signer : {kid + "," + key, key + "," + kid, std::string("-")}) {
      const auto answer = send(body_of(dump({.signer = signer, .url = member("url", quoted(to))}), ""), to);
      EXPECT_EQ(answer.status(), 400) << to << signer;
      EXPECT_EQ(answer.type(), "malformed") << to << signer;
    }
  }
}

TEST_F(GateTest, JWS_20_SF6_TheUrlIsOursOctetForOctet) {
  const auto sent = [&](const std::string& named, const http::Headers& more = {}, const std::string& to = {}) {
    auto request = AcmeDriver::jose_request(to.empty() ? url : to,
                                            body_of(dump({.url = member("url", quoted(named))}), good_payload));
    for (const auto& [name, value] : more.fields()) request.headers.add(name, value);
    return driver.send(request).status();
  };
  const std::string origin(TestCa::base), path = "/acme/corp/new-order";
  for (const auto& named :
       {url + "/", url + "?", url + "#", origin + "//acme/corp/new-order", origin + "/acme/./corp/new-order",
        origin + "/acme/corp/new%2Dorder", origin + "/acme/corp/New-Order", "HTTPS://ca.test:9000" + path,
        "https://ca.test" + path, "https://ca.test:09000" + path, "https://ca.test.:9000" + path,
        "https://x@ca.test:9000" + path, path, std::string("//ca.test:9000") + path, url + " ", std::string()}) {
    const int status = sent(named);
    EXPECT_TRUE(status == 403 || status == 400) << named << " " << status;
  }
  // What a proxy says, or somebody in its place, neither makes another URL right nor ours wrong.
  const std::string evil = "https://evil.test" + path;
  for (const auto& [name, value] : {std::pair{"Host", "evil.test"},
                                    {"X-Forwarded-Host", "evil.test"},
                                    {"X-Forwarded-Server", "evil.test"},
                                    {"X-Host", "evil.test"},
                                    {"Forwarded", "host=evil.test;proto=https"},
                                    {"X-Original-URL", "/evil"},
                                    {"X-Rewrite-URL", "/evil"},
                                    {"X-Forwarded-Prefix", "/evil"},
                                    {"X-Forwarded-Proto", "http"}}) {
    EXPECT_EQ(sent(evil, {{name, value}}), 403) << name;
    EXPECT_EQ(sent(url, {{name, value}}), 201) << name;
  }
  // Nor is there a second way to a resource, whose own URL could then be signed.
  for (const auto* other : {"/acme/corp//new-order", "/acme/corp/new-order/", "/acme/corp/new%2Dorder"}) {
    EXPECT_EQ(sent(origin + other, {}, origin + other), 404) << other;
  }
}

TEST_F(GateTest, JWS_21_ForwardedHeadersChangeNothing) {
  auto request = AcmeDriver::jose_request(
      url, body_of(dump({.url = R"("url":"https://evil.test/acme/corp/new-order")"}), good_payload));
  request.headers.add("Host", "evil.test");
  request.headers.add("X-Forwarded-Host", "evil.test");
  EXPECT_EQ(driver.send(request).type(), "unauthorized");
}

}  // namespace
}  // namespace crest::ca::web
