#include <thread>

#include <gtest/gtest.h>

#include "acme/challenge.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca::web {
namespace {

using testing::AcmeDriver;
using testing::Answer;
using testing::FakeEgress;
using testing::TestCa;

class AuthorizationTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
  Answer order;
  std::string authorization, challenge;

  void SetUp() override {
    driver.new_account();
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
    order = driver.new_order({std::string("a.corp.example")});
    authorization = order.texts("authorizations").front();
    challenge = driver.challenge_url(authorization);
  }
  std::string status(const std::string& url) { return driver.read(url).text("status"); }
};

TEST_F(AuthorizationTest, CHL_01_CHL_02_AUT_02_WhatAPendingOneShows) {
  const auto answer = driver.read(authorization);
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.text("status"), "pending");
  EXPECT_NE(answer.text("expires"), "");
  EXPECT_EQ(answer.json.find("wildcard"), nullptr);
  EXPECT_EQ(*answer.json.find("identifier")->find("value")->as_string(), "a.corp.example");
  const auto* challenges = answer.json.find("challenges")->as_array();
  ASSERT_EQ(challenges->size(), 1u);  // only what is validated is offered
  const auto& only = challenges->front();
  EXPECT_EQ(*only.find("type")->as_string(), "http-01");
  EXPECT_EQ(*only.find("status")->as_string(), "pending");
  const auto& token = *only.find("token")->as_string();
  EXPECT_GE(token.size(), 22u);
  EXPECT_TRUE(acme::check_token(token));
  EXPECT_EQ(only.find("validated"), nullptr);
}

TEST_F(AuthorizationTest, CHL_08_ERR_11_AResponseIsAccepted) {
  const auto answer = driver.post(challenge, R"({"keyAuthorization":"ignored"})");
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.text("status"), "processing");
  EXPECT_EQ(answer.text("url"), challenge);
  EXPECT_EQ(http::link_targets(answer.response.headers, "up", TestCa::base), std::vector<std::string>{authorization});
  EXPECT_EQ(status(authorization), "pending");
  ca.work_all();
  const auto after = driver.read(challenge);
  EXPECT_EQ(after.text("status"), "valid");
  EXPECT_EQ(after.text("validated"), to_rfc3339(ca.clock.now()));
  EXPECT_EQ(status(authorization), "valid");
  EXPECT_EQ(http::link_targets(after.response.headers, "up", TestCa::base), std::vector<std::string>{authorization});
}

TEST_F(AuthorizationTest, CHL_09_ReadingStartsNothing) {
  EXPECT_EQ(driver.read(challenge).text("status"), "pending");
  EXPECT_FALSE(ca.authority->next_work());
  EXPECT_FALSE(ca.authority->work());
  EXPECT_TRUE(ca.egress.seen.empty());
}

TEST_F(AuthorizationTest, CHL_10_UnusableResponsesAreErrors) {
  for (const auto* payload : {"[]", "7", "\"\"", "null", "{", "no"}) {
    EXPECT_EQ(driver.post(challenge, payload).type(), "malformed") << payload;
  }
  EXPECT_EQ(driver.post(AcmeDriver::url("/challenge/AAAAAAAAAAAAAAAAAAAAAA/http-01"), "{}").status(), 404);
  const auto other_method = challenge.substr(0, challenge.rfind('/')) + "/dns-01";
  EXPECT_EQ(driver.post(other_method, "{}").status(), 404);
  EXPECT_EQ(driver.read(other_method).status(), 404);
  EXPECT_FALSE(ca.authority->next_work());
}

TEST_F(AuthorizationTest, AUT_04_ORD_11_AWrongAnswerEndsAuthorizationAndOrder) {
  ca.egress.at["192.0.2.1"] = FakeEgress::answers(200, "wrong");
  driver.post(challenge, "{}");
  ca.work_all();
  EXPECT_EQ(ca.egress.seen.size(), 1u);  // nothing that another attempt would change
  const auto after = driver.read(challenge);
  EXPECT_EQ(after.text("status"), "invalid");
  EXPECT_NE(after.json.find("error")->find("type")->as_string()->find("incorrectResponse"), std::string::npos);
  EXPECT_EQ(status(authorization), "invalid");
  const auto failed = driver.read(order.location());
  EXPECT_EQ(failed.text("status"), "invalid");
  const auto* sub = failed.json.find("error")->find("subproblems");
  ASSERT_NE(sub, nullptr);
  EXPECT_EQ(*sub->as_array()->front().find("identifier")->find("value")->as_string(), "a.corp.example");
  const auto again = driver.post(challenge, "{}");
  EXPECT_EQ(again.status(), 200);
  EXPECT_EQ(again.text("status"), "invalid");
  EXPECT_FALSE(ca.authority->next_work());
}

