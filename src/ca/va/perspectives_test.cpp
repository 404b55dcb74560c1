#include "ca/va/perspectives.hpp"

#include <condition_variable>

#include <gtest/gtest.h>

#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"
#include "ca/va/remote_codec.hpp"

namespace crest::ca::va {
namespace {

using acme::ProblemType;

const std::string token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
const std::string key_authorization = token + ".oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";

// Validators by URL.
class FakeValidators final : public http::Transport {
 public:
  using Handler = std::function<Result<http::Response>(const http::Request&, const Call&)>;
  std::map<std::string, Handler> at;
  std::atomic<int> asked = 0;

  Result<http::Response> send(const http::Request& request, const Call& call) override {
    ++asked;
    return at.at(request.url)(request, call);
  }
  static Handler says(const Verdict& verdict) {
    return [=](const http::Request& request, const Call&) -> Result<http::Response> {
      EXPECT_TRUE(claim_from_json(request.body));
      return http::Response{.status = 200, .body = to_json(verdict).dump()};
    };
  }
  // One that is down: whoever waits for it waits until nobody needs it any more.
  static Handler hangs() {
    return [](const http::Request&, const Call& call) -> Result<http::Response> {
      std::mutex mutex;
      std::unique_lock lock(mutex);
      std::condition_variable_any never;
      never.wait(lock, call.stop, [] { return false; });
      return make_error(ErrorKind::timeout, "stopped");
    };
  }
};

class PerspectivesTest : public ::testing::Test {
 protected:
  testing::FakeResolver resolver;
  testing::FakeEgress egress;
  testing::ManualClock clock;
  FakeValidators validators;
  PerspectiveRule rule{.validators = {"a", "b", "c"}};
  const Verdict yes, no = failed(ProblemType::incorrectResponse, "another key authorization"),
                     unreachable = failed(ProblemType::connection, "no connection", true);

