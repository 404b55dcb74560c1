#include "client/order_flow.hpp"

#include <gtest/gtest.h>

#include "acme/renewal_info.hpp"
#include "client/certificate_meta.hpp"
#include "client/testing/rig.hpp"

namespace crest::client {
namespace {

using testing::FakeCa;
using testing::json_response;
using testing::refusal;
using testing::Rig;

std::string live_key(Rig& rig, const std::string& name) {
  const auto pair = rig.vault->live(name).value();
  return pair ? std::string(pair->key_pem.reveal()) : "";
}

TEST(OrderFlow, ObtainsACertificateOneExchangeAStep) {
  Rig rig;
  const auto issued = rig.obtain(Rig::request({"app.corp.example", "10.0.0.7", "b.corp.example"}));
  ASSERT_TRUE(issued) << issued.error().describe();
  EXPECT_EQ(*issued, 1u);
  const auto pair = rig.vault->live("app.corp.example").value();
  ASSERT_TRUE(pair);
  const auto chain = x509::Chain::from_pem(pair->chain_pem).value();
  EXPECT_EQ(chain.leaf().serial_hex(), rig.ca.issued.at(0).serial_hex());
  EXPECT_EQ(chain.leaf().names().size(), 3u);
  EXPECT_LE(rig.exchanges_max, 3u);  // registering: directory, nonce, newAccount
  EXPECT_EQ(rig.ca.count("POST newOrder"), 1u);
  EXPECT_EQ(rig.ca.count("POST finalize"), 1u);
  EXPECT_EQ(rig.ca.reused_nonces, 0);
  EXPECT_FALSE(rig.vault->get("orders", "app.corp.example").value());  // done with
}

TEST(OrderFlow, ProofsAreGoneAfterwards) {
  Rig rig;
  ASSERT_TRUE(rig.obtain());
  for (const auto& [url, state] : rig.ca.authorizations)
    for (const auto& challenge : state.authorization.challenges)
      EXPECT_EQ(rig.answers.handle({.url = acme::http01_path(challenge.token)}).status, 404);
}

TEST(OrderFlow, EachExchangeAfterTheFirstNonceIsAlone) {
  Rig rig;
  auto issuance = rig.open(Rig::request()).value();
  while (rig.ca.count("POST newAccount") == 0) (void)issuance->advance(rig.clock.now());
  rig.exchanges_max = 0;
  ASSERT_TRUE(rig.run(*issuance));
  EXPECT_EQ(rig.exchanges_max, 1u);
}

// A Vault that counts what it makes durable.
class CountingVault final : public Vault {
 public:
  explicit CountingVault(Vault& inner) : inner_(inner) {}
  int writes = 0;

  Result<std::optional<encoding::Json>> get(std::string_view kind, std::string_view name) override {
    return inner_.get(kind, name);
  }
  Result<void> put(std::string_view kind, std::string_view name, const encoding::Json& record) override {
    ++writes;
    return inner_.put(kind, name, record);
  }
  Result<std::vector<std::string>> list(std::string_view kind) override { return inner_.list(kind); }
  Result<void> remove(std::string_view kind, std::string_view name) override {
    ++writes;
    return inner_.remove(kind, name);
  }
  Result<std::uint64_t> publish(std::string_view name, const Pair& pair,
                                const std::function<Result<void>(const Pair&)>& verify) override {
    ++writes;
    return inner_.publish(name, pair, verify);
  }
  Result<std::optional<Pair>> live(std::string_view name) override { return inner_.live(name); }
  Result<std::optional<encoding::Json>> live_meta(std::string_view name) override { return inner_.live_meta(name); }
  Result<std::vector<std::string>> certificates() override { return inner_.certificates(); }
  Result<void> settle(std::string_view name) override { return inner_.settle(name); }
  Result<void> keep_aside(std::string_view name, const KeptKey& key) override { return inner_.keep_aside(name, key); }
  Result<std::vector<KeptKey>> kept_aside(std::string_view name) override { return inner_.kept_aside(name); }
  Result<std::unique_ptr<Lease>> lease(std::string_view name) override { return inner_.lease(name); }
  Result<void> check_writable() override { return inner_.check_writable(); }

