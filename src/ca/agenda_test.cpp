#include "ca/agenda.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "ca/testing/manual_clock.hpp"

namespace crest::ca {
namespace {

const Time now = from_unix_seconds(1'767'225'600);

Task task(std::string key, std::string account, Time due = now) {
  return {.key = std::move(key), .account = std::move(account), .due = due, .first = due};
}

std::string key_of(const std::optional<Task>& taken) { return taken ? taken->key : ""; }

TEST(Agenda, SF52_OneAccountHasHalfOfTheWorkersAtMost) {
  for (const auto& [workers, most] : {std::pair<std::size_t, std::size_t>{1, 1}, {2, 1}, {4, 2}, {8, 4}, {256, 128}})
    EXPECT_EQ(limits_for(workers).running_per_account_max, most) << workers;
}

TEST(Agenda, GivesWhatIsDueInItsTurn) {
  Agenda agenda;
  EXPECT_FALSE(agenda.next());
  agenda.add(task("late", "a", now + 5s));
  agenda.add(task("early", "a", now));
  agenda.add(task("early", "a", now));  // known already
  EXPECT_EQ(agenda.next(), now);
  const auto first = agenda.take(now);
  EXPECT_EQ(key_of(first), "early");
  EXPECT_FALSE(agenda.take(now));
  EXPECT_EQ(agenda.next(), now + 5s);
  agenda.add(task("early", "a", now));  // running
  EXPECT_FALSE(agenda.take(now));
  agenda.done(*first);
  agenda.add(task("early", "a", now));
  EXPECT_EQ(key_of(agenda.take(now)), "early");
  EXPECT_EQ(key_of(agenda.take(now + 5s)), "late");
}

TEST(Agenda, CHL_14_AgainAndHurry) {
  Agenda agenda;
  agenda.add(task("x", "a"));
  auto taken = agenda.take(now).value();
  taken.due = now + 5s;
  agenda.again(taken);
  EXPECT_EQ(agenda.next(), now + 5s);
  agenda.hurry("unknown", now);
  agenda.hurry("x", now + 1s);
  EXPECT_EQ(agenda.next(), now + 1s);
  EXPECT_EQ(key_of(agenda.take(now + 1s)), "x");
}

TEST(Agenda, SF52_OneAccountDoesNotStarveAnother) {
  Agenda agenda({.tasks_max = 10, .tasks_per_account_max = 6, .running_per_account_max = 2});
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(agenda.room_for("greedy"), Agenda::Added::yes);
    agenda.add(task("g" + std::to_string(i), "greedy"));
  }
  EXPECT_EQ(agenda.room_for("greedy"), Agenda::Added::account_full);
  EXPECT_EQ(agenda.room_for("modest"), Agenda::Added::yes);
  agenda.add(task("m", "modest"));
  const auto g0 = agenda.take(now), g1 = agenda.take(now);
  EXPECT_EQ(key_of(g0) + key_of(g1), "g0g1");
  EXPECT_EQ(key_of(agenda.take(now)), "m");
  EXPECT_FALSE(agenda.take(now));
  EXPECT_FALSE(agenda.next());
  agenda.done(*g0);
  EXPECT_EQ(agenda.next(), now);
  EXPECT_EQ(key_of(agenda.take(now)), "g2");
  for (int i = 0; i < 10; ++i) agenda.add(task("n" + std::to_string(i), "n" + std::to_string(i)));
  EXPECT_EQ(agenda.room_for("another"), Agenda::Added::full);
}

TEST(Agenda, WaitEndsWithATaskOrAStop) {
  Agenda agenda;
  const testing::ManualClock clock;
  {
    std::jthread waiter([&](std::stop_token stop) { agenda.wait(clock, stop); });
    agenda.add(task("x", "a", clock.now()));
  }
  agenda.wait(clock, {});  // something is due: returns at once
  ASSERT_TRUE(agenda.take(clock.now()));
  std::jthread waiter([&](std::stop_token stop) { agenda.wait(clock, stop); });
  waiter.request_stop();
}

}  // namespace
}  // namespace crest::ca
