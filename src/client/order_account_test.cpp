// Orders whose account is gone, or wants something of a person.
#include <gtest/gtest.h>

#include "acme/renewal_info.hpp"
#include "client/certificate_meta.hpp"
#include "client/order_flow.hpp"
#include "client/testing/rig.hpp"

namespace crest::client {
namespace {

using testing::FakeCa;
using testing::json_response;
using testing::refusal;
using testing::Rig;

TEST(OrderAccount, CF32_AnUnknownAccountIsRegisteredAgainOnce) {
  Rig rig;
  ASSERT_TRUE(rig.obtain());
  rig.ca.forget_accounts();
  ASSERT_TRUE(rig.obtain());
  EXPECT_EQ(rig.ca.count("POST newAccount"), 2u);
  EXPECT_EQ(rig.ca.accounts.size(), 1u);
}

TEST(OrderAccount, CF32_ItIsRegisteredAgainUnderItsLease) {
  Rig rig;
  ASSERT_TRUE(rig.obtain());
  rig.ca.forget_accounts();
  const std::string lease = account_lease_name(rig.session->endpoint());
  std::unique_ptr<Lease> taken;
  rig.ca.after = [&](const http::Request& request, Result<http::Response>&) {
    if (FakeCa::kind_of(request.url) == "newOrder" && !taken && rig.ca.count("POST newOrder") == 2)
      taken = rig.vault->lease(lease).value();  // another process has been told the same
  };
  auto issuance = rig.open(Rig::request()).value();
  bool waited = false;
  for (int steps = 0; steps < 100 && !waited; ++steps) {
    const Step step = issuance->advance(rig.clock.now());
    ASSERT_FALSE(std::holds_alternative<Failed>(step)) << std::get<Failed>(step).error.describe();
    waited = taken && std::holds_alternative<WaitUntil>(step);
  }
  EXPECT_TRUE(waited);
  EXPECT_EQ(rig.ca.count("POST newAccount"), 1u);
  const auto other = reopen_account(*rig.session, *rig.vault, rig.account);
  ASSERT_TRUE(other);
  taken.reset();
  ASSERT_TRUE(rig.run(*issuance));
  EXPECT_EQ(rig.ca.count("POST newAccount"), 2u) << "what the other process registered is used";
  EXPECT_EQ(rig.ca.accounts.size(), 1u);
}

TEST(OrderAccount, CF66_AProofOfAFormerAccountIsTakenAway) {
  Rig rig;
  rig.ca.polls_until_valid = 1'000'000;
  ASSERT_TRUE(open_account(*rig.session, *rig.vault, rig.keys, rig.account));
  auto issuance = rig.open(Rig::request()).value();
  for (int steps = 0; rig.ca.count("POST chall") == 0 && steps < 100; ++steps) (void)issuance->advance(rig.clock.now());
  ASSERT_EQ(load_order(*rig.vault, "app.corp.example").value()->authorizations.size(), 1u);
  const std::string token = load_order(*rig.vault, "app.corp.example").value()->authorizations[0].token;
  issuance.reset();
  rig.start();  // a crash; the record says that the proof was shown
  ASSERT_TRUE(rig.vault->remove("accounts", account_record_name(rig.session->endpoint())));
  struct Files final : Solver {  // of what is asked to be taken away
    std::string_view method() const override { return "http-01"; }
    Result<void> check() override { return {}; }
    Result<void> present(const Proof&) override { return {}; }
    Result<void> clean_up(const Proof& proof) override {
      taken.push_back(proof.key_authorization);
      return {};
    }
    std::vector<std::string> taken;
  } files;
  rig.ca.polls_until_valid = 0;
  rig.ca.responder = nullptr;
  auto again = Issuance::open({.session = *rig.session,
                               .vault = *rig.vault,
                               .keys = rig.keys,
                               .random = rig.random,
                               .log = rig.log,
                               .solvers = {&files},
                               .account = rig.account,
                               .pinned_roots = {}},
                              Rig::request())
                   .value();
  ASSERT_TRUE(rig.run(*again));
  const std::string shown = rig.answers.handle({.url = acme::http01_path(token)}).body;
  ASSERT_TRUE(shown.starts_with(token));
  EXPECT_EQ(std::count(files.taken.begin(), files.taken.end(), shown), 1);
}

TEST(OrderAccount, CF32_ADeactivatedAccountStops) {
  Rig rig;
  ASSERT_TRUE(rig.obtain());
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newOrder") return std::nullopt;
    return Result<http::Response>(refusal(acme::ProblemType::unauthorized, "the account is deactivated", 401));
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::account);
  EXPECT_TRUE(refused.error().needs_operator());
  EXPECT_EQ(rig.ca.count("POST newAccount"), 1u);
}

TEST(OrderAccount, ACC_14_UserActionRequiredShowsWhereToGo) {
  Rig rig;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newOrder") return std::nullopt;
    Problem problem = acme::make_problem(acme::ProblemType::userActionRequired, "new terms");
    problem.instance = Untrusted("https://ca.test/terms");
    return Result<http::Response>(testing::problem_response(problem));
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::user_action);
  EXPECT_NE(refused.error().describe().find("https://ca.test/terms"), std::string::npos);
}

}  // namespace
}  // namespace crest::client
