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
  Agenda agenda({.tasks_max = 10, .tasks_per_account_max = 6, .turns = {.per_account_max = 2}});
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(agenda.room_for("greedy"), Agenda::Added::yes);
    agenda.add(task("g" + std::to_string(i), "greedy"));
  }
  EXPECT_EQ(agenda.room_for("greedy"), Agenda::Added::account_full);
  EXPECT_EQ(agenda.room_for("modest"), Agenda::Added::yes);
  agenda.add(task("m", "modest"));
  const auto g0 = agenda.take(now);
  EXPECT_EQ(key_of(g0), "g0");
  EXPECT_EQ(key_of(agenda.take(now)), "m");
  EXPECT_EQ(key_of(agenda.take(now)), "g1");
  EXPECT_FALSE(agenda.take(now));
  EXPECT_FALSE(agenda.next());
  agenda.done(*g0);
  EXPECT_EQ(agenda.next(), now);
  EXPECT_EQ(key_of(agenda.take(now)), "g2");
  for (int i = 0; i < 10; ++i) agenda.add(task("n" + std::to_string(i), "n" + std::to_string(i)));
  EXPECT_EQ(agenda.room_for("another"), Agenda::Added::full);
}

TEST(Agenda, SF52_AccountsTakeTurns) {
  Agenda agenda({.turns = {.validations_max = 8, .per_account_max = 8}});
  for (const char* key : {"a1", "a2", "a3", "a4"}) agenda.add(task(key, "a"));
  for (const char* key : {"b1", "b2"}) agenda.add(task(key, "b"));
  std::string order;
  for (int i = 0; i < 3; ++i) order += key_of(agenda.take(now));
  agenda.add(task("c1", "c"));  // the newest does not pass by those who wait
  for (int i = 0; i < 4; ++i) order += key_of(agenda.take(now));
  EXPECT_EQ(order, "a1b1a2b2a3c1a4");
}

TEST(Agenda, SF52_OneTargetDoesNotStarveAnother) {
  Agenda agenda({.turns = {.validations_max = 8, .per_account_max = 8, .per_target_max = 2}});
  const auto about = [](std::string key, std::string target) {
    Task made = task(std::move(key), "a");
    made.target = std::move(target);
    return made;
  };
  for (const char* key : {"s1", "s2", "s3"}) agenda.add(about(key, "slow.example"));
  agenda.add(about("f1", "fast.example"));
  const auto s1 = agenda.take(now), s2 = agenda.take(now);
  EXPECT_EQ(key_of(s1) + key_of(s2), "s1s2");
  EXPECT_EQ(key_of(agenda.take(now)), "f1");
  EXPECT_FALSE(agenda.take(now));
  EXPECT_FALSE(agenda.next());
  Task retry = *s1;
  retry.due = now + 5s;
  agenda.again(retry);
  EXPECT_EQ(agenda.next(), now);
  EXPECT_EQ(key_of(agenda.take(now)), "s3");
  EXPECT_FALSE(agenda.next()) << "s1 is held back by s2 and s3";
  agenda.done(*s2);
  EXPECT_EQ(agenda.next(), now + 5s);
}

TEST(Agenda, SF52_WhatIsNoValidationIsTakenFirstAndAlways) {
  Agenda agenda({.turns = {.validations_max = 1, .per_account_max = 1}});
  agenda.add(task("v1", "a"));
  agenda.add(task("v2", "b"));
  const auto first = agenda.take(now);
  EXPECT_EQ(key_of(first), "v1");
  EXPECT_FALSE(agenda.take(now));
  for (const char* key : {"s1", "s2"}) {
    Task sign = task(key, "", now);
    sign.kind = Task::Kind::finish_signing;
    agenda.add(std::move(sign));
  }
  EXPECT_EQ(agenda.next(), now);
  const auto s1 = agenda.take(now);
  EXPECT_EQ(key_of(s1), "s1");
  Task later = *s1;
  later.due = now + 5s;
  agenda.again(later);
  agenda.done(*first);
  EXPECT_EQ(key_of(agenda.take(now)), "s2");
  EXPECT_EQ(key_of(agenda.take(now)), "v2");
  agenda.hurry("s1", now);
  EXPECT_EQ(key_of(agenda.take(now)), "s1");
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