 private:
  Vault& inner_;
};

TEST(OrderFlow, WritesAtMostSevenTimesAndNeverForAPoll) {
  for (const int polls : {0, 3, 9}) {
    Rig rig;
    ASSERT_TRUE(open_account(*rig.session, *rig.vault, rig.keys, rig.account));
    rig.ca.polls_until_valid = rig.ca.polls_until_issued = polls;
    CountingVault vault(*rig.vault);
    auto issuance = Issuance::open({.session = *rig.session,
                                    .vault = vault,
                                    .keys = rig.keys,
                                    .random = rig.random,
                                    .log = rig.log,
                                    .solvers = {&rig.answers},
                                    .account = rig.account,
                                    .pinned_roots = {}},
                                   Rig::request({"a.example", "b.example", "c.example"}))
                        .value();
    ASSERT_TRUE(rig.run(*issuance));
    EXPECT_LE(vault.writes, 7);
    EXPECT_EQ(vault.writes, 6) << "attempt, order, proofs, finalize, publish, done";
  }
}

TEST(OrderFlow, ORD_13_AnOrderBornReadyIsFinalized) {
  Rig rig;
  rig.ca.reuse_authorizations = true;
  ASSERT_TRUE(rig.obtain());
  const auto again = rig.obtain();
  ASSERT_TRUE(again) << again.error().describe();
  EXPECT_EQ(*again, 2u);
  EXPECT_EQ(rig.ca.count("POST chall"), 1u);  // AUT-08: none the second time
}

TEST(OrderFlow, AUT_08_OnlyWhatIsNotValidYetIsProven) {
  Rig rig;
  rig.ca.reuse_authorizations = true;
  ASSERT_TRUE(rig.obtain(Rig::request({"a.example"})));
  ASSERT_TRUE(rig.obtain(Rig::request({"b.example", "a.example"})));
  EXPECT_EQ(rig.ca.count("POST chall"), 2u);
}

TEST(OrderFlow, CF27_FinalizeMayAnswerValidAtOnce) {
  Rig rig;
  rig.ca.finalize_answers_valid = true;
  ASSERT_TRUE(rig.obtain());
  EXPECT_EQ(rig.ca.count("POST order"), 1u);  // only to see it ready
}

TEST(OrderFlow, CF28_AnOrderThatStaysPendingForAMomentIsPolled) {
  Rig rig;
  int pending_left = 4;
  rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) != "order") return;
    auto json = encoding::Json::parse(response->body).value();
    if (*json.find("status")->as_string() != "ready" || pending_left-- <= 0) return;
    json.set("status", "pending");
    response->body = json.dump();
  };
  ASSERT_TRUE(rig.obtain());
  EXPECT_EQ(rig.ca.count("POST finalize"), 1u);
}

TEST(OrderFlow, ORD_15_OrderNotReadyReadsTheOrder) {
  Rig rig;
  bool refused = false;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "finalize" || refused) return std::nullopt;
    refused = true;
    return Result<http::Response>(refusal(acme::ProblemType::orderNotReady));
  };
  ASSERT_TRUE(rig.obtain());
  EXPECT_EQ(rig.ca.count("POST finalize"), 2u);
  EXPECT_EQ(rig.ca.issued.size(), 1u);
}

TEST(OrderFlow, ORD_23_RetryAfterIsObeyedAndClamped) {
  struct Case {
    const char* value;
    Duration least, most;
  };
  for (const Case& c : {Case{"7", 7s, 8s}, Case{"0", 1s, 2s}, Case{"99999999", 100s, OrderFlow::phase_time_max + 2s},
                        Case{"soon", 200ms, 1s}, Case{"-3", 200ms, 1s}, Case{"1.5", 200ms, 1s}}) {
    Rig rig;
    rig.ca.polls_until_valid = 1;
    bool sent = false;
    rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
      if (FakeCa::kind_of(request.url) != "authz" || sent || rig.ca.count("POST chall") == 0) return;
      sent = true;
      response->headers.add("Retry-After", c.value);
    };
    const Time start = rig.clock.now();
    ASSERT_TRUE(rig.obtain()) << c.value;
    EXPECT_GE(rig.clock.now() - start, c.least) << c.value;
    EXPECT_LE(rig.clock.now() - start, c.most + 2s) << c.value;
  }
}

