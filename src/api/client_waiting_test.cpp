// How long a Client waits: for a CA that is slow, after what failed, and when it is told to stop.
#include <atomic>

#include "api/testing/client_rig.hpp"

namespace crest {
namespace {

using namespace testing;

TEST_F(ClientTest, ENT_07_WithinThePauseAFailureForGoodStaysOne) {
  ca.leaf_life = 80s;  // begun a minute ago: due
  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  ca.before = [](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newOrder") return std::nullopt;
    return Result<http::Response>(refusal(acme::ProblemType::caa, "another CA is named"));
  };
  const auto renewed = [&] { return open_again().renew(std::nullopt, false, *solver)->front(); };
  const RenewOutcome failed = renewed(), waiting = renewed();
  ASSERT_EQ(failed.decision, Decision::failed) << failed.why;
  ASSERT_EQ(waiting.decision, Decision::waiting) << waiting.why;
  ASSERT_TRUE(waiting.error);
  EXPECT_TRUE(failed.error->needs_operator()) << failed.error->describe();
  EXPECT_EQ(waiting.error->kind, failed.error->kind);
  EXPECT_TRUE(waiting.error->needs_operator());
  EXPECT_EQ(waiting.error->exit_code(), 2);
  EXPECT_TRUE(waiting.error->not_before);
}

TEST_F(ClientTest, CF11_ATimeoutIsResumed) {
  ca.polls_until_valid = 1'000'000;
  Client client = open();
  std::vector<std::string> said;
  const auto late =
      client.obtain(names({"app.corp.example"}), *solver,
                    {.at_most = 700ms, .progress = [&](const std::string& line) { said.push_back(line); }});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::timeout);
  EXPECT_GE(said.size(), 3u);
  ca.polls_until_valid = 0;
  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  EXPECT_EQ(ca.count("POST newOrder"), 1u);
}

TEST_F(ClientTest, AnInterruptIsNotAnError_TheOrderWaits) {
  ca.polls_until_valid = 1'000'000;
  std::stop_source source;
  const auto progress = [&](const std::string& line) {
    if (line.find("validating") != std::string::npos) source.request_stop();
  };
  const auto stopped =
      open().obtain(names({"app.corp.example"}), *solver, {.stop = source.get_token(), .progress = progress});
  ASSERT_FALSE(stopped);
  EXPECT_TRUE(stopped.error().retryable());
  ca.polls_until_valid = 0;
  ASSERT_TRUE(open().obtain(names({"app.corp.example"}), *solver));
  EXPECT_EQ(ca.count("POST newOrder"), 1u);
}

TEST_F(ClientTest, ERR_09_ARateLimitIsKeptToByLaterRuns) {
  ca.before = [](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newOrder") return std::nullopt;
    http::Response response = refusal(acme::ProblemType::rateLimited, "too many orders");
    response.headers.add("Retry-After", "3600");
    return Result<http::Response>(response);
  };
  const auto first = open().obtain(names({"app.corp.example"}), *solver);
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().kind, ErrorKind::rate_limited);
  const std::size_t asked = ca.requests.size();
  const auto second = open().obtain(names({"app.corp.example"}), *solver);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::rate_limited);
  EXPECT_EQ(second.error().not_before, first.error().not_before);
  EXPECT_EQ(second.error().exit_code(), 75);
  EXPECT_EQ(ca.requests.size(), asked);
  ca.before = nullptr;
  CertificateOptions now = names({"app.corp.example"});
  now.retry_now = true;
  EXPECT_TRUE(open().obtain(now, *solver));
}

TEST_F(ClientTest, CF37_FailuresBeginToWaitFromTheSecondOn) {
  client::Http01Answers nobody;
  ca.responder = &nobody;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(open().obtain(names({"app.corp.example"}), *solver).error().kind, ErrorKind::authz_failed);
  }
  const std::size_t asked = ca.requests.size();
  const auto third = open().obtain(names({"app.corp.example"}), *solver);
  EXPECT_EQ(third.error().kind, ErrorKind::authz_failed);
  EXPECT_NE(third.error().message.find("--retry-now"), std::string::npos);
  EXPECT_EQ(ca.requests.size(), asked);
}

