// Bad input of every kind, given to the real `crest` over real HTTPS: each ends with one clear line, its exit code and
// class, in time and in little memory, and what was live before stays as it was, octet for octet.
#include <malloc.h>
#include <sys/file.h>

#include "http/retry_after.hpp"
#include "slow_server.hpp"
#include "stage.hpp"

namespace crest::testing {
namespace {

using Change = HostileCa::Change;

HostileCa& ca() { return Stage::get().ca; }

struct BadInput : ::testing::Test {
  BadInput() { ca().behave(); }
};

// ---- What the CA says. Places that a JSON answer comes from, and what may come instead.

void set_answer(http::Response& response, int status, const std::string& type, std::string body) {
  response.status = status;
  response.headers.set("Content-Type", type);
  response.body = std::move(body);
}

Change answers(int status, std::string type, std::string body) {
  return [=](http::Response& response) { set_answer(response, status, type, body); };
}
Change problem(int status, const std::string& word, const std::string& detail = "no", http::Headers headers = {}) {
  encoding::Json document = encoding::Json::object();
  document.set("type", "urn:ietf:params:acme:error:" + word).set("detail", detail).set("status", status);
  return [=, text = document.dump()](http::Response& response) {
    set_answer(response, status, "application/problem+json", text);
    for (const auto& [name, value] : headers.fields()) response.headers.set(name, value);
  };
}

constexpr const char* json_type = "application/json";
constexpr std::size_t huge_bytes = 10u << 20;
constexpr int depth = 100'000, many_headers = 200;

struct Body {
  const char* name;
  Change change;
  Wanted wanted;
};

const std::vector<Body>& bodies() {
  static const std::vector<Body> all = {
      {"CF5_Html",
       answers(200, "text/html", "<html>\r\n<title>Sign in \x1b[2J</title>"),
       {"ca_protocol", 75, "", "check"}},
      {"CF5_Empty", [](http::Response& response) { response.body.clear(); }, {"ca_protocol", 75, "", "check"}},
      {"CF1_TenMegabytes",
       [](http::Response& response) { response.body = std::string(huge_bytes, ' '); },
       {"response_too_large", 2, "", "check the URL"}},
      {"CF4_Deep",
       [](http::Response& response) {
         set_answer(response, 200, json_type, std::string(depth, '[') + std::string(depth, ']'));
       },
       {"ca_protocol", 75, "", ""}},
      {"CF4_Truncated",
       [](http::Response& response) { response.body.resize(response.body.size() / 2); },
       {"ca_protocol", 75, "", ""}},
      {"CF3_Gzip",
       [](http::Response& response) { response.headers.add("Content-Encoding", "gzip"); },
       {"ca_protocol", 75, "", "proxy"}},
      {"CF10_ManyHeaders",
       [](http::Response& response) {
         for (int i = 0; i < many_headers; ++i) response.headers.add("X-" + std::to_string(i), "y");
       },
       {"response_too_large", 2, "", "check the URL"}},
  };
  return all;
}

struct Place {
  const char* name;
  At at;
  const char* url;
};
constexpr Place places[] = {
    {"Directory", At::directory, "https://localhost:9000/acme/corp/directory"},
    {"NewAccount", At::new_account, "https://localhost:9000/acme/corp/new-account"},
    {"NewOrder", At::new_order, "https://localhost:9000/acme/corp/new-order"},
    {"Authorization", At::authorization, "https://localhost:9000/acme/corp/authz/"},
    {"Order", At::order, "https://localhost:9000/acme/corp/order/"},
    {"Finalize", At::finalize, "/finalize"},
    {"Certificate", At::certificate, "https://localhost:9000/acme/corp/certificate/"},
};

void forget_account(const Host&, const fs::path& state) {
  fs::remove_all(state / "accounts");
  fs::create_directory(state / "accounts");
}

struct BadBody : BadInput, ::testing::WithParamInterface<std::tuple<Body, Place>> {};

TEST_P(BadBody, EndsInOneLine) {
  const auto& [body, place] = GetParam();
  Wanted wanted = body.wanted;
  wanted.where = place.url;
  const bool pem = place.at == At::certificate;
  if (pem && std::string_view(body.name) == "CF4_Truncated") wanted.kind = "cert_rejected", wanted.code = 2;
  ca().change(place.at, body.change);
  Attempt attempt;
  if (place.at == At::new_account) attempt.prepare = forget_account;
  attempt.ends_with(wanted);
}

INSTANTIATE_TEST_SUITE_P(Ca, BadBody, ::testing::Combine(::testing::ValuesIn(bodies()), ::testing::ValuesIn(places)),
                         [](const auto& row) {
                           return std::string(std::get<0>(row.param).name) + "_" + std::get<1>(row.param).name;
                         });

// An answer to the challenge itself is not believed either way: what counts is what the authorization says then.
TEST_F(BadInput, CF5_TheAnswerToAChallengeDecidesNothing) {
  ca().change(At::challenge, answers(200, "text/html", "<html>fine</html>"));
  const Attempt attempt;
  EXPECT_EQ(attempt.one(json_host, true).ended.code, 0);
}

// ---- What the CA says that is well-formed, and wrong.

// In the JSON that the CA would send, the member at `path` ("challenges.0.token") becomes `value`.
Change member(std::vector<std::string> path, encoding::Json value);

encoding::Json with(const encoding::Json& json, std::span<const std::string> path, const encoding::Json& value) {
  if (path.empty()) return value;
  if (const auto* items = json.as_array()) {
    encoding::Json out = encoding::Json::array();
    for (const encoding::Json& item : *items) out.push(with(item, path.subspan(1), value));  // "*": each
    return out;
  }
  encoding::Json out = json;
  const encoding::Json* inner = json.find(path.front());
  return out.set(path.front(), inner ? with(*inner, path.subspan(1), value) : value);
}

Change member(std::vector<std::string> path, encoding::Json value) {
  return [=](http::Response& response) {
    const auto json = encoding::Json::parse(response.body);
    if (json && response.status < 300) response.body = with(*json, path, value).dump();
  };
}

Change headers(int status, http::Headers fields) {
  return [=](http::Response& response) {
    response.status = status;
    for (const auto& [name, value] : fields.fields()) response.headers.set(name, value);
  };
}

struct Row {
  const char* name;
  At at;
  Change change;
  Wanted wanted;
  const char* timeout = "20s";
  Attempt::Prepare prepare = {};
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

struct BadAnswer : BadInput, ::testing::WithParamInterface<Row> {};

TEST_P(BadAnswer, EndsInOneLine) {
  const Row& row = GetParam();
  ca().change(row.at, row.change);
  Attempt attempt;
  attempt.prepare = row.prepare;
  attempt.timeout = row.timeout;
  if (attempt.timeout != "20s") attempt.at_most = 3'000ms + slack;
  attempt.ends_with(row.wanted);
}

constexpr const char* soon = "3s";  // for what would go on for ever
const std::string at_directory = "https://localhost:9000/acme/corp/directory";
const std::string at_new_order = "https://localhost:9000/acme/corp/new-order";
const std::string at_authz = "https://localhost:9000/acme/corp/authz/";
const std::string at_order = "https://localhost:9000/acme/corp/order/";
const std::string at_certificate = "https://localhost:9000/acme/corp/certificate/";
const std::string own_name = ".test";  // both hosts' names end so

Change json_text(const char* text) { return answers(200, json_type, text); }
Change token(std::string text) { return member({"challenges", "*", "token"}, std::move(text)); }

const Row wrong_json[] = {
    {"CF4_MemberTwice",
     At::directory,
     json_text(R"({"newNonce":"https://a/","newNonce":"https://b/"})"),
     {"ca_protocol", 75, at_directory, "newNonce"}},
    {"CF4_ByteOrderMark", At::directory, json_text("\xef\xbb\xbf{}"), {"ca_protocol", 75, at_directory}},
    {"CF4_NoUtf8", At::directory, json_text("{\"newNonce\":\"\xff\xfe\"}"), {"ca_protocol", 75, at_directory}},
    {"CF4_LoneSurrogate", At::directory, json_text(R"({"newNonce":"\ud800"})"), {"ca_protocol", 75, at_directory}},
    {"CF4_Infinity", At::directory, json_text(R"({"newNonce":1e999})"), {"ca_protocol", 75, at_directory}},
    {"CF4_AnotherType", At::directory, json_text(R"({"newNonce":7})"), {"ca_protocol", 75, at_directory, "newNonce"}},
    {"CF4_NoObject", At::new_order, json_text("[]"), {"ca_protocol", 75, at_new_order}},
    {"CF8_HttpInDirectory",
     At::directory,
     member({"newOrder"}, "http://localhost:9000/acme/corp/new-order"),
     {"ca_protocol", 75, "http://localhost:9000/acme/corp/new-order", "https"}},
    {"CF8_FileInDirectory", At::directory, member({"newNonce"}, "file:///etc/passwd"), {"ca_protocol", 75, "newNonce"}},
    {"CF8_HttpAuthorization",
     At::new_order,
     member({"authorizations", "*"}, "http://localhost:9000/authz"),
     {"ca_protocol", 75, "http://localhost:9000/authz", "https"}},
    {"CF8_HttpCertificate",
     At::finalize,
     member({"certificate"}, "http://localhost:9000/certificate"),
     {"ca_protocol", 75, "http://localhost:9000/certificate", "https"}},
    {"CF8_HttpLocation",
     At::new_order,
     headers(201, {{"Location", "http://localhost:9000/order"}}),
     {"ca_protocol", 75, "http://localhost:9000/order", "https"}},
    {"CF19_HttpChallenge",
     At::authorization,
     member({"challenges", "*", "url"}, "http://localhost:9000/challenge"),
     {"ca_protocol", 75, "http://localhost:9000/challenge", "https"}},
    {"CF19_LongChallenge",
     At::authorization,
     member({"challenges", "*", "url"}, "https://localhost:9000/" + std::string(10'000, 'x')),
     {"ca_protocol", 75, "https://localhost:9000/"}},
    {"CF18_TokenLeavesItsFolder",
     At::authorization,
     token("../../../etc/cron.d/x"),
     {"bad_token", 2, at_authz, "operator"}},
    {"CF18_TokenWithSlash", At::authorization, token("a/b"), {"bad_token", 2, at_authz, "operator"}},
    {"CF18_TokenWithPercent", At::authorization, token("%2e%2e%2fx"), {"bad_token", 2, at_authz, "operator"}},
    {"CF18_TokenWithNul", At::authorization, token(std::string("ab\0cd", 5)), {"bad_token", 2, at_authz, "operator"}},
    {"CF18_TokenWithEscape", At::authorization, token("\x1b[2J"), {"bad_token", 2, at_authz, "operator"}},
    {"CF18_TokenEmpty", At::authorization, token(""), {"bad_token", 2, at_authz, "operator"}},
    {"CF18_TokenHuge", At::authorization, token(std::string(100'000, 'a')), {"bad_token", 2, at_authz, "operator"}},
    {"CF21_AuthorizationOfAnotherName",
     At::authorization,
     member({"identifier", "value"}, "evil.example"),
     {"ca_protocol", 75, "evil.example"}},
    {"CF21_OrderForAnotherName",
     At::new_order,
     member({"identifiers", "*", "value"}, "evil.example"),
     {"ca_protocol", 75, at_order}},
    {"CF41_NoChallengeOfOurs",
     At::authorization,
     member({"challenges", "*", "type"}, "carrier-pigeon-01"),
     {"no_challenge", 2, at_authz, "carrier-pigeon-01"}},
    {"CF33_WantsExternalAccount",
     At::directory,
     member({"meta"}, encoding::Json::object().set("externalAccountRequired", true)),
     {"eab", 2, at_directory, "--eab-kid"},
     "20s",
     forget_account},
    {"CF16_TermsWithEscape",
     At::directory,
     member({"meta"}, encoding::Json::object().set("termsOfService", "https://x.example/\x1b]0;owned\x07\xe2\x80\xae")),
     {"user_action", 2, at_directory, "--agree-tos"},
     "20s",
     forget_account},
};

const Row wrong_status[] = {
    {"CF7_RedirectOfAPost",
     At::new_order,
     headers(307, {{"Location", "https://localhost:9000/elsewhere"}}),
     {"ca_protocol", 75, at_new_order, "https://localhost:9000/elsewhere"}},
    {"CF7_RedirectOfFinalize",
     At::finalize,
     headers(308, {{"Location", "http://localhost/"}}),
     {"ca_protocol", 75, "/finalize", "never followed"}},
    {"CF7_DirectoryLeadsToHttp",
     At::directory,
     headers(302, {{"Location", "http://localhost:9000/directory"}}),
     {"ca_protocol", 75, at_directory, "http"}},
    {"CF7_DirectoryLeadsToItself",
     At::directory,
     headers(302, {{"Location", at_directory}}),
     {"ca_protocol", 75, at_directory, "circle"}},
    {"CF6_BadGatewayInHtml",
     At::new_order,
     answers(502, "text/html", "<html>\x1b[31mBad Gateway</html>"),
     {"ca_protocol", 75, at_new_order, "502"},
     soon},
    {"CF38_Maintenance",
     At::new_order,
     problem(503, "serverInternal"),
     {"ca_protocol", 75, at_new_order, "later"},
     soon},
    {"CF38_MaintenanceForAnHour",
     At::new_order,
     problem(503, "serverInternal", "no", {{"Retry-After", "3600"}}),
     {"ca_protocol", 75, at_new_order, "later"}},
    {"CF38_NoDirectory",
     At::directory,
     answers(503, "text/plain", "down"),
     {"ca_protocol", 75, at_directory, "later"},
     soon},
    {"CF12_RateLimited",
     At::new_order,
     problem(429, "rateLimited", "slow down", {{"Retry-After", "3600"}}),
     {"rate_limited", 75, at_new_order, "not before"}},
    {"CF12_RateLimitedWithGarbage",
     At::new_order,
     problem(429, "rateLimited", "slow down", {{"Retry-After", "-1, soon"}}),
     {"rate_limited", 75, at_new_order, "not before"}},
    {"CF15_NoNonceButARateLimit",
     At::new_nonce,
     problem(429, "rateLimited", "slow down"),
     {"rate_limited", 75, "https://localhost:9000/acme/corp/new-nonce", "not before"}},
    {"CF13_NoNonce",
     At::new_nonce,
     [](http::Response& response) { response.headers = {}; },
     {"ca_protocol", 75, "https://localhost:9000/acme/corp/new-nonce", "operator"}},
    {"CF13_NonceOfOtherCharacters",
     At::new_nonce,
     headers(200, {{"Replay-Nonce", "a b\"c"}}),
     {"ca_protocol", 75, "https://localhost:9000/acme/corp/new-nonce", "operator"}},
    {"CF14_BadNonceForEver",
     At::new_order,
     problem(400, "badNonce"),
     {"bad_nonce", 75, at_new_order, "nothing is lost"},
     soon},
    {"CF11_ProcessingForEver",
     At::order,
     member({"status"}, "processing"),
     {"timeout", 75, own_name, "nothing is lost"},
     soon},
    {"CF11_ChallengePendingForEver",
     At::authorization,
     [](http::Response& response) {
       member({"status"}, "pending")(response);
       member({"challenges", "*", "status"}, "pending")(response);
     },
     {"timeout", 75, own_name, "nothing is lost"},
     soon},
    {"CF11_OrderPendingForEver",
     At::order,
     member({"status"}, "pending"),
     {"timeout", 75, own_name, "nothing is lost"},
     soon},
    {"CF32_AccountIsNotAllowed",
     At::new_order,
     problem(403, "unauthorized", "deactivated"),
     {"account", 2, at_new_order}},
};

std::string unpleasant() {  // CWE-150: escapes, line ends, C1, reordering, hidden text, and half a megabyte of it
  return "\x1b[2J\x1b]0;owned\x07 \r\ncrest: all is well\x08 \xc2\x9b"
         "31m \xe2\x80\xae"
         "drowssap \xe2\x80\x8b" +
         std::string(60'000, 'A');
}

Change many_subproblems() {
  encoding::Json list = encoding::Json::array();
  for (int i = 0; i < 50; ++i) {
    encoding::Json one = encoding::Json::object();
    one.set("type", "urn:ietf:params:acme:error:rejectedIdentifier").set("detail", std::string(800, 'B') + "\x1b[1m");
    list.push(one.set("identifier", encoding::Json::object().set("type", "dns").set("value", "a\x1b[31m.example")));
  }
  encoding::Json document = encoding::Json::object();
  document.set("type", "urn:ietf:params:acme:error:compound").set("detail", "\x1b[0mmany").set("subproblems", list);
  return answers(403, "application/problem+json", document.dump());
}

// The CA gives the order up, for a reason in its own words.
Change invalid_authorization() {
  return [](http::Response& response) {
    encoding::Json error = encoding::Json::object();
    error.set("type", "urn:ietf:params:acme:error:unauthorized").set("detail", unpleasant());
    member({"challenges", "*", "error"}, error)(response);
    member({"challenges", "*", "status"}, "invalid")(response);
    member({"status"}, "invalid")(response);
  };
}

const Row unpleasant_text[] = {
    {"CF16_Detail", At::new_order, problem(403, "rejectedIdentifier", unpleasant()), {"order_failed", 2, at_new_order}},
    {"CF16_DetailOfAMegabyte",
     At::new_order,
     problem(403, "rejectedIdentifier", unpleasant() + std::string(900'000, 'A')),
     {"order_failed", 75, at_new_order}},
    {"CF16_Type",
     At::new_order,
     answers(400, "application/problem+json", R"({"type":"\u001b[2J\u202eevil","detail":"x"})"),
     {"order_failed", 75, at_new_order}},
    {"CF16_Subproblems", At::new_order, many_subproblems(), {"order_failed", 2, at_new_order}},
    {"CF16_ContentType",
     At::directory,
     answers(200,
             "text/\xc2\x9b"
             "31mhtml",
             "\x1b[2J"),
     {"ca_protocol", 75, at_directory}},
    {"CF16_Location",
     At::new_order,
     headers(307, {{"Location", "https://x.example/\x1b[2J\xe2\x80\xae"}}),
     {"ca_protocol", 75, at_new_order}},
    {"CF26_ReasonOfAnAuthorization",
     At::authorization,
     invalid_authorization(),
     {"authz_failed", 75, own_name, "nothing was changed"}},
};

TEST_F(BadInput, CF29_AnOrderThatStaysReadyIsGivenUp) {
  ca().change(At::finalize, problem(403, "orderNotReady"));
  ca().change(At::order, member({"status"}, "ready"));
  const Attempt attempt;
  attempt.ends_with({"order_failed", 75, "/finalize", "orderNotReady"});
}

TEST_F(BadInput, CF14_ABadNonceIsRepeatedAtMostTenTimesAtOnce) {
  ca().change(At::new_order, problem(400, "badNonce"));
  Attempt attempt;
  attempt.timeout = "1s";  // less than the pause after them
  attempt.ends_with({"bad_nonce", 75, at_new_order, "nothing is lost"});
  EXPECT_EQ(ca().requests(At::new_order), 2 * 10);  // two runs
}

// ---- What the CA issues.

void set_chain(http::Response& response, std::string pem) { response.body = std::move(pem); }

Change appended(std::string text) {
  return [=](http::Response& response) { response.body += text; };
}

std::string private_key_block() {
  return std::string(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value().to_pem().reveal());
}

// The leaf that the CA would send, but for these fields, or for its key.
Change chain_with(HostileCa::Fields fields, std::optional<crypto::PublicKey> key = {}) {
  return [=](http::Response& response) {
    response.body = ca().leaf_like(response, fields, key ? &*key : nullptr).pem() + ca().issuer_pem();
  };
}

Change another_key() {
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  return chain_with([](x509::CertificateTemplate&) {}, key.public_key());
}

Change names(std::vector<std::string> added, bool keep) {
  return chain_with([=](x509::CertificateTemplate& parts) {
    if (!keep) parts.names.clear();
    for (const std::string& name : added) parts.names.push_back({.value = name});
  });
}

Change life(Duration begins, Duration ends) {  // from now
  return chain_with([=](x509::CertificateTemplate& parts) {
    const Time now = std::chrono::floor<std::chrono::seconds>(adapters::SystemClock().now());
    parts.not_before = now + begins;
    parts.not_after = now + ends;
  });
}

Change times(int count) {
  return [=](http::Response& response) {
    const std::string one = response.body;
    for (int i = 1; i < count; ++i) response.body += one;
  };
}

const Row bad_chains[] = {
    {"CF20_AnotherKey", At::certificate, another_key(), {"cert_rejected", 2, at_certificate, "another key"}},
    {"CF21_AnotherName",
     At::certificate,
     names({"other.test"}, false),
     {"cert_rejected", 2, at_certificate, "other.test"}},
    {"CF21_OneNameMore",
     At::certificate,
     names({"other.test"}, true),
     {"cert_rejected", 2, at_certificate, "other.test"}},
    {"CF22_Expired", At::certificate, life(-48h, -24h), {"cert_rejected", 2, at_certificate, "expired"}},
    {"CF22_NotYet", At::certificate, life(24h, 48h), {"clock_suspect", 75, at_certificate, "clock"}},
    {"CF23_PrivateKeyInside",
     At::certificate,
     appended(private_key_block()),
     {"cert_rejected", 2, at_certificate, "PRIVATE KEY"}},
    {"CF23_Text", At::certificate, appended("\x1b[2J hello"), {"cert_rejected", 2, at_certificate}},
    {"CF23_Nul", At::certificate, appended(std::string("\0\0", 2)), {"cert_rejected", 2, at_certificate}},
    {"CF23_TwiceTheSame",
     At::certificate,
     [](http::Response& response) { response.body += ca().issuer_pem(); },
     {"cert_rejected", 2, at_certificate}},
    {"CF23_TwoHundred", At::certificate, times(100), {"cert_rejected", 2, at_certificate}},
    {"CF23_Reversed",
     At::certificate,
     [](http::Response& response) {
       const x509::Chain chain = x509::Chain::from_pem(response.body).value();
       set_chain(response, ca().issuer_pem() + chain.leaf().pem());
     },
     {"cert_rejected", 2, at_certificate}},
    {"CF23_OnlyTheIssuer",
     At::certificate,
     [](http::Response& response) { set_chain(response, ca().issuer_pem()); },
     {"cert_rejected", 2, at_certificate, "another key"}},
    {"CF23_Megabytes", At::certificate, times(5'000), {"cert_rejected", 2, at_certificate}},
};

std::string name_of(const ::testing::TestParamInfo<Row>& row) { return row.param.name; }
INSTANTIATE_TEST_SUITE_P(Json, BadAnswer, ::testing::ValuesIn(wrong_json), name_of);
INSTANTIATE_TEST_SUITE_P(Status, BadAnswer, ::testing::ValuesIn(wrong_status), name_of);
INSTANTIATE_TEST_SUITE_P(Text, BadAnswer, ::testing::ValuesIn(unpleasant_text), name_of);
INSTANTIATE_TEST_SUITE_P(Chain, BadAnswer, ::testing::ValuesIn(bad_chains), name_of);

// ---- What stands at the other end of the URL.

// Words for a run that reaches for `url` and knows nothing of it yet.
std::vector<std::string> obtain_from(const std::string& url, const std::string& state = "STATE",
                                     const std::string& timeout = soon) {
  return {"obtain", "--directory", url,     "--trust",       "TRUST",  "--state",
          state,    "--timeout",   timeout, "--http-listen", "LISTEN", "NAME"};
}

Attempt attempt_with(std::vector<std::string> words) {
  Attempt attempt;
  attempt.replaced = std::move(words);
  attempt.at_most = 3'000ms + slack;
  return attempt;
}

TEST_F(BadInput, CF8_ADirectoryWithoutTlsIsWrongUse) {
  for (const char* url : {"http://localhost:9000/acme/corp/directory", "ftp://localhost/directory", "localhost:9000",
                          "https://", "file:///etc/passwd"})
    attempt_with(obtain_from(url)).ends_with({"usage", 64, "directory"});
  const auto secret = attempt_with(obtain_from("https://user:secret@localhost/\x1b[2J"));
  secret.ends_with({"usage", 64, "@localhost/[2J"});
  EXPECT_EQ(secret.one(json_host, true).ended.out.find("secret"), std::string::npos);
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF40_AnUntrustedCa) {
  attempt_with({"obtain", "--directory", at_directory, "--state", "STATE", "--key-type", "ec-p384", "--http-listen",
                "LISTEN", "NAME"})
      .ends_with({"tls", 2, at_directory, "--trust"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF64_ATrustFileThatIsNone) {
  const adapters::TemporaryFolder folder;
  put(folder / "empty.pem", "");
  put(folder / "key.pem", private_key_block());
  put(folder / "rubbish.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  for (const char* name : {"empty.pem", "key.pem", "rubbish.pem", "absent.pem"}) {
    const std::string file = folder / name;
    attempt_with({"obtain", "--directory", at_directory, "--trust", file, "--state", "STATE", "NAME"})
        .ends_with({"config", 2, file});
  }
}

TEST_F(BadInput, CF38_NobodyListens) {
  attempt_with(obtain_from("https://localhost:9/directory"))
      .ends_with({"connect", 75, "https://localhost:9/directory", "firewall"});
}

TEST_F(BadInput, CF82_ANameWithoutAddress) {
  attempt_with(obtain_from("https://ca.invalid/directory")).ends_with({"dns", 75, "ca.invalid", "name servers"});
}

TEST_F(BadInput, CF8_AServerWithoutTls) {
  NullLog log;
  const auto server = adapters::BeastServer::open({.address = "127.0.0.1:9080"}, log).value();
  server->start(ca()).value();
  attempt_with(obtain_from("https://localhost:9080/directory"))
      .ends_with({"tls", 2, "https://localhost:9080/directory", "does not speak TLS"});
  server->stop();
}

struct Slow : BadInput, ::testing::WithParamInterface<std::pair<const char*, SlowServer::Way>> {};

TEST_P(Slow, EndsWithItsDeadline) {
  const auto identity = ca().identity();
  const SlowServer server(GetParam().second, identity.chain_pem, identity.key_pem);
  Attempt attempt = attempt_with(obtain_from(server.url(), "STATE", "5s"));
  attempt.at_most = 10s;
  attempt.ends_with({"timeout", 75, server.url(), "nothing is lost"});
}

INSTANTIATE_TEST_SUITE_P(Ca, Slow,
                         ::testing::Values(std::pair("CF2_NoHandshake", SlowServer::Way::no_handshake),
                                           std::pair("CF2_NoAnswer", SlowServer::Way::no_answer),
                                           std::pair("CF2_DripOfHeaders", SlowServer::Way::drip_headers),
                                           std::pair("CF2_DripOfBody", SlowServer::Way::drip_body)),
                         [](const auto& row) { return std::string(row.param.first); });

// ---- What a person typed.

TEST_F(BadInput, CF18b_ANameThatIsNone) {
  const std::string long_name(300, 'a');
  for (const std::string& name : {std::string("a b"), long_name, std::string("../x"), std::string("a..test"),
                                  std::string("\xf0\x9f\x98\x80.test"), std::string("a_b.test"), std::string("*"),
                                  std::string("10.0.0.300"), std::string("a\x1b[2J.test"), std::string("a\nb.test"),
                                  std::string("\xff\xfe.test"), std::string("host.test/../x")}) {
    std::vector<std::string> words = obtain_from(at_directory);
    words.back() = name;
    attempt_with(words).ends_with({"usage", 64, "host name"});
  }
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF18b_AFlagInANamesPlace) {
  std::vector<std::string> words = obtain_from(at_directory);
  words.push_back("-x");
  attempt_with(words).ends_with({"usage", 64, "-x", "crest obtain --help"});
  words.insert(words.end() - 2, "--");
  attempt_with(words).ends_with({"usage", 64, "-x", "host name"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, AWordThatNobodyKnows) {
  const std::vector<std::string> rows[] = {
      {"obtain", "--state", "STATE"},
      {"obtain", "NAME", "--state", "STATE"},
      {"obtain", "NAME", "--state", "STATE", "--directory", at_directory, "--timeout", "soon"},
      {"obtain", "NAME", "--state", "STATE", "--directory", at_directory, "--trust", "TRUST", "--key-type", "rsa-17"},
      {"obtain", "NAME", "--state", "STATE", "--directory", at_directory, "--http-listen", "everywhere"},
      {"show", "nobody.test", "--state", "STATE"},
      {"revoke", "../../etc", "--state", "STATE"},
      {"revoke", "NAME", "--reason", "boredom", "--state", "STATE"},
      {"renew", "nobody.test", "--state", "STATE"},
  };
  for (const auto& row : rows) attempt_with(row).ends_with({"usage", 64, ""});
  attempt_with({"obtian", "NAME"}).ends_with({"usage", 64, "obtian", "crest --help"});
  EXPECT_EQ(ca().requests(), 0);
}

// ---- What this machine does.

TEST_F(BadInput, CF67_ThePortIsTaken) {
  const auto held = adapters::listen_on({json_host.address, 80}).value();
  const auto other = adapters::listen_on({text_host.address, 80}).value();
  const Attempt attempt;
  attempt.ends_with({"port_in_use", 2, ":80", "system_bad_inpu"});  // the holder, as the kernel cuts its name
  EXPECT_EQ(ca().requests(), 0);                                    // nobody was asked before
}

TEST_F(BadInput, CF58_AnotherRunHasIt) {
  std::vector<adapters::Descriptor> held;
  std::mutex mutex;
  Attempt attempt;
  attempt.prepare = [&](const Host& host, const fs::path& state) {
    const int file = ::open((state / "locks" / host.name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    EXPECT_EQ(::flock(file, LOCK_EX), 0);
    const std::scoped_lock lock(mutex);
    held.emplace_back(file);
  };
  attempt.ends_with({"locked", 75, own_name});
  EXPECT_EQ(ca().requests(), 0);
}

// Mounts that live as long as the test; both runs prepare at a time.
class Mounts {
 public:
  void add(Mount mount) {
    EXPECT_TRUE(mount.ok()) << std::strerror(errno);
    const std::scoped_lock lock(mutex_);
    all_.push_back(std::move(mount));
  }

 private:
  std::mutex mutex_;
  std::vector<Mount> all_;
};

TEST_F(BadInput, CF55_TheStateFolderIsReadOnly) {
  Mounts mounts;
  Attempt attempt;
  attempt.prepare = [&](const Host&, const fs::path& state) { mounts.add(Mount::read_only(state)); };
  attempt.ends_with({"storage", 2, "/state", "mount it writable"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF55_TheStateFolderCannotBeMade) {
  const adapters::TemporaryFolder folder;
  const Mount mount = Mount::read_only(folder.path());
  const std::string fresh = folder / "new", file = Stage::get().trust(), nowhere = "/proc/nothing/here";
  attempt_with(obtain_from(at_directory, fresh)).ends_with({"storage", 2, fresh, "mount it writable"});
  attempt_with(obtain_from(at_directory, file)).ends_with({"storage", 2, file});
  attempt_with(obtain_from(at_directory, nowhere)).ends_with({"storage", 2, "/proc/nothing"});
  EXPECT_EQ(ca().requests(), 0);
}

// A file system of `bytes` in the state folder's place, with the same in it.
void move_to_small_disk(Mounts& mounts, const fs::path& state, std::size_t bytes) {
  const fs::path aside = state.string() + ".aside";
  fs::rename(state, aside);
  fs::create_directory(state);
  mounts.add(Mount::small(state, bytes));
  fs::copy(aside, state, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
}

void fill(const fs::path& folder) {
  std::ofstream filler(folder / "filler", std::ios::binary);
  const std::string block(4096, 'f');
  while (filler.write(block.data(), 4096).flush()) {
  }
}

TEST_F(BadInput, CF53_TheDiskIsFull) {
  Mounts mounts;
  Attempt attempt;
  attempt.prepare = [&](const Host&, const fs::path& state) {
    move_to_small_disk(mounts, state, 4u << 20);
    fill(state);
  };
  attempt.ends_with({"storage", 2, "/state", "try again"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF53_FilesMayNotGrow) {
  for (const rlim_t most : {rlim_t{0}, rlim_t{100}, rlim_t{1000}}) {
    Attempt attempt;
    attempt.file_bytes_max = most;
    attempt.ends_with({"storage", 2, "/state", "ulimit -f"});
  }
}

// The disk fills up when the CA has issued already: nothing is lost, and the next run fetches that certificate.
TEST_F(BadInput, CF53_TheDiskFillsUpBeforeTheCertificateIsThere) {
  for (const Host* host : {&json_host, &text_host}) {
    const adapters::TemporaryFolder scratch;
    const fs::path state = scratch / "state";
    Stage::get().copy_state(*host, state);
    Mounts mounts;
    move_to_small_disk(mounts, state, 4u << 20);
    const auto before = contents_of(state / "certificates");
    ca().behave();
    ca().change(At::certificate, [&](http::Response&) { fill(state); });

    Command command{.words = Stage::get().obtain(*host, state, "20s")};
    const bool json = host == &json_host;
    if (json) command.words.push_back("--json");
    const Wanted wanted{"storage", 2, state.string() + "/certificates", "free some space"};
    const Ended ended = run(command);
    json ? check_json(ended, wanted) : check_text(ended, wanted);
    EXPECT_EQ(contents_of(state / "certificates"), before) << "something was left behind";

    fs::remove(state / "filler");
    ca().behave();
    EXPECT_EQ(run(command).code, 0);
    EXPECT_EQ(ca().requests(At::new_order), 0) << "the order was made anew";
    EXPECT_NE(contents_of(state / "certificates"), before);
  }
}

TEST_F(BadInput, CF56_OthersMayWriteToTheStateFolder) {
  Attempt attempt;
  attempt.prepare = [](const Host&, const fs::path& state) { fs::permissions(state, fs::perms::all); };
  attempt.ends_with({"storage", 2, "/state", "chmod go-w"});
}

TEST_F(BadInput, CF56_KeysArePrivateWhateverTheMask) {
  for (const mode_t mask : {0, 0022, 0277, 0777}) {
    const adapters::TemporaryFolder scratch;
    Command command{.words = Stage::get().obtain(json_host, scratch / "state", "20s")};
    command.file_mode_mask = mask;
    const Ended ended = run(command);
    EXPECT_EQ(ended.code, 0) << ended.err;
    int files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(scratch / "state")) {
      const auto mode = entry.symlink_status().permissions() & fs::perms::mask;
      if (entry.is_symlink()) continue;
      const auto wanted = entry.is_directory() ? fs::perms::owner_all : fs::perms::owner_read | fs::perms::owner_write;
      EXPECT_EQ(mode, wanted) << entry.path();
      files += entry.is_regular_file() ? 1 : 0;
    }
    EXPECT_GE(files, 7);
  }
}

TEST_F(BadInput, CF57_ALinkInTheAccountsPlace) {
  const adapters::TemporaryFolder elsewhere;
  Attempt attempt;
  attempt.prepare = [&](const Host&, const fs::path& state) {
    fs::remove_all(state / "accounts");
    fs::create_directory_symlink(elsewhere.path(), state / "accounts");
  };
  attempt.ends_with({"storage", 2, "/state/accounts", "remove it"});
  EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

// ---- What a record says.

fs::path only_file(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) return entry.path();
  return folder / "record.json";
}

void halve(const fs::path& file) { fs::resize_file(file, fs::file_size(file) / 2); }

TEST_F(BadInput, CF59_ADamagedAccountIsNotNoAccount) {
  const std::function<void(const fs::path&)> ways[] = {
      halve,
      [](const fs::path& file) { fs::resize_file(file, 0); },
      [](const fs::path& file) { put(file, std::string(100'000, '[')); },
      [](const fs::path& file) {
        std::string text = text_of(file);
        text[text.find("PRIVATE")] = 'Q';
        put(file, text);
      },
      [](const fs::path& file) { put(file, std::string(3u << 20, ' ')); },
  };
  for (const auto& damage : ways) {
    Attempt attempt;
    attempt.prepare = [&](const Host&, const fs::path& state) { damage(only_file(state / "accounts")); };
    attempt.ends_with({"storage", 2, "/state/accounts/"});
    EXPECT_EQ(ca().requests(At::new_account), 0) << "another account was made";
  }
}

TEST_F(BadInput, CF59_ADamagedOrder) {
  Attempt attempt;
  attempt.prepare = [](const Host& host, const fs::path& state) {
    put(state / "orders" / (host.name + ".json"), R"({"version":1,"sha256":"00","record":{"phase":)");
  };
  attempt.ends_with({"storage", 2, "/state/orders/", "restore it"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF59_WhatWasKnownOfItsCaIsDamaged) {
  Attempt attempt = attempt_with({"renew", "--force", "NAME", "--state", "STATE", "--http-listen", "LISTEN"});
  attempt.prepare = [](const Host&, const fs::path& state) { halve(only_file(state / "cas")); };
  attempt.ends_with({"storage", 2, "/state/cas/", "restore it"});
  EXPECT_EQ(ca().requests(), 0);
}

TEST_F(BadInput, CF59_TheLiveSetIsDamaged) {
  for (const char* file : {"meta.json", "privkey.pem", "fullchain.pem"}) {
    Attempt attempt = attempt_with({"show", "NAME", "--state", "STATE"});
    attempt.prepare = [&](const Host& host, const fs::path& state) {
      halve(state / "certificates" / host.name / "live" / file);
    };
    attempt.ends_with({"storage", 2, "/state/certificates/", "crest obtain"});
  }
}

TEST_F(BadInput, CF59_AFormatOfTheFuture) {
  const auto envelope = [](const encoding::Json& record, int version) {
    encoding::Json json = encoding::Json::object();
    json.set("version", version).set("sha256", encoding::hex(crypto::sha256(record.dump()))).set("record", record);
    return json.dump() + "\n";
  };
  Attempt attempt;
  attempt.prepare = [&](const Host&, const fs::path& state) {
    put(state / "format", envelope(encoding::Json::object().set("layout", 99), 1));
  };
  attempt.ends_with({"storage", 2, "/state/format", "newer Crest"});
  attempt.prepare = [&](const Host&, const fs::path& state) {
    put(only_file(state / "accounts"), envelope(encoding::Json::object(), 99));
  };
  attempt.ends_with({"storage", 2, "/state/accounts/", "newer Crest"});
  attempt.prepare = [&](const Host&, const fs::path& state) { halve(state / "format"); };
  attempt.ends_with({"storage", 2, "/state/format", "delete that one file"});
  EXPECT_EQ(ca().requests(), 0);
}

}  // namespace
}  // namespace crest::testing

int main(int count, char** words) {
  ::mallopt(M_MMAP_THRESHOLD,
            1 << 20);  // what the server's large answers took goes back: children begin as copies of us
  if (const std::string problem = crest::testing::enter_sandbox(); !problem.empty()) {
    std::fprintf(stderr, "no sandbox: %s\n", problem.c_str());
    return 1;
  }
  ::testing::InitGoogleTest(&count, words);
  const int code = RUN_ALL_TESTS();
  std::printf("peak memory of a run: %ld KiB at most\n", crest::testing::worst_peak_kib());
  return code;
}
