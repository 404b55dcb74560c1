#include "ca/va/validation_service.hpp"

#include <gtest/gtest.h>

#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"
#include "ca/va/remote_codec.hpp"
#include "ca/va/remote_validator.hpp"
#include "crypto/digest.hpp"
#include "x509/test_certificates.hpp"

namespace crest::ca::va {
namespace {

const std::string token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
const std::string key_authorization = token + ".oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";

std::string certificate_of(const std::string& name) {
  const auto digest = crypto::sha256(as_bytes(name));
  const auto made = x509::tls_alpn_certificate(x509::test::key(), x509::test::dns(name), digest, x509::test::serial(),
                                               x509::test::year_2026);
  return to_text(made.value().der());
}

class ValidationServiceTest : public ::testing::Test {
 protected:
  testing::FakeResolver resolver;
  testing::FakeEgress egress;
  testing::ManualClock clock;
  NullLog log;
  Validator validator{{.caa = {.enabled = false, .identities = {}, .exempt_zones = {}}},
                      {resolver, egress, nullptr, clock}};
  ValidationService service{{"ca.test", "ca2.test"}, {validator, log}};
  const Claim claim{.identifier = {.value = "a.example"},
                    .token = token,
                    .key_authorization = key_authorization,
                    .method = "http-01",
                    .account_url = "https://ca.test/1"};

  ValidationServiceTest() {
    resolver.hosts["a.example"] = {"192.0.2.1"};
    egress.at["192.0.2.1"] = testing::FakeEgress::answers(200, key_authorization);
  }
  http::Request request() const {
    http::Request out{.method = "POST",
                      .url = RemoteValidator::path,
                      .headers = {{"Content-Type", "application/json"}},
                      .body = to_json(claim).dump()};
    out.peer.certificate_der = certificate_of("ca.test");
    return out;
  }
};

TEST_F(ValidationServiceTest, SF51_LooksForTheCaThatAsks) {
  auto answer = service.handle(request());
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_FALSE(verdict_from_json(answer.body)->problem);
  egress.at["192.0.2.1"] = testing::FakeEgress::answers(200, "other");
  answer = service.handle(request());
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(verdict_from_json(answer.body)->problem->acme_word(), "incorrectResponse");
}

TEST_F(ValidationServiceTest, SF51_SF89_WhomItDoesNotKnowGetsNothing) {
  for (const std::string& certificate : {std::string(), std::string("garbage"), certificate_of("other.test"),
                                         certificate_of("xca.test"), certificate_of("x.ca.test")}) {
    auto stranger = request();
    stranger.peer.certificate_der = certificate;
    EXPECT_EQ(service.handle(stranger).status, 403);
    stranger.url = "/anything";
    EXPECT_EQ(service.handle(stranger).status, 403);
  }
  EXPECT_TRUE(egress.seen.empty());
  auto second = request();
  second.peer.certificate_der = certificate_of("ca2.test");
  EXPECT_EQ(service.handle(second).status, 200);
}

TEST_F(ValidationServiceTest, WhatIsNoClaimIsRefused) {
  const auto status = [&](auto change) {
    auto wrong = request();
    change(wrong);
    return service.handle(wrong).status;
  };
  EXPECT_EQ(status([](auto& r) { r.url = "/"; }), 404);
  EXPECT_EQ(status([](auto& r) { r.method = "GET"; }), 405);
  EXPECT_EQ(status([](auto& r) { r.headers.set("Content-Type", "text/plain"); }), 415);
  EXPECT_EQ(status([](auto& r) { r.body = "{"; }), 400);
  EXPECT_EQ(status([](auto& r) { r.body.append(claim_bytes_max, ' '); }), 400);
  EXPECT_TRUE(egress.seen.empty());
}

TEST_F(ValidationServiceTest, AfterAStopNothingIsAnswered) {
  service.stop();
  EXPECT_EQ(service.handle(request()).status, 503);
}

// Both ends together: what is asked is what is looked at, and the identity goes along.
TEST_F(ValidationServiceTest, SF51_BothEnds) {
  class Wire final : public http::Transport {
   public:
    explicit Wire(http::Service& service) : service_(service) {}
    Result<http::Response> send(const http::Request& request, const Call& call) override {
      EXPECT_EQ(call.trust.mode, Trust::Mode::pem);
      EXPECT_EQ(call.identity->chain_pem, "chain");
      EXPECT_EQ(call.redirects, Redirects::none);
      http::Request received = request;
      received.url = request.url.substr(std::string("https://v.test").size());
      received.peer.certificate_der = certificate_of("ca.test");
      return service_.handle(received);
    }

   private:
    http::Service& service_;
  };
  Wire wire(service);
  const RemoteValidator remote(
      {.name = "v", .url = "https://v.test", .trust = {Trust::Mode::pem, "root"}, .identity = {"chain", Secret("key")}},
      wire);
  const auto verdict = remote.ask(claim, {});
  ASSERT_TRUE(verdict) << verdict.error().describe();
  EXPECT_FALSE(verdict->problem);
  service.stop();
  const auto none = remote.ask(claim, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::ca_protocol);
}

}  // namespace
}  // namespace crest::ca::va
