// What a CA hands out is looked at before it is published.
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

TEST(OrderDownload, CF20_ALeafForAnotherKeyIsRefusedAndTheOrderBurned) {
  Rig rig;
  ASSERT_TRUE(rig.obtain());
  const auto files_before = rig.disk.files();
  rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) == "cert")
      response->body = rig.ca.issued.at(0).pem() + x509::test::pki().intermediate.pem();
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::cert_rejected);
  EXPECT_TRUE(load_order(*rig.vault, "app.corp.example").value()->order_url.empty());
  for (const auto& [path, text] : files_before) {
    if (path.starts_with("certificates/")) {
      EXPECT_EQ(rig.disk.files().at(path), text) << path;
    }
  }
  EXPECT_EQ(live_meta(*rig.vault, "app.corp.example").value()->generation, 1u);
}

TEST(OrderDownload, CRT_02_ATruncatedOrForeignDownloadKeepsTheOrderAndItsKey) {
  for (const char* const junk :
       {"-----BEGIN CERTIFICATE-----\nMIIB", "", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    Rig rig;
    bool spoil = true;
    rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
      if (FakeCa::kind_of(request.url) == "cert" && spoil) response->body = junk;
    };
    const auto refused = rig.obtain();
    ASSERT_FALSE(refused);
    EXPECT_FALSE(load_order(*rig.vault, "app.corp.example").value()->order_url.empty());
    EXPECT_FALSE(rig.vault->live("app.corp.example").value());
    spoil = false;
    ASSERT_TRUE(rig.obtain());
    EXPECT_EQ(rig.ca.issued.size(), 1u);
  }
}

TEST(OrderDownload, CF24_AnAlternateChainToThePinnedRootIsFound) {
  Rig rig;
  rig.pinned_roots = {rig.ca.root()};
  rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) != "cert") return;
    response->headers.add("Link", "<https://ca.test/alternate/1>;rel=\"alternate\", </alternate/2>;rel=alternate");
    response->body = rig.ca.issued.back().pem();  // no way to the root
  };
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "alternate") return std::nullopt;
    http::Response response{.status = 200, .body = rig.ca.issued.back().pem()};
    if (request.url.ends_with("/2")) response.body += x509::test::pki().intermediate.pem();
    response.headers.add("Content-Type", "application/pem-certificate-chain");
    response.headers.add("Replay-Nonce", "alternate-none");
    return Result<http::Response>(response);
  };
  const auto issued = rig.obtain();
  ASSERT_TRUE(issued) << issued.error().describe();
  EXPECT_EQ(rig.ca.count("POST alternate"), 2u);
}

TEST(OrderDownload, CF25_AnAlternateChainThatIsInDateIsFound) {
  Rig rig;
  auto parts = x509::test::intermediate_template();
  parts.not_before = rig.clock.now() - 48h;
  parts.not_after = rig.clock.now() - 24h;
  const auto& pki = x509::test::pki();
  const auto expired = x509::test::issue(parts, pki.intermediate_key.public_key(), &pki.root, pki.root_key);
  bool offered = false;
  rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) != "cert") return;
    if (offered) response->headers.add("Link", "</alternate/1>;rel=alternate");
    response->body = rig.ca.issued.back().pem() + expired.pem();
  };
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "alternate") return std::nullopt;
    http::Response response{.status = 200, .body = rig.ca.issued.back().pem() + FakeCa::intermediate().pem()};
    response.headers.add("Content-Type", "application/pem-certificate-chain");
    response.headers.add("Replay-Nonce", "alternate-none");
    return Result<http::Response>(response);
  };
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::cert_rejected);
  offered = true;
  const auto issued = rig.obtain();
  ASSERT_TRUE(issued) << issued.error().describe();
  EXPECT_EQ(rig.ca.count("POST alternate"), 1u);
}

TEST(OrderDownload, CF24_WithoutAChainToThePinnedRootNothingIsPublished) {
  Rig rig;
  const auto& key = x509::test::key(crypto::KeyType::ec_p256, 9);
  rig.pinned_roots = {x509::test::issue(x509::test::root_template(), key.public_key(), nullptr, key)};
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::cert_rejected);
  EXPECT_FALSE(rig.vault->live("app.corp.example").value());
}

}  // namespace
}  // namespace crest::client
