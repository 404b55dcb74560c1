#include "ca/issuer/renewal_window.hpp"

#include <gtest/gtest.h>

namespace crest::ca::issuer {
namespace {

const Time start = from_unix_seconds(1'767'225'600);
RenewalFacts living(Duration life) { return {.not_before = start, .not_after = start + life - 1s}; }

TEST(RenewalWindow, ARI_02_EndsAtTwoThirdsOfTheLifeWhateverTheLife) {
  for (const Duration life : {Duration{600'000}, Duration{24h}, Duration{90 * 24h}}) {
    const auto info = renewal_window(living(life), start);
    EXPECT_LT(info.start, info.end);
    EXPECT_LE(info.end, start + life * 2 / 3);
    EXPECT_GE(info.end, start + life * 2 / 3 - 2s);
    EXPECT_GE(info.end - info.start, life / 50);
    EXPECT_LE(info.end - info.start, life / 50 + 1s);
    EXPECT_FALSE(info.explanation_url);
  }
}

TEST(RenewalWindow, ARI_17_WhatIsRevokedIsDueAlreadyAndSaysWhy) {
  RenewalFacts facts = living(24h);
  facts.revoked = true;
  facts.explanation_url = "https://ca.example/incident/7";
  const Time now = start + 1h + 1ms;
  const auto info = renewal_window(facts, now);
  EXPECT_LE(info.end, now);
  EXPECT_LT(info.start, info.end);
  EXPECT_EQ(info.explanation_url, "https://ca.example/incident/7");
}

TEST(RenewalWindow, IsAskedForAFewTimesInALife) {
  EXPECT_EQ(renewal_poll_interval(living(600s)), 1min);
  EXPECT_EQ(renewal_poll_interval(living(24h)), 72min);
  EXPECT_EQ(renewal_poll_interval(living(90 * 24h)), 6h);
}

}  // namespace
}  // namespace crest::ca::issuer
