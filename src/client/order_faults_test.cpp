// A CA, or something in between, that fails or lies at every exchange: nothing may be lost, nothing may go on for ever.
#include <algorithm>

#include <gtest/gtest.h>

#include "client/certificate_meta.hpp"
#include "client/testing/rig.hpp"

namespace crest::client {
namespace {

using testing::FakeCa;
using testing::json_response;
using testing::refusal;
using testing::Rig;

constexpr std::string_view name = "app.corp.example";

Result<http::Response> lost() { return make_error(ErrorKind::connect, "connection reset"); }

// As a person or a timer does: again and again, when the record allows it.
Result<std::uint64_t> obtain_in_the_end(Rig& rig, int runs_max = 20) {
  Result<std::uint64_t> last = make_error(ErrorKind::internal, "never run");
  for (int run = 0; run < runs_max; ++run) {
    auto issuance = rig.open(Rig::request({std::string(name), "b.corp.example"}));
    if (!issuance) return issuance.error();
    if ((*issuance)->not_before()) rig.clock.sleep_until(*(*issuance)->not_before(), {});
    last = rig.run(**issuance);
    if (last) return last;
    rig.start();
  }
  return last;
}

std::size_t exchanges_of_a_good_run() {
  Rig rig;
  EXPECT_TRUE(obtain_in_the_end(rig));
  return rig.ca.requests.size();
}

void expect_one_good_certificate(Rig& rig, const std::string& what) {
  const auto pair = rig.vault->live(name);
  ASSERT_TRUE(pair && *pair) << what;
  EXPECT_EQ(rig.ca.issued.size(), 1u) << what << ": one lost answer never costs a second certificate";
  EXPECT_EQ(rig.ca.accounts.size(), 1u) << what << ": nor a second account (CF35)";
  EXPECT_EQ(rig.ca.reused_nonces, 0) << what;
}

TEST(OrderFaults, CF29_CF35_AnyOneLostAnswerCostsNothing) {
  const std::size_t exchanges = exchanges_of_a_good_run();
  ASSERT_GT(exchanges, 12u);
  for (std::size_t at = 0; at < exchanges; ++at) {
    Rig rig;
    rig.ca.after = [&](const http::Request&, Result<http::Response>& response) {
      if (rig.ca.requests.size() == at + 1) response = lost();
    };
    const auto issued = obtain_in_the_end(rig, 1);
    ASSERT_TRUE(issued) << at << " " << rig.ca.log.at(at) << ": " << issued.error().describe();
    expect_one_good_certificate(rig, rig.ca.log.at(at));
  }
}

TEST(OrderFaults, AnyOneRequestThatNeverArrivesCostsNothing) {
  const std::size_t exchanges = exchanges_of_a_good_run();
  for (std::size_t at = 0; at < exchanges; ++at) {
    Rig rig;
    rig.ca.before = [&](const http::Request&) -> std::optional<Result<http::Response>> {
      if (rig.ca.requests.size() == at + 1) return lost();
      return std::nullopt;
    };
    ASSERT_TRUE(obtain_in_the_end(rig, 1)) << at;
    expect_one_good_certificate(rig, rig.ca.log.at(at));
  }
}

TEST(OrderFaults, EveryThirdAnswerLostStillEnds) {
  Rig rig;
  rig.ca.after = [&](const http::Request&, Result<http::Response>& response) {
    if (rig.ca.requests.size() % 3 == 0) response = lost();
  };
  ASSERT_TRUE(obtain_in_the_end(rig));
  EXPECT_EQ(rig.ca.issued.size(), 1u);
}

TEST(OrderFaults, ERR_14_A503AtAnyExchangeIsWaitedOut) {
  const std::size_t exchanges = exchanges_of_a_good_run();
  for (std::size_t at = 0; at < exchanges; ++at) {
    Rig rig;
    rig.ca.before = [&](const http::Request&) -> std::optional<Result<http::Response>> {
      if (rig.ca.requests.size() != at + 1) return std::nullopt;
      http::Response page{.status = 503, .body = "<html>maintenance</html>"};
      page.headers.add("Content-Type", "text/html");
      page.headers.add("Retry-After", "20");
      return Result<http::Response>(page);
    };
    const Time start = rig.clock.now();
    ASSERT_TRUE(obtain_in_the_end(rig, 1)) << rig.ca.log.at(at);
    EXPECT_GE(rig.clock.now() - start, 20s);
    expect_one_good_certificate(rig, rig.ca.log.at(at));
  }
}

// What may come instead of any answer. Each ends as an error of the class given, soon, with the old pair in place.
struct Lie {
  const char* label;
  std::function<Result<http::Response>()> answer;
};

std::vector<Lie> lies() {
  const auto page = [](int status, std::string type, std::string body) {
    return [=]() -> Result<http::Response> {
      http::Response response{.status = status, .body = body};
      if (!type.empty()) response.headers.add("Content-Type", type);
      response.headers.add("Replay-Nonce", "lie");
      return response;
    };
  };
  std::string deep(40, '[');
  return {
      {"HTML", page(200, "text/html", "<!DOCTYPE html><title>Log in</title>")},
      {"nothing", page(200, "application/json", "")},
      {"no content type", page(200, "", "{}")},
      {"deep JSON", page(200, "application/json", deep + std::string(40, ']'))},
      {"empty object", page(200, "application/json", "{}")},
      {"an array", page(200, "application/json", "[1,2]")},
      {"twice the same member", page(200, "application/json", R"({"status":"valid","status":"pending"})")},
      {"unknown status",
       page(200, "application/json", R"({"status":"sideways","identifiers":[],"authorizations":[]})")},
      {"numbers for text", page(200, "application/json", R"({"status":7,"newNonce":8,"identifiers":9})")},
      {"http URLs",
       page(200, "application/json",
            R"({"status":"valid","newNonce":"http://a/","newAccount":"http://a/","newOrder":"http://a/",)"
            R"("identifiers":[{"type":"dns","value":"app.corp.example"},{"type":"dns","value":"b.corp.example"}],)"
            R"("finalize":"http://a/","certificate":"http://a/","authorizations":["http://a/"]})")},
      {"redirect", page(302, "", "")},
      {"teapot", page(418, "text/plain", "\x1b[31mshort and stout")},
      {"10 MB",
       [] { return Result<http::Response>(make_error(ErrorKind::response_too_large, "the answer is too long")); }},
      {"bad certificate", [] { return Result<http::Response>(make_error(ErrorKind::tls, "untrusted CA")); }},
  };
}

TEST(OrderFaults, CF3_CF5_EveryLieAtEveryExchangeEndsInOneError) {
  const std::size_t exchanges = exchanges_of_a_good_run();
  for (const Lie& lie : lies()) {
    for (std::size_t at = 0; at < exchanges; ++at) {
      Rig rig;
      rig.ca.before = [&](const http::Request&) -> std::optional<Result<http::Response>> {
        if (rig.ca.requests.size() <= at) return std::nullopt;
        return lie.answer();
      };
      const Time start = rig.clock.now();
      const auto ended = obtain_in_the_end(rig, 1);
      const std::string where = std::string(lie.label) + " at " + rig.ca.log.at(at);
      ASSERT_FALSE(ended) << where;
      EXPECT_LE(rig.clock.now() - start, 20min) << where;
      EXPECT_LE(rig.ca.requests.size(), at + 80) << where;
      EXPECT_NE(ended.error().kind, ErrorKind::internal) << where << ": " << ended.error().describe();
      EXPECT_NE(ended.error().kind, ErrorKind::malformed) << where << ": " << ended.error().describe();
      EXPECT_EQ(ended.error().describe().find('\x1b'), std::string::npos) << where;
      for (const http::Request& request : rig.ca.requests) EXPECT_TRUE(request.url.starts_with("https://")) << where;
      EXPECT_FALSE(rig.vault->live(name).value()) << where;

      rig.ca.before = nullptr;  // and when it is over, it is over
      ASSERT_TRUE(obtain_in_the_end(rig)) << where;
    }
  }
}

TEST(OrderFaults, CF5_AnHtmlPageIsNamedForWhatItIs) {
  Rig rig;
  rig.ca.before = [](const http::Request&) -> std::optional<Result<http::Response>> {
    http::Response page{.status = 200, .body = "\n\n<title>Log in to\x1b[2J CorpNet</title>\n"};
    page.headers.add("Content-Type", "text/html; charset=utf-8");
    return Result<http::Response>(page);
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::ca_protocol);
  const std::string text = refused.error().describe();
  EXPECT_NE(text.find("text/html"), std::string::npos) << text;
  EXPECT_NE(text.find("<title>Log in to"), std::string::npos) << text;
  EXPECT_NE(text.find("https://ca.test/dir"), std::string::npos) << text;
}

TEST(OrderFaults, CF14_AStormOfBadNonceEndsAfterTen) {
  Rig rig;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newOrder") return std::nullopt;
    auto response = refusal(acme::ProblemType::badNonce);
    response.headers.add("Replay-Nonce", "x" + std::to_string(rig.ca.requests.size()));
    return Result<http::Response>(response);
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::bad_nonce);
  EXPECT_EQ(rig.ca.count("POST newOrder") % 10, 0u);
  EXPECT_LE(rig.ca.count("POST newOrder"), 200u);
}

TEST(OrderFaults, CF15_ARateLimitOnNewNonceIsARateLimit) {
  Rig rig;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newNonce") return std::nullopt;
    http::Response response{.status = 429};
    response.headers.add("Retry-After", "600");
    return Result<http::Response>(response);
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rate_limited);
  EXPECT_GE(*refused.error().not_before, rig.clock.now() + 600s);
}

TEST(OrderFaults, CF11_ProcessingForEverIsResumedNotRepeated) {
  Rig rig;
  rig.ca.polls_until_issued = 1'000'000;
  const auto late = obtain_in_the_end(rig, 2);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::timeout);
  EXPECT_EQ(rig.ca.count("POST newOrder"), 1u);
  rig.ca.polls_until_issued = 0;
  ASSERT_TRUE(obtain_in_the_end(rig));
  expect_one_good_certificate(rig, "processing");
}

TEST(OrderFaults, CF38_ACaThatIsAwayIsAskedEverMoreSeldom) {
  Rig rig;
  ASSERT_TRUE(rig.obtain());
  rig.ca.before = [](const http::Request&) -> std::optional<Result<http::Response>> { return lost(); };
  std::vector<Duration> pauses;
  std::size_t asked = rig.ca.requests.size();
  for (int run = 0; run < 12; ++run) {
    auto issuance = rig.open(Rig::request()).value();
    if (issuance->not_before()) rig.clock.sleep_until(*issuance->not_before(), {});
    const auto failed = rig.run(*issuance);
    ASSERT_FALSE(failed);
    pauses.push_back(*failed.error().not_before - rig.clock.now());
  }
  EXPECT_GE(pauses.at(0), 48s);
  EXPECT_LE(pauses.at(0), 60s);
  EXPECT_GT(pauses.at(2), pauses.at(1));
  for (const Duration pause : pauses) EXPECT_LE(pause, 144min);        // a tenth of the certificate's life
  EXPECT_GE(*std::max_element(pauses.begin(), pauses.end()), 115min);  // and closer together again near its end
  EXPECT_LE(rig.ca.requests.size() - asked, 12u * 16u);
}

TEST(OrderFaults, CF64_TlsFailsAtOnceAndIsNotTriedAgainInTheSameRun) {
  Rig rig;
  rig.ca.before = [](const http::Request&) -> std::optional<Result<http::Response>> {
    return Result<http::Response>(make_error(ErrorKind::tls, "the CA's certificate is not trusted"));
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::tls);
  EXPECT_EQ(rig.ca.requests.size(), 1u);
}

TEST(OrderFaults, CF53_AFullDiskIsNoticedBeforeTheCaIsAsked) {
  Rig rig;
  rig.disk.free = 1000;
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::storage);
  EXPECT_TRUE(rig.ca.requests.empty());
}

