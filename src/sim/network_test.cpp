#include "sim/network.hpp"

#include <gtest/gtest.h>

namespace crest::sim {
namespace {

const Time noon = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) + 12h;

class Counter final : public http::Service {
 public:
  http::Response handle(const http::Request&) override {
    ++requests;
    return {204, {}, "", ""};
  }
  int requests = 0;
};

struct Scene {
  SeededRandom random{7};
  VirtualClock clock{noon};
  Faults faults{FaultRates{}, random};
  Network network{clock, faults};
  Proxy proxy{faults, 1};
  Counter service;
  std::vector<std::string> told;

  Scene() {
    network.add_host("ca");
    network.add_host("host");
    network.listen("ca", 443, &service);
    network.set_proxy("host", &proxy);
    network.watch([this](const Exchange& exchange) {
      told.push_back(exchange.fault + (exchange.response ? " answered" : " not answered"));
    });
  }
  http::Response ask(bool validation = false) {
    return network.carry({.host = "host", .validation = validation}, {.method = "GET", .url = "https://ca/"}, {})
        .value();
  }
};

TEST(Network, AProxysPageComesInsteadOfTheAnswerAndTheServiceHearsNothing) {
  const struct {
    Page page;
    int status;
  } cases[] = {{Page::not_found, 404}, {Page::bad_gateway, 502}, {Page::captive, 200}};
  for (const auto& [kind, status] : cases) {
    Scene scene;
    scene.proxy.add({{noon + 1min, noon + 2h}, kind, 1});
    EXPECT_EQ(scene.ask().status, 204);
    scene.clock.advance_to(noon + 1min);
    const http::Response page = scene.ask();
    EXPECT_EQ(page.status, status);
    EXPECT_EQ(page.headers.get("Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(scene.service.requests, 1);
    EXPECT_EQ(scene.told.back(), to_string(kind) + " not answered");
    EXPECT_EQ(scene.ask(true).status, 204) << "the CA's own way to a host has no proxy";
    scene.clock.advance_to(noon + 2h);
    EXPECT_EQ(scene.ask().status, 204);
    EXPECT_EQ(scene.faults.injected().at(to_string(kind)), 1u);
  }
}

TEST(Network, AFlakyProxyLetsSomeRequestsThrough) {
  Scene scene;
  scene.proxy.add({{noon, noon + 2h}, Page::not_found, 0.5});
  int pages = 0;
  for (int i = 0; i < 100; ++i) pages += scene.ask().status == 404 ? 1 : 0;
  EXPECT_GT(pages, 25);
  EXPECT_LT(pages, 75);
}

TEST(Network, AProxyIsPlannedAtItsRateAndForItsTime) {
  SeededRandom random(7);
  FaultRates rates;
  rates.proxy_pages = 0.5;
  rates.proxy_pages_max = 4h;
  Faults faults(rates, random);
  Proxy proxy(faults, 1);
  proxy.plan(noon, noon + 100 * 24h);
  EXPECT_GT(proxy.times().size(), 25u);
  EXPECT_LT(proxy.times().size(), 75u);
  for (const Interval& spell : proxy.times()) EXPECT_LE(spell.to - spell.from, 4h);
}

}  // namespace
}  // namespace crest::sim