  PerspectivesTest() {
    resolver.hosts["www.a.example"] = {"192.0.2.1"};
    sees_proof(true);
    for (const char* name : {"a", "b", "c"}) set(name, FakeValidators::says(yes));
  }
  void sees_proof(bool proof) {
    egress.at["192.0.2.1"] = testing::FakeEgress::answers(200, proof ? key_authorization : "other");
  }
  void set(const std::string& name, FakeValidators::Handler handler) {
    validators.at["https://" + name + ".test/validate"] = std::move(handler);
  }
  Verdict validate(const std::stop_token& stop = {}) {
    const Validator local({.caa = {.enabled = false, .identities = {}, .exempt_zones = {}}},
                          {resolver, egress, nullptr, clock});
    std::vector<Perspectives::RemotePtr> remote;
    for (const char* name : {"a", "b", "c"}) {
      remote.push_back(std::make_shared<RemoteValidator>(
          RemoteValidator::Options{
              .name = name, .url = std::string("https://") + name + ".test", .trust = {}, .identity = {}},
          validators));
    }
    const Perspectives perspectives(local, {rule}, remote);
    return perspectives.validate({.identifier = {.value = "www.a.example"},
                                  .token = token,
                                  .key_authorization = key_authorization,
                                  .method = "http-01",
                                  .account_url = "https://ca.test/1"},
                                 stop);
  }
};

TEST_F(PerspectivesTest, SF51_AllAgree) {
  const auto verdict = validate();
  EXPECT_FALSE(verdict.problem);
  EXPECT_EQ(verdict.for_operator, "");
}

TEST_F(PerspectivesTest, SF51_AProofThatOnlyTheCaSeesIsNone) {
  for (const char* name : {"a", "b"}) set(name, FakeValidators::says(no));
  const auto verdict = validate();
  ASSERT_TRUE(verdict.problem);
  EXPECT_EQ(verdict.problem->acme_word(), "incorrectResponse");
  EXPECT_EQ(verdict.problem->detail.raw(), "seen from another place in the network: another key authorization");
  EXPECT_FALSE(verdict.transient);
  EXPECT_NE(verdict.for_operator.find("a: another key authorization"), std::string::npos) << verdict.for_operator;
}

TEST_F(PerspectivesTest, SF51_AProofThatTheCaDoesNotSeeIsNone) {
  sees_proof(false);
  for (const char* name : {"a", "b", "c"}) set(name, FakeValidators::hangs());
  const auto verdict = validate();
  ASSERT_TRUE(verdict.problem);
  EXPECT_EQ(verdict.problem->detail.raw().find("another place"), std::string::npos);
}

TEST_F(PerspectivesTest, SF51_OneThatIsDownCostsNoTime) {
  set("b", FakeValidators::hangs());
  EXPECT_FALSE(validate().problem);
}

TEST_F(PerspectivesTest, SF51_AsManyMayDifferAsTheQuorumSpares) {
  set("b", FakeValidators::says(no));
  set("a", [](const auto&, const Call&) -> Result<http::Response> { return make_error(ErrorKind::connect, "down"); });
  rule.quorum = 1;
  EXPECT_FALSE(validate().problem);
}

TEST_F(PerspectivesTest, SF51_TooFewIsOurOwnFaultAndWorthAnotherTry) {
  for (const char* name : {"a", "b"}) {
    set(name,
        [](const auto&, const Call&) { return Result<http::Response>(http::Response{.status = 503, .body = "\x1b"}); });
  }
  const auto verdict = validate();
  ASSERT_TRUE(verdict.problem);
  EXPECT_EQ(verdict.problem->acme_word(), "serverInternal");
  EXPECT_TRUE(verdict.transient);
  EXPECT_EQ(verdict.problem->detail.raw().find("a.test"), std::string::npos);
  EXPECT_NE(verdict.for_operator.find("a could not be asked"), std::string::npos) << verdict.for_operator;
  EXPECT_EQ(verdict.for_operator.find('\x1b'), std::string::npos);
}

TEST_F(PerspectivesTest, SF51_WhatIsTransientForAllIsTriedAgain) {
  for (const char* name : {"a", "b"}) set(name, FakeValidators::says(unreachable));
  EXPECT_TRUE(validate().transient);
  set("b", FakeValidators::says(no));
  EXPECT_FALSE(validate().transient);
}

TEST_F(PerspectivesTest, ASegmentThatTheCaCannotReachHasAValidatorOfItsOwn) {
  egress.at.clear();
  rule = {.suffixes = {"a.example"}, .validators = {"a"}, .local = false};
  EXPECT_FALSE(validate().problem);
  EXPECT_TRUE(egress.seen.empty());
  set("a", FakeValidators::says(no));
  EXPECT_TRUE(validate().problem);
}

TEST_F(PerspectivesTest, WhomNoRuleNamesTheCaLooksAtAlone) {
  rule.suffixes = {"b.example", "ww.a.example", "xa.example"};
  EXPECT_FALSE(validate().problem);
  EXPECT_EQ(validators.asked, 0);
}

TEST_F(PerspectivesTest, TheShortestReuseCounts) {
  Verdict shorter;
  shorter.reusable_for = 5min;
  set("b", FakeValidators::says(shorter));
  rule.quorum = 3;
  EXPECT_EQ(validate().reusable_for, std::optional<Duration>(5min));
}

TEST_F(PerspectivesTest, AStopEndsIt) {
  for (const char* name : {"a", "b", "c"}) set(name, FakeValidators::hangs());
  std::stop_source source;
  source.request_stop();
  EXPECT_TRUE(validate(source.get_token()).problem);
}

TEST(PerspectiveRule, NamesWhatIsAtOrBelow) {
  const PerspectiveRule rule{
      .suffixes = {"a.example"}, .networks = {encoding::IpNetwork::parse("10.8.0.0/16").value()}, .validators = {}};
  for (const auto& [value, named] :
       {std::pair{"a.example", true}, {"x.a.example", true}, {"xa.example", false}, {"example", false}})
    EXPECT_EQ(rule.names({acme::IdentifierType::dns, value}), named) << value;
  for (const auto& [value, named] : {std::pair{"10.8.1.1", true}, {"10.9.0.1", false}, {"2001:db8::1", false}})
    EXPECT_EQ(rule.names({acme::IdentifierType::ip, value}), named) << value;
  EXPECT_TRUE(PerspectiveRule{}.names({.value = "any.example"}));
}

}  // namespace
}  // namespace crest::ca::va