TEST_F(AuthorizationTest, CHL_13_CHL_14_TransientFailuresAreTriedAgainWithSpacing) {
  const auto serve = ca.egress.at["192.0.2.1"];
  ca.egress.at.erase("192.0.2.1");
  driver.post(challenge, "{}");
  EXPECT_TRUE(ca.authority->work());
  auto now = driver.read(challenge);
  EXPECT_EQ(now.text("status"), "processing");
  ASSERT_NE(now.json.find("error"), nullptr);
  EXPECT_EQ(now.header("Retry-After"), "5");
  EXPECT_EQ(driver.read(authorization).header("Retry-After"), "5");
  EXPECT_EQ(status(authorization), "pending");
  EXPECT_FALSE(ca.authority->work());
  EXPECT_EQ(ca.authority->next_work(), ca.clock.now() + 5s);
  ca.egress.at["192.0.2.1"] = serve;
  ca.clock.advance(1s);
  driver.post(challenge, "{}");  // brings the attempt forward
  EXPECT_TRUE(ca.authority->work());
  EXPECT_EQ(status(authorization), "valid");
  EXPECT_EQ(driver.read(challenge).json.find("error"), nullptr);
}

TEST_F(AuthorizationTest, CHL_14_ItGivesUpWithinThirtySeconds) {
  ca.egress.at.erase("192.0.2.1");
  const Time start = ca.clock.now();
  driver.post(challenge, "{}");
  ca.work_all();
  EXPECT_EQ(status(challenge), "invalid");
  EXPECT_EQ(ca.egress.seen.size(), 3u);
  EXPECT_LE(ca.clock.now() - start, 30s);
}

TEST_F(AuthorizationTest, SF32_ParallelResponsesValidateOnce) {
  std::vector<http::Request> requests;
  for (int i = 0; i < 6; ++i) {
    requests.push_back(AcmeDriver::jose_request(challenge.substr(std::string_view(TestCa::base).size()),
                                                driver.signed_body(challenge, "{}")));
  }
  std::atomic<int> accepted = 0;
  {
    std::vector<std::jthread> threads;
    for (const auto& request : requests) {
      threads.emplace_back([&] { accepted += ca.authority->handle(request).status == 200 ? 1 : 0; });
    }
  }
  EXPECT_EQ(accepted, 6);
  ca.work_all();
  EXPECT_EQ(ca.egress.seen.size(), 1u);
  EXPECT_EQ(status(authorization), "valid");
}

// An order is what its authorizations are: there is no moment at which the two say different things.
TEST_F(AuthorizationTest, SF32_TheLastProofMakesTheOrderReadyInTheSameWrite) {
  ca.add_host("b.corp.example", "192.0.2.1", driver.public_key());
  const auto both = driver.new_order({std::string("a.corp.example"), "b.corp.example"});
  driver.respond_all(both);
  EXPECT_TRUE(ca.authority->work());
  EXPECT_EQ(status(both.location()), "pending");
  const int writes = ca.store.writes;
  EXPECT_TRUE(ca.authority->work());
  EXPECT_EQ(ca.store.writes - writes, 1);
  EXPECT_EQ(status(both.location()), "ready");
}

TEST_F(AuthorizationTest, AUT_06_ExpiredOnesNoLongerCount) {
  driver.post(challenge, "{}");
  ca.work_all();
  ca.clock.advance(24h);
  EXPECT_EQ(status(authorization), "expired");
  EXPECT_EQ(status(order.location()), "invalid");
  const auto late = driver.new_order({std::string("a.corp.example")});
  const auto url = driver.challenge_url(late.texts("authorizations").front());
  ca.clock.advance(24h);
  EXPECT_EQ(driver.post(url, "{}").type(), "malformed");
  EXPECT_FALSE(ca.authority->next_work());
}

TEST_F(AuthorizationTest, AUT_09_DeactivationEndsWhatRestsOnIt) {
  driver.post(challenge, "{}");
  ca.work_all();
  EXPECT_EQ(status(order.location()), "ready");
  for (const auto* payload : {"{}", R"({"status":"valid"})", R"({"status":7})"}) {
    EXPECT_EQ(driver.post(authorization, payload).type(), "malformed") << payload;
  }
  const auto done = driver.post(authorization, R"({"status":"deactivated"})");
  EXPECT_EQ(done.status(), 200);
  EXPECT_EQ(done.text("status"), "deactivated");
  EXPECT_EQ(status(order.location()), "invalid");
  EXPECT_EQ(driver.post(authorization, R"({"status":"deactivated"})").type(), "malformed");
}

