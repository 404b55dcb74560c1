#include "acme/problem.hpp"

#include <set>

#include <gtest/gtest.h>

#include "acme/problem_rows.hpp"

namespace crest::acme {
namespace {

using encoding::Json;

Problem parse(const char* text) { return problem_from_json(*Json::parse(text)).value(); }

TEST(Problem, ERR_13_StatusPerType) {
  const std::pair<ProblemType, int> table[] = {
      {ProblemType::accountDoesNotExist, 400},
      {ProblemType::alreadyRevoked, 400},
      {ProblemType::badCSR, 400},
      {ProblemType::badNonce, 400},
      {ProblemType::badPublicKey, 400},
      {ProblemType::badRevocationReason, 400},
      {ProblemType::badSignatureAlgorithm, 400},
      {ProblemType::caa, 403},
      {ProblemType::externalAccountRequired, 403},
      {ProblemType::incorrectResponse, 403},
      {ProblemType::invalidContact, 400},
      {ProblemType::malformed, 400},
      {ProblemType::orderNotReady, 403},
      {ProblemType::rateLimited, 429},
      {ProblemType::rejectedIdentifier, 400},
      {ProblemType::serverInternal, 500},
      {ProblemType::unauthorized, 403},
      {ProblemType::unsupportedContact, 400},
      {ProblemType::unsupportedIdentifier, 400},
      {ProblemType::userActionRequired, 403},
      {ProblemType::alreadyReplaced, 409},
      {ProblemType::invalidProfile, 400},
      {ProblemType::connection, 400},
      {ProblemType::dns, 400},
      {ProblemType::tls, 400},
      {ProblemType::autoRenewalCanceled, 403},
      {ProblemType::unknownDelegation, 403},
  };
  for (const auto& [type, status] : table) {
    EXPECT_EQ(default_status(type), status) << to_string(type);
    EXPECT_EQ(make_problem(type, "x").status, status);
  }
  EXPECT_EQ(make_problem(ProblemType::malformed, "x", 405).status, 405);
}

TEST(Problem, ERR_02_EveryTypeHasOneWordOfItsOwn) {
  std::set<std::string_view> words;
  for (const ProblemRow& row : problem_rows) {
    EXPECT_TRUE(words.insert(row.word).second) << row.word;
    const Problem problem = make_problem(row.type, "what happened");
    EXPECT_EQ(problem.type, "urn:ietf:params:acme:error:" + std::string(row.word));
    EXPECT_EQ(problem_type(problem), row.type);
    EXPECT_FALSE(row.advice.empty());
  }
  EXPECT_EQ(words.size(), 33u);
  for (const char* foreign : {"about:blank", "", "urn:ietf:params:acme:error:conflict",
                              "urn:ietf:params:acme:error:", "urn:acme:error:malformed"}) {
    Problem problem;
    problem.type = foreign;
    EXPECT_EQ(problem_type(problem), std::nullopt) << foreign;
  }
}

TEST(Problem, ERR_05_IdentifierOnlyInSubproblems) {
  Problem sub = make_problem(ProblemType::rejectedIdentifier, "on the list");
  sub.identifier = Problem::Subject{.type = "dns", .value = "bad.example"};
  Problem top = make_problem(ProblemType::rejectedIdentifier, "one name");
  top.identifier = sub.identifier;
  top.subproblems = {sub};
  EXPECT_EQ(
      to_json(top).dump(),
      R"({"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"one name","status":400,)"
      R"("subproblems":[{"type":"urn:ietf:params:acme:error:rejectedIdentifier","detail":"on the list","status":400,)"
      R"("identifier":{"type":"dns","value":"bad.example"}}]})");
}

TEST(Problem, ERR_06_ReadsSubproblems) {
  const Problem problem = parse(R"({
    "type": "urn:ietf:params:acme:error:compound", "detail": "two names", "status": 403, "instance": "https://ca.example/doc",
    "identifier": {"type": "dns", "value": "ignored.example"},
    "subproblems": [
      {"type": "urn:ietf:params:acme:error:caa", "detail": "no", "identifier": {"type": "dns", "value": "a.example"},
       "subproblems": [{"type": "urn:ietf:params:acme:error:dns"}]},
      {"type": "urn:ietf:params:acme:error:dns"}, 7, null, []]})");
  EXPECT_EQ(problem.acme_word(), "compound");
  EXPECT_EQ(problem.status, 403);
  EXPECT_EQ(problem.instance.raw(), "https://ca.example/doc");
  EXPECT_FALSE(problem.identifier);
  ASSERT_EQ(problem.subproblems.size(), 2u);
  EXPECT_EQ(problem.subproblems[0].identifier->value, "a.example");
  EXPECT_EQ(problem.subproblems[0].detail.raw(), "no");
  EXPECT_TRUE(problem.subproblems[0].subproblems.empty());
  EXPECT_FALSE(problem.subproblems[1].identifier);
}