TEST_F(ClientTest, AConnectionRefusedEndsWithinTheTimeGiven) {
  ClientOptions away = options();
  away.directory = "http://127.0.0.1:1/directory";
  const auto refused = Client::open(away).value().obtain(names({"app.corp.example"}), *solver, {.at_most = 1500ms});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::connect) << refused.error().describe();  // not merely that it took long
  EXPECT_TRUE(refused.error().retryable());
  EXPECT_NE(refused.error().message.find("nothing is lost"), std::string::npos);
}

// A CA that takes requests and answers none of them.
class Stalled {
 public:
  explicit Stalled(FakeCa& ca) {
    ca.before = [over = over_](const http::Request&) -> std::optional<Result<http::Response>> {
      over->wait(false);
      return std::nullopt;
    };
  }
  ~Stalled() {
    *over_ = true;
    over_->notify_all();
  }

 private:
  std::shared_ptr<std::atomic<bool>> over_ = std::make_shared<std::atomic<bool>>(false);  // the listener outlives us
};

// The time given holds for an exchange under way, too.
TEST_F(ClientTest, CF2_ACaThatStallsEndsWithinTheTimeGiven) {
  ASSERT_TRUE(open().obtain(names({"a.example"}), *solver));
  ASSERT_TRUE(open().obtain(names({"b.example"}), *solver));
  const Stalled stalled(ca);
  constexpr Duration at_most = 500ms;
  const auto ends = [&](const char* what, const auto& call) {
    const Instant began = listening.clock.monotonic();
    const Error error = call(Waiting{.stop = {}, .at_most = at_most, .progress = {}});
    EXPECT_LT(listening.clock.monotonic() - began, at_most + 1s) << what;
    EXPECT_EQ(error.kind, ErrorKind::timeout) << what << ": " << error.describe();
    EXPECT_EQ(error.exit_code(), 75) << what;
    return error.message;
  };
  const std::string obtained = ends("obtain", [&](const Waiting& waiting) {
    return open().obtain(names({"new.example"}), *solver, waiting).error();
  });
  EXPECT_NE(obtained.find("the answer did not come in time"), std::string::npos);
  ends("revoke", [&](const Waiting& waiting) { return open_again().revoke("a.example", "", waiting).error(); });
  ends("renew one",
       [&](const Waiting& waiting) { return *open_again().renew("a.example", true, *solver, waiting)->front().error; });
  ends("renew both", [&](const Waiting& waiting) {
    const auto outcomes = open_again().renew(std::nullopt, true, *solver, waiting).value();
    EXPECT_EQ(outcomes.size(), 2u);
    EXPECT_EQ(outcomes.at(0).decision, Decision::failed);
    EXPECT_EQ(outcomes.at(1).decision, Decision::waiting) << "its time was up";
    return *outcomes.at(1).error;
  });
}

TEST_F(ClientTest, AnInterruptedRenewalSaysSoOfThoseItDidNotReach) {
  Client client = open();
  ASSERT_TRUE(client.obtain(names({"a.example"}), *solver));
  std::stop_source source;
  source.request_stop();
  const auto asked = ca.requests.size();
  const auto outcomes = client.renew(std::nullopt, true, *solver, {.stop = source.get_token(), .progress = {}});
  ASSERT_TRUE(outcomes);
  ASSERT_EQ(outcomes->size(), 1u);
  EXPECT_EQ(outcomes->at(0).decision, Decision::waiting);
  EXPECT_NE(outcomes->at(0).why.find("interrupted"), std::string::npos) << outcomes->at(0).why;
  ASSERT_TRUE(outcomes->at(0).error);
  EXPECT_EQ(outcomes->at(0).error->exit_code(), 75);
  EXPECT_EQ(ca.requests.size(), asked);
}

}  // namespace
}  // namespace crest