TEST_F(AuthorizationTest, AUT_09_APendingOneCanBeGivenUpWhileItIsValidated) {
  driver.post(challenge, "{}");
  EXPECT_EQ(driver.post(authorization, R"({"status":"deactivated"})").status(), 200);
  ca.work_all();
  EXPECT_TRUE(ca.egress.seen.empty());
  EXPECT_EQ(status(authorization), "deactivated");
}

TEST_F(AuthorizationTest, SF14_OthersSeeAndChangeNothing) {
  AcmeDriver other(ca);
  other.new_account();
  for (const auto& url : {authorization, challenge}) {
    EXPECT_EQ(other.read(url).status(), 404);
    EXPECT_EQ(other.read(url).type(), "malformed");
  }
  EXPECT_EQ(other.post(challenge, "{}").status(), 404);
  EXPECT_EQ(other.post(authorization, R"({"status":"deactivated"})").status(), 404);
  EXPECT_EQ(status(authorization), "pending");
  EXPECT_FALSE(ca.authority->next_work());
}

TEST_F(AuthorizationTest, CHL_17_TheKeyAtResponseTimeCounts) {
  const auto fresh = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const auto key_change = AcmeDriver::url("/key-change");
  driver.post(challenge, "{}");
  const auto payload = acme::key_change_payload(fresh, driver.public_key(), driver.account_url(), key_change).value();
  EXPECT_EQ(driver.post(key_change, payload).status(), 200);
  driver.use_key(fresh);
  ca.work_all();  // the host still answers for the old key, which answered the challenge
  EXPECT_EQ(status(authorization), "valid");
}

TEST_F(AuthorizationTest, SF52_ManyValidationsOfOneAccountAreLimited) {
  ca.options.pending_orders_max = 1000;
  ca.options.identifiers_max = 100;
  ca.start();
  std::vector<acme::Identifier> identifiers;
  for (int i = 0; i < 100; ++i)
    identifiers.push_back({acme::IdentifierType::dns, "n" + std::to_string(i) + ".corp.example"});
  Answer last;
  for (int i = 0; i < 6 && last.status() < 300; ++i) {
    const auto big = driver.new_order(identifiers);
    for (const auto& url : big.texts("authorizations")) {
      last = driver.respond(url);
      if (last.status() >= 300) break;
    }
  }
  EXPECT_EQ(last.status(), 429);
  EXPECT_EQ(last.type(), "rateLimited");
  EXPECT_NE(last.header("Retry-After"), "");
}

TEST_F(AuthorizationTest, AUT_03_AUT_07_PollingTellsWhereItStands) {
  driver.post(challenge, "{}");
  const auto meanwhile = driver.read(authorization);
  EXPECT_EQ(meanwhile.status(), 200);
  EXPECT_EQ(meanwhile.text("status"), "pending");
  ca.work_all();
  const auto proved = driver.read(authorization);
  EXPECT_EQ(proved.status(), 200);
  EXPECT_EQ(proved.text("status"), "valid");
  EXPECT_EQ(proved.text("expires"), to_rfc3339(ca.clock.now() + ca.options.authorization_life));
}

TEST_F(AuthorizationTest, AUT_05_AFailedChallengeStaysToBeRead) {
  ca.egress.at["192.0.2.1"] = [](const http::Request&, const Call&) -> Result<http::Response> {
    return http::Response{.status = 200, .body = "another text"};
  };
  driver.post(challenge, "{}");
  ca.work_all();
  const auto failed = driver.read(authorization);
  EXPECT_EQ(failed.text("status"), "invalid");
  const auto* challenges = failed.json.find("challenges")->as_array();
  ASSERT_EQ(challenges->size(), 1u);
  EXPECT_EQ(*challenges->front().find("status")->as_string(), "invalid");
  EXPECT_TRUE(challenges->front().find("error"));
}

TEST_F(AuthorizationTest, SF65_AStoreThatFailsIsNoAttemptOfTheValidation) {
  int answered = 0;
  ca.egress.at["192.0.2.1"] = [&](const http::Request& request, const Call&) -> Result<http::Response> {
    if (++answered == 5)
      return make_error(ErrorKind::connect, "no route");  // the first that the client is to blame for
    const auto token = request.url.substr(request.url.rfind('/') + 1);
    return http::Response{.status = 200, .body = acme::key_authorization(token, driver.public_key())};
  };
  driver.post(challenge, "{}");
  for (int i = 0; i < 4; ++i) {
    ca.clock.advance(std::max(*ca.authority->next_work() - ca.clock.now(), Duration{0}));
    ca.store.fail_write_in = 1;
    EXPECT_TRUE(ca.authority->work());
  }
  ca.work_all();
  EXPECT_EQ(status(authorization), "valid");
  EXPECT_EQ(answered, 6);
}

}  // namespace
}  // namespace crest::ca::web