TEST(OrderFaults, CF67_ABusyPortIsNoticedBeforeTheCaIsAsked) {
  struct Busy final : Solver {
    std::string_view method() const override { return "http-01"; }
    Result<void> check() override { return make_error(ErrorKind::port_in_use, "nginx has port 80"); }
    Result<void> present(const Proof&) override { return {}; }
    Result<void> clean_up(const Proof&) override { return {}; }
  };
  Rig rig;
  Busy busy;
  auto issuance = Issuance::open({.session = *rig.session,
                                  .vault = *rig.vault,
                                  .keys = rig.keys,
                                  .random = rig.random,
                                  .log = rig.log,
                                  .solvers = {&busy},
                                  .account = rig.account,
                                  .pinned_roots = {}},
                                 Rig::request())
                      .value();
  const auto refused = rig.run(*issuance);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::port_in_use);
  EXPECT_TRUE(rig.ca.requests.empty());
}

TEST(OrderFaults, CF58_OneAtATime) {
  Rig rig;
  auto first = rig.open(Rig::request()).value();
  const auto second = rig.open(Rig::request());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::locked);
  EXPECT_TRUE(rig.open(Rig::request({"other.example"})));
}

TEST(OrderFaults, CF59_ADamagedRecordStopsThisCertificateOnly) {
  Rig rig;
  rig.ca.polls_until_valid = 1'000'000;
  ASSERT_FALSE(rig.obtain());
  rig.ca.polls_until_valid = 0;
  rig.disk.plant("orders/app.corp.example.json", "{\"version\":1,\"sha256\":\"00\",\"record\":{}}");
  const auto refused = rig.open(Rig::request());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::storage);
  EXPECT_NE(refused.error().describe().find("app.corp.example.json.damaged"), std::string::npos);
  EXPECT_FALSE(rig.open(Rig::request())) << "still no reason to begin anew unseen";
  EXPECT_TRUE(rig.obtain(Rig::request({"other.example"})));
}

}  // namespace
}  // namespace crest::client