TEST(OrderFlow, PollsEarlyThenEverMoreSeldom) {
  Rig rig;
  rig.ca.polls_until_issued = 100;
  auto issuance = rig.open(Rig::request()).value();
  std::vector<Duration> waits;
  for (;;) {
    const Step step = issuance->advance(rig.clock.now());
    if (!std::holds_alternative<Continue>(step) && !std::holds_alternative<WaitUntil>(step)) break;
    const auto* wait = std::get_if<WaitUntil>(&step);
    if (wait == nullptr) continue;
    if (issuance->record().phase == Phase::issue) waits.push_back(wait->time - rig.clock.now());
    rig.clock.sleep_until(wait->time, {});
  }
  ASSERT_GE(waits.size(), 10u);
  EXPECT_EQ(waits[0], 200ms);
  EXPECT_EQ(waits[1], 400ms);
  EXPECT_EQ(waits[5], 6400ms);
  EXPECT_EQ(waits[9], OrderFlow::poll_max);
  EXPECT_LT(waits.size(), 25u);
}

TEST(OrderFlow, ORD_20_TheAccountsKeyIsNeverTheCertificates) {
  struct OneKey final : crypto::KeySource {
    int drawn = 0;
    Result<crypto::PrivateKey> next(crypto::KeyType type) override {
      return x509::test::key(type, ++drawn < 3 ? 50 : 51);
    }
  };
  Rig rig;
  OneKey keys;
  auto issuance = Issuance::open({.session = *rig.session,
                                  .vault = *rig.vault,
                                  .keys = keys,
                                  .random = rig.random,
                                  .log = rig.log,
                                  .solvers = {&rig.answers},
                                  .account = rig.account,
                                  .pinned_roots = {}},
                                 Rig::request())
                      .value();
  ASSERT_TRUE(rig.run(*issuance));
  EXPECT_EQ(keys.drawn, 3);
}

TEST(OrderFlow, ARI_11_ReplacesIsSentWhereTheCaKnowsIt) {
  for (const bool known : {true, false}) {
    Rig rig;
    rig.ca.has_renewal_info = known;
    CertificateRequest request = Rig::request();
    request.replaces = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
    ASSERT_TRUE(rig.obtain(request));
    EXPECT_EQ(rig.ca.new_orders.at(0).find("replaces") != nullptr, known);
  }
}

TEST(OrderFlow, ARI_16_ARefusedReplacesIsLeftOutOnce) {
  Rig rig;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newOrder" || rig.ca.count("POST newOrder") > 1) return std::nullopt;
    return Result<http::Response>(refusal(acme::ProblemType::alreadyReplaced));
  };
  CertificateRequest request = Rig::request();
  request.replaces = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
  ASSERT_TRUE(rig.obtain(request));
  EXPECT_EQ(rig.ca.count("POST newOrder"), 2u);
  ASSERT_EQ(rig.ca.new_orders.size(), 1u);
  EXPECT_EQ(rig.ca.new_orders.at(0).find("replaces"), nullptr);
}

TEST(OrderFlow, ARI_16_AnotherRefusalIsNotAboutReplaces) {
  for (const auto type :
       {acme::ProblemType::caa, acme::ProblemType::rejectedIdentifier, acme::ProblemType::malformed}) {
    Rig rig;
    rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
      if (FakeCa::kind_of(request.url) != "newOrder" || rig.ca.count("POST newOrder") > 1) return std::nullopt;
      return Result<http::Response>(refusal(type));
    };
    CertificateRequest request = Rig::request();
    request.replaces = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE";
    const bool unknown_field = type == acme::ProblemType::malformed;
    EXPECT_EQ(rig.obtain(request).has_value(), unknown_field);
    EXPECT_EQ(rig.ca.count("POST newOrder"), unknown_field ? 2u : 1u);
  }
}

TEST(OrderFlow, LifetimeIsAskedForAsNotAfter) {
  Rig rig;
  CertificateRequest request = Rig::request();
  request.lifetime = 8h;
  const Time before = rig.clock.now();
  ASSERT_TRUE(rig.obtain(request));
  EXPECT_EQ(*rig.ca.new_orders.at(0).find("notAfter")->as_string(), to_rfc3339(before + 8h - 1s));
}

TEST(OrderFlow, PRO_05_AProfileThatIsNotOfferedIsNotAskedFor) {
  Rig rig;
  rig.ca.meta = encoding::Json::object().set("profiles", encoding::Json::object().set("server", "for servers"));
  CertificateRequest request = Rig::request();
  request.profile = "toaster";
  const auto refused = rig.obtain(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::config);
  EXPECT_NE(refused.error().message.find("it offers server"), std::string::npos);
  EXPECT_EQ(rig.ca.count("POST newOrder"), 0u);
  request.profile = "server";
  rig.clock.advance(1h);
  EXPECT_TRUE(rig.obtain(request));
}

