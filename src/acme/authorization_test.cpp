#include "acme/authorization.hpp"

#include <gtest/gtest.h>

#include "acme/problem.hpp"

namespace crest::acme {
namespace {

using encoding::Json;

Json parse(const std::string& text) { return Json::parse(text).value(); }

TEST(Challenge, CHL_01_JsonBothWays) {
  Challenge challenge;
  challenge.type = std::string(http_01);
  challenge.url = "https://ca.example/ch/1";
  challenge.status = ChallengeStatus::valid;
  challenge.validated = from_unix_seconds(1'767'225'600);
  challenge.token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
  EXPECT_EQ(to_json(challenge).dump(),
            R"({"type":"http-01","url":"https://ca.example/ch/1","status":"valid","validated":"2026-01-01T00:00:00Z",)"
            R"("token":"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"})");
  EXPECT_EQ(to_json(*challenge_from_json(to_json(challenge))), to_json(challenge));
}

TEST(Challenge, CHL_15_NoStatusMeansPendingAndErrorsMayComeEarly) {
  const auto bare = challenge_from_json(parse(R"({"type":"dns-01","url":"https://ca.example/ch/1"})"));
  EXPECT_EQ(bare->status, ChallengeStatus::pending);
  EXPECT_EQ(bare->token, "");
  for (const char* status : {"pending", "processing", "invalid"}) {
    const auto retried = challenge_from_json(parse(
        R"({"type":"dns-01","url":"https://ca.example/ch/1","error":{"type":"urn:ietf:params:acme:error:dns"},"status":")" +
        std::string(status) + "\"}"));
    ASSERT_TRUE(retried) << status;
    EXPECT_EQ(problem_type(*retried->error), ProblemType::dns);
  }
}

TEST(Challenge, CHL_16_UnknownTypesAreReadForTheirTypeOnly) {
  for (const char* odd : {R"({"type":"device-attest-01","token":7,"status":[],"url":{}})", R"({"type":"x"})"}) {
    EXPECT_TRUE(challenge_from_json(parse(odd))) << odd;
  }
  for (const char* bad : {"7", "{}", R"({"type":7})", R"({"type":"http-01"})", R"({"type":"http-01","url":"x"})",
                          R"({"type":"http-01","url":"https://ca.example/","status":"ready"})",
                          R"({"type":"http-01","url":"https://ca.example/","token":7})"}) {
    const auto challenge = challenge_from_json(parse(bad));
    ASSERT_FALSE(challenge) << bad;
    EXPECT_EQ(challenge.error().kind, ErrorKind::malformed);
  }
}

TEST(Challenge, PersistentRecordsHaveNoToken) {
  const std::string text =
      R"({"type":"dns-persist-01","url":"https://ca.example/ch/1","status":"pending","accounturi":"https://ca.example/acct/1",)"
      R"("issuer-domain-names":["ca.example"]})";
  const auto challenge = challenge_from_json(parse(text));
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->issuer_domain_names, std::vector<std::string>{"ca.example"});
  EXPECT_EQ(challenge->account_uri, "https://ca.example/acct/1");
  EXPECT_EQ(to_json(*challenge).dump(), text);
}

std::string authorization(const std::string& more) {
  return R"({"identifier":{"type":"dns","value":"example.org"},"status":"pending")" + more + "}";
}

TEST(Authorization, AUT_01_AUT_02_WildcardBothWays) {
  Authorization wild;
  wild.identifier = {.type = IdentifierType::dns, .value = "example.org"};
  wild.wildcard = true;
  wild.expires = from_unix_seconds(1'767'225'600);
  EXPECT_EQ(to_json(wild).dump(),
            R"({"identifier":{"type":"dns","value":"example.org"},"status":"pending","expires":"2026-01-01T00:00:00Z",)"
            R"("challenges":[],"wildcard":true})");
  EXPECT_EQ(wild.proved().value, "*.example.org");
  EXPECT_EQ(to_json(*authorization_from_json(to_json(wild))), to_json(wild));
  wild.wildcard = false;
  EXPECT_EQ(to_json(wild).find("wildcard"), nullptr);
  EXPECT_EQ(wild.proved().value, "example.org");
  EXPECT_FALSE(authorization_from_json(parse(authorization("")))->wildcard);
  EXPECT_FALSE(authorization_from_json(parse(authorization(R"(,"wildcard":false)")))->wildcard);
  EXPECT_TRUE(authorization_from_json(parse(authorization(R"(,"wildcard":true)")))->wildcard);
}

TEST(Authorization, AnAsteriskFromTheCaMeansAWildcard) {
  const auto read =
      authorization_from_json(parse(R"({"identifier":{"type":"dns","value":"*.example.org"},"status":"valid"})"));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->wildcard);
  EXPECT_EQ(read->identifier.value, "example.org");
}

TEST(Authorization, CF27_OddChallengesDoNotSpoilTheOthers) {
  const auto read = authorization_from_json(parse(authorization(
      R"(,"challenges":[{"type":"new-01","token":[]},{"type":"http-01","url":"https://ca.example/ch/1","token":"abc"}])")));
  ASSERT_TRUE(read);
  ASSERT_EQ(read->challenges.size(), 2u);
  EXPECT_EQ(read->challenges[0].type, "new-01");
  EXPECT_EQ(read->challenges[1].token, "abc");
}

TEST(Authorization, ChallengesAreBounded) {
  Json list = Json::array();
  for (std::size_t i = 0; i < 2 * challenges_max; ++i) list.push(parse(R"({"type":"x"})"));
  const auto read = authorization_from_json(parse(authorization("")).set("challenges", std::move(list)));
  EXPECT_EQ(read->challenges.size(), challenges_max);
}

TEST(Authorization, UnreadableOnesAreMalformed) {
  for (const std::string& bad : {std::string("[]"), std::string("{}"), std::string(R"({"status":"pending"})"),
                                 std::string(R"({"identifier":{"type":"dns","value":"a.example"}})"),
                                 std::string(R"({"identifier":{"type":"dns","value":"a.example"},"status":"ready"})"),
                                 std::string(R"({"identifier":{"type":"x","value":"a.example"},"status":"valid"})"),
                                 authorization(R"(,"wildcard":"yes")"), authorization(R"(,"challenges":{})"),
                                 authorization(R"(,"challenges":[null])"), authorization(R"(,"expires":1)")}) {
    const auto read = authorization_from_json(parse(bad));
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().kind, ErrorKind::malformed) << bad;
  }
}

}  // namespace
}  // namespace crest::acme
