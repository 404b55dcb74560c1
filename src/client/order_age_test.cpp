// How long an order is resumed that does not finish: one that can go on is never made anew, one that cannot is given up
// while the live certificate still serves.
#include <gtest/gtest.h>

#include "client/certificate_meta.hpp"
#include "client/testing/rig.hpp"

namespace crest::client {
namespace {

using testing::FakeCa;
using testing::Rig;

constexpr std::string_view name = "app.corp.example";

// As a timer does, until `end`; how many runs there were.
int run_until(Rig& rig, Time end) {
  for (int runs = 0;; ++runs) {
    auto issuance = rig.open(Rig::request()).value();
    if (issuance->not_before()) rig.clock.sleep_until(*issuance->not_before(), {});
    if (rig.clock.now() >= end || rig.run(*issuance)) return runs;
    rig.start();
  }
}

std::size_t orders_made(const Rig& rig) { return rig.ca.count("POST newOrder"); }

struct AnOrder : ::testing::Test {
  Rig rig;
  Time start;

  void have_a_live_one() {
    ASSERT_TRUE(rig.obtain());
    rig.clock.advance(16h);  // it is due
    start = rig.clock.now();
  }
  // The CA's answer to requests of this kind is 500 from now on, for the order under way only.
  void break_order(const std::string& kind) {
    rig.ca.before = [this, kind, broken = std::string()](
                        const http::Request& request) mutable -> std::optional<Result<http::Response>> {
      if (FakeCa::kind_of(request.url) != kind) return std::nullopt;
      if (broken.empty()) broken = request.url;
      if (request.url != broken) return std::nullopt;
      return Result<http::Response>(testing::refusal(acme::ProblemType::serverInternal, "row not found", 500));
    };
  }
};

TEST_F(AnOrder, CF11_ThatStaysProcessingIsGivenUpWithinATenthOfTheLife) {
  have_a_live_one();
  rig.ca.polls_until_issued = 1'000'000;
  run_until(rig, start + 2h);
  EXPECT_EQ(orders_made(rig), 2u) << "it could still go on";
  EXPECT_TRUE(rig.vault->kept_aside(name)->empty());
  const auto record = load_order(*rig.vault, name).value();
  EXPECT_FALSE(record->order_url.empty());
  run_until(rig, start + 5h);
  EXPECT_EQ(orders_made(rig), 3u);
  ASSERT_FALSE(rig.vault->kept_aside(name)->empty());
  EXPECT_EQ(rig.vault->kept_aside(name)->front().order_url, record->order_url);
  rig.ca.polls_until_issued = 0;
  run_until(rig, start + 8h);
  EXPECT_EQ(live_meta(*rig.vault, name).value()->generation, 2u);
}

TEST_F(AnOrder, CF11_ThatStaysPendingIsGivenUpWithoutAKey) {
  have_a_live_one();
  rig.ca.polls_until_valid = 1'000'000;
  run_until(rig, start + 5h);
  EXPECT_EQ(orders_made(rig), 3u);
  EXPECT_TRUE(rig.vault->kept_aside(name)->empty());
}

TEST_F(AnOrder, WhoseFinalizeFailsForEverIsGivenUp) {
  have_a_live_one();
  break_order("finalize");
  run_until(rig, start + 8h);
  EXPECT_EQ(live_meta(*rig.vault, name).value()->generation, 2u);
  EXPECT_LT(rig.clock.now(), start + 6h);
  EXPECT_EQ(orders_made(rig), 3u);
}

TEST_F(AnOrder, ThatCannotBeReadIsGivenUpWhileTheLiveOneServes) {
  have_a_live_one();
  break_order("order");
  run_until(rig, start + 8h);
  EXPECT_EQ(live_meta(*rig.vault, name).value()->generation, 2u);
  EXPECT_EQ(orders_made(rig), 3u);
}

TEST_F(AnOrder, WithNothingLiveIsGivenUpAfterAnHour) {
  rig.ca.polls_until_issued = 1'000'000;
  start = rig.clock.now();
  run_until(rig, start + 50min);
  EXPECT_EQ(orders_made(rig), 1u);
  run_until(rig, start + 4h);
  EXPECT_GE(orders_made(rig), 2u);
  EXPECT_LE(orders_made(rig), 4u);
}

// CF36: the order waits for its CA, which may be away for long.
TEST_F(AnOrder, CF36_IsResumedAfterItsCaWasAway) {
  have_a_live_one();
  rig.ca.polls_until_issued = 1'000'000;
  run_until(rig, start + 10min);
  rig.ca.polls_until_issued = 0;
  rig.ca.before = [](const http::Request&) -> std::optional<Result<http::Response>> {
    return Result<http::Response>(make_error(ErrorKind::connect, "connection refused"));
  };
  run_until(rig, start + 7h);
  rig.ca.before = nullptr;
  run_until(rig, start + 8h);
  EXPECT_EQ(live_meta(*rig.vault, name).value()->generation, 2u);
  EXPECT_EQ(orders_made(rig), 2u) << "the order was still good";
}

// A person approves at this CA: it says when to come back.
TEST_F(AnOrder, ORD_23_WhoseCaAsksForTimeGetsIt) {
  rig.ca.polls_until_issued = 20;
  rig.ca.after = [](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) == "order") response->headers.add("Retry-After", "3600");
  };
  start = rig.clock.now();
  run_until(rig, start + 20h);
  EXPECT_TRUE(live_meta(*rig.vault, name).value());
  EXPECT_GT(rig.clock.now(), start + 5h);
  EXPECT_EQ(orders_made(rig), 1u);
}

}  // namespace
}  // namespace crest::client