TEST(OrderFlow, CF41_CHL_16_NoUsableChallengeIsSaidBeforeAnythingIsShown) {
  Rig rig;
  rig.ca.offered = {"dns-01", "future-99"};
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::no_challenge);
  EXPECT_NE(refused.error().describe().find("future-99"), std::string::npos) << refused.error().describe();
  EXPECT_EQ(rig.ca.count("POST chall"), 0u);
}

TEST(OrderFlow, CF18_ATokenThatIsAPathIsRefused) {
  Rig rig;
  rig.ca.token_prefix = "../../etc/";
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::bad_token);
  EXPECT_EQ(rig.ca.count("POST chall"), 0u);
}

TEST(OrderFlow, CF26_AFailedValidationTellsNameTypeAndDetail) {
  Rig rig;
  Http01Answers nobody;
  rig.ca.responder = &nobody;
  const auto refused = rig.obtain(Rig::request({"app.corp.example"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::authz_failed);
  const std::string text = refused.error().describe();
  EXPECT_NE(text.find("app.corp.example: the answer is another"), std::string::npos) << text;
  const auto record = load_order(*rig.vault, "app.corp.example").value();
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->order_url.empty());  // ORD-24: a new order next time
  EXPECT_EQ(record->failed_methods, std::vector<std::string>{"http-01"});
  EXPECT_EQ(record->attempts, 1u);
  EXPECT_GT(*record->not_before, rig.clock.now());
  rig.ca.responder = &rig.answers;
  EXPECT_TRUE(rig.obtain());
  EXPECT_EQ(rig.ca.count("POST newOrder"), 2u);
}

TEST(OrderFlow, CF26_AnInvalidOrderIsExplainedByItsAuthorizations) {
  Rig rig;
  rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) != "newOrder") return;
    for (auto& [url, state] : rig.ca.authorizations) {
      state.authorization.status = acme::AuthorizationStatus::invalid;
      state.authorization.challenges[1].error = acme::make_problem(acme::ProblemType::caa, "caa forbids it");
    }
    auto json = encoding::Json::parse(response->body).value();
    response->body = json.set("status", "invalid").dump();
  };
  const auto refused = rig.obtain(Rig::request({"a.example", "b.example"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::authz_failed);
  const std::string text = refused.error().describe();
  EXPECT_NE(text.find("a.example: caa forbids it"), std::string::npos) << text;
  EXPECT_NE(text.find("b.example: caa forbids it"), std::string::npos) << text;
}

TEST(OrderFlow, CHL_15_AnErrorWhileItIsStillTryingIsNoEnd) {
  Rig rig;
  rig.ca.polls_until_valid = 3;
  rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) != "authz") return;
    auto json = encoding::Json::parse(response->body).value();
    if (*json.find("status")->as_string() != "pending") return;
    encoding::Json::Array challenges = *json.find("challenges")->as_array();
    for (auto& challenge : challenges)
      challenge.set("error", acme::to_json(acme::make_problem(acme::ProblemType::dns, "not yet")));
    response->body = json.set("challenges", challenges).dump();
  };
  EXPECT_TRUE(rig.obtain());
}

TEST(OrderFlow, CF11_AChallengeThatNeverEndsIsResumedByTheNextRun) {
  Rig rig;
  rig.ca.polls_until_valid = 1'000'000;
  const Time start = rig.clock.now();
  const auto late = rig.obtain();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::timeout);
  EXPECT_LE(rig.clock.now() - start, OrderFlow::phase_time_max + 10s);
  const auto record = load_order(*rig.vault, "app.corp.example").value();
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->order_url.empty());
  EXPECT_EQ(late.error().context, record->order_url);
  EXPECT_LT(rig.ca.requests.size(), 40u);
  for (const auto& one : record->authorizations) EXPECT_FALSE(one.presented);

  rig.ca.polls_until_valid = 0;
  rig.start();
  rig.clock.advance(10min);
  ASSERT_TRUE(rig.obtain());
  EXPECT_EQ(rig.ca.count("POST newOrder"), 1u);
  EXPECT_EQ(rig.ca.issued.size(), 1u);
}