TEST(Problem, ERR_04_ReadsLeniently) {
  const std::pair<const char*, const char*> types[] = {
      {R"({})", "about:blank"},
      {R"({"type":null})", "about:blank"},
      {R"({"type":7})", "about:blank"},
      {R"({"type":"with blank"})", "about:blank"},
      {R"({"type":"esc\u001b[31m"})", "about:blank"},
      {R"({"type":"https://example.org/probs/x"})", "https://example.org/probs/x"},
  };
  for (const auto& [text, type] : types) EXPECT_EQ(parse(text).type, type) << text;
  EXPECT_EQ(parse(R"({"title":"Not Found"})").detail.raw(), "Not Found");
  EXPECT_EQ(parse(R"({"title":"Not Found","detail":"no such order"})").detail.raw(), "no such order");
  EXPECT_EQ(parse(R"({"status":"403"})").status, 0);
  EXPECT_EQ(parse(R"({"status":99})").status, 0);
  EXPECT_EQ(parse(R"({"status":1e30})").status, 0);
  EXPECT_TRUE(parse(R"({"subproblems":{"a":1}})").subproblems.empty());
  EXPECT_TRUE(parse(R"({"subproblems":[{"identifier":"a.example"}]})").subproblems[0].identifier == std::nullopt);
  EXPECT_FALSE(problem_from_json(*Json::parse("[]")));
  EXPECT_FALSE(problem_from_json(Json()));
}

TEST(Problem, SubproblemsAreBounded) {
  Json subs = Json::array();
  for (std::size_t i = 0; i < 2 * subproblems_max; ++i) subs.push(Json::object());
  Json json = Json::object();
  json.set("subproblems", std::move(subs));
  EXPECT_EQ(problem_from_json(json)->subproblems.size(), subproblems_max);
}

TEST(Problem, JWS_11_AlgorithmsBothWays) {
  Problem problem = make_problem(ProblemType::badSignatureAlgorithm, "no");
  problem.algorithms = {"ES256", "EdDSA"};
  EXPECT_EQ(problem_from_json(to_json(problem))->algorithms, problem.algorithms);
  EXPECT_EQ(parse(R"({"algorithms":["ES256",7,"a b","",null,"RS256"]})").algorithms,
            (std::vector<std::string>{"ES256", "RS256"}));
}

TEST(Problem, CF16_WhatGoesOutIsClean) {
  const Json json = to_json(make_problem(ProblemType::malformed, "a\x1b[31m\r\nb\xff"));
  EXPECT_EQ(json.find("detail")->as_string()->find_first_of("\x1b\r\n\xff"), std::string::npos);
  EXPECT_TRUE(Json::parse(json.dump()));
}

TEST(Problem, ARejectionCarriesItsDocument) {
  const Error error = rejection(ProblemType::malformed, "no identifiers", 405);
  ASSERT_TRUE(error.problem);
  EXPECT_EQ(problem_type(*error.problem), ProblemType::malformed);
  EXPECT_EQ(error.problem->status, 405);
  EXPECT_FALSE(error.retryable());
  EXPECT_NE(error.describe().find("no identifiers"), std::string::npos);
}

}  // namespace
}  // namespace crest::acme
