#include <gtest/gtest.h>

#include "acme/problem.hpp"
#include "acme/problem_rows.hpp"

namespace crest::acme {
namespace {

const Time now = from_unix_seconds(1'767'225'600);  // 2026-01-01T00:00:00Z
constexpr const char* what = "newOrder at https://ca.example/new-order";

http::Response response(int status, std::string body, http::Headers headers = {}) {
  return {.status = status, .headers = std::move(headers), .body = std::move(body)};
}
http::Response problem(std::string_view word, int status, http::Headers headers = {}) {
  return response(status, R"({"type":"urn:ietf:params:acme:error:)" + std::string(word) + R"(","detail":"because"})",
                  std::move(headers));
}
Error error_of(const http::Response& answer, std::string_view request = what) {
  return error_from_response(answer, request, now);
}

struct Row {
  const char* word;
  int status;  // of the answer
  ErrorKind kind;
  bool retryable;
};

TEST(ErrorFromResponse, ERR_04_ClassByType) {
  const Row table[] = {
      {"badNonce", 400, ErrorKind::bad_nonce, true},
      {"rateLimited", 429, ErrorKind::rate_limited, true},
      {"rateLimited", 503, ErrorKind::rate_limited, true},
      {"accountDoesNotExist", 400, ErrorKind::account, false},
      {"unauthorized", 401, ErrorKind::account, false},
      {"unauthorized", 403, ErrorKind::account, false},
      {"invalidContact", 400, ErrorKind::account, false},
      {"unsupportedContact", 400, ErrorKind::account, false},
      {"externalAccountRequired", 403, ErrorKind::eab, false},
      {"userActionRequired", 403, ErrorKind::user_action, false},
      {"badCSR", 400, ErrorKind::ca_protocol, false},
      {"rejectedIdentifier", 400, ErrorKind::ca_protocol, false},
      {"rejectedIdentifier", 403, ErrorKind::ca_protocol, false},
      {"rejectedIdentifier", 500, ErrorKind::ca_protocol, false},  // the type decides: asking again would not help
      {"unsupportedIdentifier", 400, ErrorKind::ca_protocol, false},
      {"invalidProfile", 400, ErrorKind::ca_protocol, false},
      {"caa", 403, ErrorKind::ca_protocol, false},
      {"malformed", 400, ErrorKind::ca_protocol, false},
      {"malformed", 404, ErrorKind::ca_protocol, false},
      {"badPublicKey", 400, ErrorKind::ca_protocol, false},
      {"badSignatureAlgorithm", 400, ErrorKind::ca_protocol, false},
      {"alreadyRevoked", 400, ErrorKind::ca_protocol, false},
      {"badRevocationReason", 400, ErrorKind::ca_protocol, false},
      {"alreadyReplaced", 409, ErrorKind::ca_protocol, false},
      {"orderNotReady", 403, ErrorKind::order_failed, true},
      {"connection", 400, ErrorKind::authz_failed, true},
      {"dns", 400, ErrorKind::authz_failed, true},
      {"tls", 400, ErrorKind::authz_failed, true},
      {"incorrectResponse", 403, ErrorKind::authz_failed, true},
      {"compound", 400, ErrorKind::authz_failed, true},
      {"serverInternal", 500, ErrorKind::ca_protocol, true},
      {"serverInternal", 503, ErrorKind::ca_protocol, true},
      {"serverInternal", 400, ErrorKind::ca_protocol, true},  // the type decides
      {"conflict", 409, ErrorKind::ca_protocol, false},       // unregistered: the status decides
      {"conflict", 429, ErrorKind::rate_limited, true},
      {"conflict", 500, ErrorKind::ca_protocol, true},
  };
  for (const Row& row : table) {
    const Error error = error_of(problem(row.word, row.status));
    EXPECT_EQ(error.kind, row.kind) << row.word << " " << row.status;
    EXPECT_EQ(error.retryable(), row.retryable) << row.word << " " << row.status;
    EXPECT_EQ(error.exit_code(), row.retryable ? 75 : 2) << row.word;
    ASSERT_TRUE(error.problem);
    EXPECT_EQ(error.problem->acme_word(), row.word);
  }
}

TEST(ErrorFromResponse, EveryTypeSaysWhatToDo) {
  for (const ProblemRow& entry : problem_rows) {
    const Error error = error_of(problem(entry.word, entry.status));
    EXPECT_EQ(error.message.find(what), 0u);
    EXPECT_NE(error.message.find(entry.word), std::string::npos);
    EXPECT_NE(error.message.find(entry.advice), std::string::npos);
    EXPECT_NE(error.describe().find("because"), std::string::npos) << error.describe();  // ERR-03
    EXPECT_EQ(error.retryable(), entry.verdict == Verdict::retry || entry.verdict == Verdict::failed ||
                                     entry.type == ProblemType::compound)
        << entry.word;
  }
}

TEST(ErrorFromResponse, UnauthorizedIsAboutTheAccountOnlyWhereItCanBe) {
  const std::pair<const char*, ErrorKind> table[] = {
      {"newAccount at https://ca.example/a", ErrorKind::account},
      {"newOrder at https://ca.example/a", ErrorKind::account},
      {"keyChange at https://ca.example/a", ErrorKind::account},
      {"revokeCert at https://ca.example/a", ErrorKind::account},
      {"account at https://ca.example/a", ErrorKind::account},
      {"finalize at https://ca.example/a", ErrorKind::order_failed},  // authorizations gone: a new order may do
      {"challenge at https://ca.example/a", ErrorKind::order_failed},
      {"newOrderly at https://ca.example/a", ErrorKind::order_failed},
      {"POST https://ca.example/a", ErrorKind::order_failed},
      {"", ErrorKind::order_failed},
  };
  for (const auto& [request, kind] : table) {
    EXPECT_EQ(error_of(problem("unauthorized", 403), request).kind, kind) << request;
    EXPECT_EQ(error_of(problem("unauthorized", 401), request).kind, ErrorKind::account) << request;
  }
}

TEST(ErrorFromResponse, ERR_06_CompoundIsAsFinalAsItsParts) {
  const std::string body = R"({"type":"urn:ietf:params:acme:error:compound","subproblems":[
    {"type":"urn:ietf:params:acme:error:dns","detail":"SERVFAIL","identifier":{"type":"dns","value":"a.example"}},
    {"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"denied","identifier":{"type":"dns","value":"b.example"}}]})";
  const Error error = error_of(response(403, body));
  EXPECT_EQ(error.kind, ErrorKind::ca_protocol);
  EXPECT_FALSE(error.retryable());
  for (const char* piece : {"a.example: SERVFAIL", "b.example: denied"}) {
    EXPECT_NE(error.describe().find(piece), std::string::npos) << error.describe();
  }
}

TEST(ErrorFromResponse, ERR_04_CF6_ClassByStatusWithoutADocument) {
  struct StatusRow {
    int status;
    ErrorKind kind;
    bool retryable;
  };
  const StatusRow table[] = {
      {400, ErrorKind::ca_protocol, false}, {401, ErrorKind::ca_protocol, false}, {403, ErrorKind::ca_protocol, false},
      {404, ErrorKind::ca_protocol, false}, {408, ErrorKind::timeout, true},      {410, ErrorKind::ca_protocol, false},
      {429, ErrorKind::rate_limited, true}, {500, ErrorKind::ca_protocol, true},  {502, ErrorKind::ca_protocol, true},
      {503, ErrorKind::ca_protocol, true},  {302, ErrorKind::ca_protocol, false}};
  for (const char* body : {"", "<html><body>Bad Gateway</body></html>", "{\"type\":\"urn:ietf:params:acme:er", "[]",
                           "7", "{}", R"({"error":"x"})", R"({"type":7})", R"({"type":"a","type":"b"})"}) {
    for (const StatusRow& row : table) {
      const Error error = error_of(response(row.status, body));
      EXPECT_EQ(error.kind, row.kind) << row.status << " " << body;
      EXPECT_EQ(error.retryable(), row.retryable) << row.status << " " << body;
      EXPECT_EQ(error.problem->type, "about:blank");
      EXPECT_NE(error.message.find("HTTP " + std::to_string(row.status)), std::string::npos);
    }
  }
}

TEST(ErrorFromResponse, CF6_ShowsTheFirstLineOnly) {
  const Error error = error_of(response(502, "\r\n \n<html>\x1b[2J502 Bad Gateway</html>\nsecret"));
  EXPECT_NE(error.describe().find("<html>[2J502 Bad Gateway</html>"), std::string::npos) << error.describe();
  EXPECT_EQ(error.describe().find("secret"), std::string::npos);
  EXPECT_LT(error_of(response(502, std::string(1 << 20, 'x'))).describe().size(), 1000u);
}

TEST(ErrorFromResponse, CF5_AnUnusableSuccessIsAFailedAttempt) {
  for (const char* body : {"", "<html>", R"({"type":"http-01","url":"https://ca.example/c","detail":"x"})"}) {
    const Error error = error_of(response(200, body));
    EXPECT_EQ(error.kind, ErrorKind::ca_protocol) << body;
    EXPECT_TRUE(error.retryable()) << body;
    EXPECT_EQ(error.problem->type, "about:blank") << body;
  }
  EXPECT_EQ(error_of(problem("rateLimited", 200)).kind, ErrorKind::rate_limited);
}

TEST(ErrorFromResponse, ERR_04_OtherProblemTypesAreShown) {
  const Error error =
      error_of(response(403, R"({"type":"https://portal.example/blocked","title":"Blocked","detail":"by policy"})"));
  EXPECT_EQ(error.kind, ErrorKind::ca_protocol);
  EXPECT_NE(error.message.find("https://portal.example/blocked"), std::string::npos);
  EXPECT_NE(error.describe().find("by policy"), std::string::npos);
}

TEST(ErrorFromResponse, ERR_09_CF12_NotBeforeFromRetryAfter) {
  const auto wait = [](const http::Response& answer) -> std::optional<Duration> {
    const auto time = error_of(answer).not_before;
    return time ? std::optional(*time - now) : std::nullopt;
  };
  EXPECT_EQ(wait(problem("rateLimited", 429, {{"Retry-After", "120"}})), 120s);
  EXPECT_EQ(wait(response(429, "<html>", {{"Retry-After", "120"}})), 120s);
  EXPECT_EQ(wait(response(503, "", {{"retry-after", "Thu, 01 Jan 2026 01:00:00 GMT"}})), 1h);
  EXPECT_EQ(wait(problem("serverInternal", 503, {{"Retry-After", "9"}})), 9s);
  EXPECT_EQ(wait(problem("rateLimited", 429, {{"Retry-After", "99999999999"}})), 7 * 24h);
  EXPECT_EQ(wait(problem("rateLimited", 429)), std::nullopt);
  EXPECT_EQ(wait(problem("rateLimited", 429, {{"Retry-After", "soon"}})), std::nullopt);
  EXPECT_EQ(wait(problem("badNonce", 400, {{"Retry-After", "120"}})), std::nullopt);
  EXPECT_EQ(wait(problem("rejectedIdentifier", 403, {{"Retry-After", "120"}})), std::nullopt);
}

TEST(ErrorFromResponse, CF16_NothingOfTheServerReachesATerminalRaw) {
  const std::string body = R"({"type":"urn:ietf:params:acme:error:userActionRequired",
    "detail":"a\u001b[31m\r\nb\u202e","instance":"https://ca.example/\u0007","subproblems":[
    {"detail":"\u009b1m","identifier":{"type":"dns","value":"a\nb"}}]})";
  for (const char c : error_of(response(403, body)).describe()) {
    const auto octet = static_cast<unsigned char>(c);
    EXPECT_TRUE(octet >= 0x20 && octet != 0x7f) << int{octet};
  }
}

}  // namespace
}  // namespace crest::acme