TEST(OrderFlow, AnExpiredOrderIsDroppedAndANewOneMade) {
  Rig rig;
  rig.ca.polls_until_valid = 1'000'000;
  ASSERT_FALSE(rig.obtain());
  rig.clock.advance(48h);
  const auto expired = rig.obtain();
  rig.ca.polls_until_valid = 0;
  ASSERT_FALSE(expired);
  EXPECT_EQ(expired.error().kind, ErrorKind::order_failed);
  ASSERT_TRUE(rig.obtain());
  EXPECT_EQ(rig.ca.count("POST newOrder"), 2u);
}

TEST(OrderFlow, CF30_TheUsedOrderAgainIsNoNewOne) {
  Rig rig;
  ASSERT_TRUE(rig.obtain());
  std::string used;
  for (const auto& [url, state] : rig.ca.orders) used = url;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newOrder") return std::nullopt;
    auto response = json_response(201, acme::to_json(rig.ca.orders.at(used).order));
    response.headers.add("Location", used);
    return Result<http::Response>(response);
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::order_failed);
}

TEST(OrderFlow, ERR_09_ARateLimitIsKeptToAsSaid) {
  Rig rig;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newOrder") return std::nullopt;
    auto response = refusal(acme::ProblemType::rateLimited);
    response.headers.add("Retry-After", "86400");
    return Result<http::Response>(response);
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::rate_limited);
  EXPECT_EQ(rig.ca.count("POST newOrder"), 1u);
  const auto record = load_order(*rig.vault, "app.corp.example").value();
  EXPECT_EQ(*record->not_before, rig.clock.now() + 24h);
  EXPECT_EQ(*record->last_error, "rate_limited");
}

TEST(OrderFlow, PauseTakesTheProofsAwayAndKeepsTheOrder) {
  Rig rig;
  rig.ca.polls_until_valid = 1'000;
  auto issuance = rig.open(Rig::request()).value();
  while (issuance->record().phase != Phase::validate) (void)issuance->advance(rig.clock.now());
  ASSERT_TRUE(issuance->pause());
  const std::string token = issuance->record().authorizations.at(0).token;
  EXPECT_EQ(rig.answers.handle({.url = acme::http01_path(token)}).status, 404);
  issuance.reset();
  rig.ca.polls_until_valid = 0;
  ASSERT_TRUE(rig.obtain());
  EXPECT_EQ(rig.ca.count("POST newOrder"), 1u);
}

TEST(OrderFlow, CF66_AProofThatCannotBeTakenAwayStaysAThingToDo) {
  struct Stubborn final : Solver {
    Http01Answers inner;
    bool stuck = true;
    int shown = 0;
    std::string_view method() const override { return "http-01"; }
    Result<void> check() override { return {}; }
    Result<void> present(const Proof& proof) override { return ++shown, inner.present(proof); }
    Result<void> clean_up(const Proof& proof) override {
      if (stuck) return make_error(ErrorKind::storage, "read-only now");
      return --shown, inner.clean_up(proof);
    }
  };
  Rig rig;
  Stubborn solver;
  rig.ca.responder = &solver.inner;
  const auto go = [&] {
    auto issuance = Issuance::open({.session = *rig.session,
                                    .vault = *rig.vault,
                                    .keys = rig.keys,
                                    .random = rig.random,
                                    .log = rig.log,
                                    .solvers = {&solver},
                                    .account = rig.account,
                                    .pinned_roots = {}},
                                   Rig::request());
    return rig.run(**issuance);
  };
  ASSERT_TRUE(go());  // issued all the same
  const auto record = load_order(*rig.vault, "app.corp.example").value();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->phase, Phase::clean_up);
  EXPECT_TRUE(record->authorizations.at(0).presented);
  solver.stuck = false;
  ASSERT_TRUE(go());
  EXPECT_EQ(solver.shown, 0);
  EXPECT_FALSE(load_order(*rig.vault, "app.corp.example").value());
}

TEST(OrderFlow, AnOrderForOtherNamesIsDroppedWhenTheWishChanges) {
  Rig rig;
  rig.ca.polls_until_valid = 1'000'000;
  ASSERT_FALSE(rig.obtain(Rig::request({"app.corp.example"})));
  rig.ca.polls_until_valid = 0;
  ASSERT_TRUE(rig.obtain(Rig::request({"app.corp.example", "b.example"})));
  EXPECT_EQ(rig.ca.count("POST newOrder"), 2u);
  EXPECT_FALSE(live_key(rig, "app.corp.example").empty());
}

}  // namespace
}  // namespace crest::client
