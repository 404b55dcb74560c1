#include "ca/live_authority.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "ca/nonce/sealed_counter.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca {
namespace {

using testing::AcmeDriver;
using testing::TestCa;

http::Request get(const std::string& path) { return {.method = "GET", .url = path}; }

TEST(LiveAuthority, NewSettingsAnswerAfterTheSwapAndNoncesSurviveIt) {
  TestCa ca;
  crypto::SystemRandom random;
  nonce::SealedCounter nonces(random);
  ca.nonces = &nonces;
  ca.start();
  LiveAuthority live(std::move(ca.authority));
  const auto answer = live.handle(get("/acme/corp/new-nonce"));
  const std::string held(answer.headers.get("Replay-Nonce").value_or(""));
  EXPECT_EQ(live.handle(get("/acme/corp/directory")).body.find("terms.example"), std::string::npos);
  ca.options.terms_of_service = "https://terms.example/";
  ca.start();
  live.swap(std::move(ca.authority));
  EXPECT_NE(live.handle(get("/acme/corp/directory")).body.find("terms.example"), std::string::npos);
  EXPECT_TRUE(nonces.redeem(held));
}

// The old one validates what it was asked for just before, or the new one does.
TEST(LiveAuthority, SF67_WhatTheOldOneLeftIsTakenUp) {
  TestCa ca;
  AcmeDriver driver(ca);
  ASSERT_EQ(driver.new_account().status(), 201);
  ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  const auto order = driver.new_order({std::string("a.corp.example")});
  std::shared_ptr<Authority> old = std::move(ca.authority);
  LiveAuthority live(old);
  ca.start();
  std::shared_ptr<Authority> next = std::move(ca.authority);
  ca.authority = nullptr;
  // A challenge that reaches the old one after the new one was opened.
  const auto post = [&](const std::string& url, const std::string& payload) {
    const auto nonce = std::string(old->handle(get("/acme/corp/new-nonce")).headers.get("Replay-Nonce").value_or(""));
    auto request =
        AcmeDriver::jose_request(url, jose::sign(driver.key(), {driver.account_url()}, nonce, url, payload)->dump());
    request.url = request.url.substr(std::string_view(TestCa::base).size());
    return old->handle(request);
  };
  const auto authorization = encoding::Json::parse(post(order.texts("authorizations").front(), "").body).value();
  const auto url = *authorization.find("challenges")->as_array()->front().find("url")->as_string();
  EXPECT_EQ(post(url, "{}").status, 200);
  EXPECT_FALSE(next->work());
  live.swap(next);
  ASSERT_TRUE(next->resume());
  EXPECT_TRUE(next->work());
  EXPECT_EQ(ca.log.count("validation_passed"), 1u);
}

TEST(LiveAuthority, EveryRequestIsAnsweredWhileSettingsChange) {
  TestCa ca;
  LiveAuthority live(std::move(ca.authority));
  std::atomic<bool> over = false;
  std::atomic<int> answered = 0, bad = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        while (!over) {
          ++(live.handle(get("/acme/corp/directory")).status == 200 ? answered : bad);
        }
      });
    }
    for (int i = 0; i < 20; ++i) {
      ca.start();
      live.swap(std::move(ca.authority));
    }
    over = true;
  }
  EXPECT_GT(answered, 0);
  EXPECT_EQ(bad, 0);
}

}  // namespace
}  // namespace crest::ca
