// The whole CA with its status told.
#include "ca/status/testing.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca::status::testing {
namespace {

using ca::testing::AcmeDriver;
using ca::testing::TestCa;

AuthorityOptions with_status() {
  AuthorityOptions options{.base_url = TestCa::base, .name = "corp", .methods = {"http-01"}, .caa = {.enabled = false}};
  options.status.url = "http://ca.test:9080";
  options.status.crl_parts = 2;
  return options;
}

class AuthorityStatusTest : public ::testing::Test {
 protected:
  TestCa ca{with_status()};
  AcmeDriver driver{ca};
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  std::optional<x509::Certificate> leaf;

  void SetUp() override {
    work();
    driver.new_account();
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
    const auto order = driver.new_order({std::string("a.corp.example")});
    driver.respond_all(order);
    work();
    const auto done = driver.finalize(order, key, {"a.corp.example"});
    leaf = x509::Chain::from_pem(driver.read(done.text("certificate")).response.body).value().leaf();
  }
  void work() {  // what is due now
    while (ca.authority->work()) {
    }
  }
  http::Response get(const std::string& url) {
    return ca.authority->status()->handle({.method = "GET", .url = url.substr(with_status().status.url.size())});
  }
  int told(const Bytes& asked) {
    const auto answer = ca.authority->status()->handle({.method = "POST", .url = "/ocsp", .body = to_text(asked)});
    return told_by(to_bytes(answer.body)).certificates.at(0);
  }
};

TEST_F(AuthorityStatusTest, ACertificateNamesItsPlacesAndTheyAnswer) {
  const auto places = x509::status_places(*leaf).value();
  EXPECT_EQ(to_bytes(get(places.ca_issuers).body), issuer_certificate().der());
  EXPECT_EQ(places.ocsp, "http://ca.test:9080/ocsp");
  const auto part = part_of(leaf->serial_hex(), 2);
  EXPECT_TRUE(places.crl.ends_with('/' + std::to_string(part) + ".crl")) << places.crl;
  EXPECT_EQ(get(places.crl).status, 200);
  EXPECT_EQ(x509::lint(*leaf, &issuer_certificate()), "");
  EXPECT_EQ(told(question({leaf->serial_hex()})), 0);
}

TEST_F(AuthorityStatusTest, SF80_SF83_GaugesShowTheListsAgeAndAClockThatIsBehind) {
  const auto shown = [&](const char* name) {
    ca.authority->gauge_state();
    return ca.meter.shown(name);
  };
  const double fresh = *shown("crest_ca_crl_age_seconds");
  EXPECT_GE(fresh, 60);  // lists are dated back a minute
  ca.clock.advance(50s);
  EXPECT_EQ(*shown("crest_ca_crl_age_seconds"), fresh + 50);
  EXPECT_EQ(shown("crest_ca_clock_offset_seconds"), 0);
  EXPECT_EQ(shown("crest_ca_queue_length"), 1) << "the next look at the lists";
  EXPECT_EQ(shown("crest_ca_healthy"), 1);
  ca.clock.advance(-350s);
  EXPECT_EQ(shown("crest_ca_clock_offset_seconds"), 300) << "behind the certificate that was issued last";
  ca.options.status.crl_parts = 4;
  ca.start();
  EXPECT_GT(*shown("crest_ca_crl_age_seconds"), 1e9) << "a part has never been signed";
}

TEST_F(AuthorityStatusTest, REV_12_ARevocationByAcmeHurriesTheNextLook) {
  ca.clock.advance(10ms);
  EXPECT_GT(*ca.authority->next_work(), ca.clock.now());
  const std::string payload = R"({"certificate":")" + encoding::base64url(leaf->der()) + R"(","reason":4})";
  ASSERT_EQ(driver.post(AcmeDriver::url("/revoke-cert"), payload).status(), 200);
  EXPECT_LE(*ca.authority->next_work(), ca.clock.now());
  work();
  const auto crl = x509::status_places(*leaf).value().crl;
  EXPECT_EQ(entries_in(to_bytes(get(crl).body)), (Entries{{leaf->serial_hex(), 4}}));
  EXPECT_EQ(told(question({leaf->serial_hex()})), 1);
}

TEST_F(AuthorityStatusTest, OCSP_03_TheResponderIsOnRecordLikeEveryOther) {
  std::vector<CertificateRow> rows;
  EXPECT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
    rows = TRY(tx.certificates.search({.text = {}, .account = {}, .issuer = {}, .profile = "ocsp-responder"}, {}, 9));
    return {};
  }));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].status, CertificateStatus::issued);
  const auto responder = x509::Certificate::from_der(rows[0].der).value();
  EXPECT_EQ(x509::lint(responder, &issuer_certificate()), "");
  EXPECT_EQ(responder.common_name(), "OCSP responder");
  EXPECT_EQ(x509::status_places(responder).value(), x509::StatusPlaces{});
  EXPECT_EQ(responder.lifetime(), 7 * 24h);
}

TEST_F(AuthorityStatusTest, SF63_WhatIsInTheJournalKeepsThePlacesItWasDraftedWith) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  work();
  ca.signer.fails = true;
  EXPECT_EQ(driver.finalize(order, key, {"a.corp.example"}).text("status"), "processing");
  ca.signer.fails = false;
  ca.options.status.url = "http://other.test";
  ca.start();
  work();
  const auto done = driver.read(order.location());
  ASSERT_EQ(done.text("status"), "valid");
  const auto late = x509::Chain::from_pem(driver.read(done.text("certificate")).response.body).value().leaf();
  EXPECT_EQ(x509::status_places(late).value().ocsp, "http://ca.test:9080/ocsp");
}

TEST_F(AuthorityStatusTest, HealthTellsWhenAListIsOld) {
  const auto health = [&] { return driver.plain("GET", std::string(TestCa::base) + "/health").status(); };
  EXPECT_EQ(health(), 200);
  ca.clock.advance(20h);
  EXPECT_EQ(health(), 503);
  work();
  EXPECT_EQ(health(), 200);
}

TEST(AuthorityStatus, WithoutAUrlNobodyIsTold) {
  TestCa ca;
  EXPECT_EQ(ca.authority->status(), nullptr);
  EXPECT_FALSE(ca.authority->next_work());
}

}  // namespace
}  // namespace crest::ca::status::testing
