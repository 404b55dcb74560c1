// A CA that answers what it should not, over real HTTPS, to the real `crest`: each ends with one clear line, its exit
// code and class, in time and in little memory, and what was live before stays as it was, octet for octet.
#include "stage.hpp"

namespace crest::testing {
namespace {

using Change = HostileCa::Change;

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

const std::string at_new_order = "https://localhost:9000/acme/corp/new-order";
const std::string at_authz = "https://localhost:9000/acme/corp/authz/";
const std::string at_order = "https://localhost:9000/acme/corp/order/";
const std::string at_certificate = "https://localhost:9000/acme/corp/certificate/";

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

}  // namespace
}  // namespace crest::testing

int main(int count, char** words) { return crest::testing::run_in_sandbox(count, words); }
