// Validation seen from outside: a whole CA, every method, and what CAA says.
#include <gtest/gtest.h>

#include "acme/challenge.hpp"
#include "ca/testing/acme_driver.hpp"
#include "dns/caa.hpp"
#include "x509/test_certificates.hpp"

namespace crest::ca {
namespace {

using dns::RecordType;
using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;

class ValidationTest : public ::testing::Test {
 protected:
  TestCa ca{AuthorityOptions{.base_url = TestCa::base,
                             .name = "corp",
                             .reuse_authorizations = true,
                             .caa = {.identities = {"ca.test"}},
                             .persist = {.issuer_names = {"ca.test"}}}};
  AcmeDriver driver{ca};

  void SetUp() override { driver.new_account(); }

  // The authorization of an order for one name, and its challenge of a method ("" when it is not offered).
  struct Challenge {
    Answer order;
    std::string authorization, url, token;
    std::vector<std::string> offered;

    std::string of(std::string_view method) const {  // the URL of another challenge beside it
      return url.substr(0, url.rfind('/') + 1) + std::string(method);
    }
  };
  Challenge challenge(const std::string& name, std::string_view method) {
    Challenge out{.order = driver.new_order({std::string(name)})};
    const auto authorizations = out.order.texts("authorizations");
    if (authorizations.empty()) return out;
    out.authorization = authorizations.front();
    const auto answer = driver.read(out.authorization);
    for (const auto& item : *answer.json.find("challenges")->as_array()) {
      out.offered.push_back(*item.find("type")->as_string());
      if (out.offered.back() != method) continue;
      out.url = *item.find("url")->as_string();
      if (const auto* token = item.find("token")) out.token = *token->as_string();
    }
    return out;
  }
  std::string key_authorization(const Challenge& made) const {
    return acme::key_authorization(made.token, driver.public_key());
  }
  // Publishes what the method asks for.
  void publish(const std::string& name, std::string_view method, const Challenge& made) {
    const auto identifier = acme::identifier_from_user(name).value();
    const std::string base = identifier.base().value, proof = key_authorization(made);
    if (method == "http-01") ca.add_host(base, "192.0.2.1", driver.public_key());
    if (method == "dns-01") ca.resolver.add_txt("_acme-challenge." + base, acme::txt_value(proof));
    if (method == "dns-account-01") {
      ca.resolver.add_txt(acme::dns_account01_name(identifier, driver.account_url()), acme::txt_value(proof));
    }
    if (method == "dns-persist-01") {
      ca.resolver.add_txt("_validation-persist." + base,
                          "ca.test; accounturi=" + driver.account_url() + "; policy=wildcard");
    }
    if (method != "tls-alpn-01") return;
    ca.resolver.hosts[base] = {"192.0.2.1"};
    const auto digest = acme::key_authorization_digest(proof);
    const auto certificate = x509::tls_alpn_certificate(x509::test::key(), identifier.subject_name(), digest,
                                                        x509::test::serial(), ca.clock.now())
                                 .value();
    ca.probe.at["192.0.2.1"] = [=](const x509::TlsTarget&) -> Result<x509::TlsAnswer> {
      return x509::TlsAnswer{"TLSv1.3", "acme-tls/1", {certificate.der()}};
    };
  }
  // Order, proof, authorization: its status afterwards.
  Answer prove(const std::string& name, std::string_view method) {
    const auto made = challenge(name, method);
    publish(name, method, made);
    EXPECT_EQ(driver.post(made.url, "{}").status(), 200) << name << " " << method;
    ca.work_all();
    return driver.read(made.authorization);
  }
  void restrict(const std::string& name, const std::string& value) {
    ca.resolver.records[{name, RecordType::CAA}] = {dns::to_rdata({false, "issue", value})};
  }
  int caa_queries() const {
    return static_cast<int>(
        std::ranges::count_if(ca.resolver.queries, [](const auto& query) { return query.second == RecordType::CAA; }));
  }
};

TEST_F(ValidationTest, AUT_10_DNS_09_TLS_11_WhatFitsIsOffered) {
  using Methods = std::vector<std::string>;
  EXPECT_EQ(challenge("a.corp.example", "").offered,
            (Methods{"http-01", "dns-01", "tls-alpn-01", "dns-account-01", "dns-persist-01"}));
  EXPECT_EQ(challenge("*.corp.example", "").offered, (Methods{"dns-01", "dns-account-01", "dns-persist-01"}));
  EXPECT_EQ(challenge("192.0.2.1", "").offered, (Methods{"http-01", "tls-alpn-01"}));
  ca.options.methods = {"dns-01"};
  ca.start();
  EXPECT_EQ(driver.new_order({std::string("192.0.2.1")}).type(), "rejectedIdentifier");
  EXPECT_EQ(challenge("b.corp.example", "").offered, (Methods{"dns-01"}));
}

TEST_F(ValidationTest, DNS_03_TLS_04_DNA_01_DNP_03_EveryMethodLeadsToACertificate) {
  for (const char* method : {"http-01", "dns-01", "tls-alpn-01", "dns-account-01", "dns-persist-01"}) {
    const std::string name = std::string(method) + ".corp.example";
    EXPECT_EQ(prove(name, method).text("status"), "valid") << method << ca.log.text();
    const auto order = driver.new_order({name});
    EXPECT_EQ(order.text("status"), "ready") << method;
    EXPECT_EQ(driver.finalize(order, x509::test::key(), {name}).text("status"), "valid") << method;
  }
}

TEST_F(ValidationTest, AUT_01_SF23_WildcardsByDns) {
  for (const char* method : {"dns-01", "dns-account-01", "dns-persist-01"}) {
    const std::string name = std::string("*.") + method + ".corp.example";
    const auto answer = prove(name, method);
    EXPECT_EQ(answer.text("status"), "valid") << method;
    EXPECT_EQ(*answer.json.find("wildcard"), encoding::Json(true));
    EXPECT_EQ(*answer.json.find("identifier")->find("value")->as_string(), name.substr(2));
  }
}

TEST_F(ValidationTest, AUT_12_SF33_AProofIsGoodForItsOwnNameAndForAsLongAsItsMethodIsOffered) {
  const auto status = [&](const std::string& name) { return driver.new_order({name}).text("status"); };
  EXPECT_EQ(prove("*.corp.example", "dns-01").text("status"), "valid");
  EXPECT_EQ(status("*.corp.example"), "ready");
  for (const char* name : {"corp.example", "a.corp.example", "*.a.corp.example"}) EXPECT_EQ(status(name), "pending");
  EXPECT_EQ(prove("b.corp.example", "http-01").text("status"), "valid");
  EXPECT_EQ(status("b.corp.example"), "ready");
  for (const char* name : {"*.b.corp.example", "a.b.corp.example"}) EXPECT_EQ(status(name), "pending");

  ca.options.methods = {"dns-01"};
  ca.start();
  EXPECT_EQ(status("*.corp.example"), "ready");
  EXPECT_EQ(status("b.corp.example"), "pending") << "http-01 is trusted no more";
  const auto url = AcmeDriver::url("/new-authz");
  const auto fresh = driver.post(url, R"({"identifier":{"type":"dns","value":"b.corp.example"}})");
  EXPECT_EQ(fresh.status(), 201);
  EXPECT_EQ(fresh.text("status"), "pending");
}

// A method that is not validated must neither win by what another one finds nor bear its fault.
TEST_F(ValidationTest, SF33_AVerdictIsWrittenOnTheChallengeItIsAbout) {
  for (const bool proved : {true, false}) {
    const std::string name = proved ? "good.corp.example" : "bad.corp.example";
    const auto made = challenge(name, "tls-alpn-01");
    if (proved) publish(name, "tls-alpn-01", made);
    EXPECT_EQ(driver.post(made.url, "{}").text("status"), "processing");
    const auto other = driver.post(made.of("http-01"), "{}");  // which is first in the list, and nobody answers there
    EXPECT_EQ(other.status(), 200);
    EXPECT_EQ(other.text("status"), "pending") << "one at a time";
    ca.work_all();
    EXPECT_EQ(driver.read(made.authorization).text("status"), proved ? "valid" : "invalid");
    const auto validated = driver.read(made.url);
    EXPECT_EQ(validated.text("status"), proved ? "valid" : "invalid");
    EXPECT_EQ(validated.json.find("error") == nullptr, proved);
    const auto untouched = driver.read(made.of("http-01"));
    EXPECT_EQ(untouched.text("status"), "pending");
    EXPECT_EQ(untouched.json.find("error"), nullptr);
  }
  ca.options.methods = {"http-01"};
  ca.start();
  EXPECT_EQ(driver.new_order({std::string("good.corp.example")}).text("status"), "pending") << "tls-alpn-01 proved it";
}

// So an earlier version could leave them.
TEST_F(ValidationTest, SF33_OfTwoThatAreProcessingOneIsValidatedAndNoneIsLeft) {
  const auto made = challenge("a.corp.example", "dns-01");
  publish("a.corp.example", "dns-01", made);
  driver.post(made.url, "{}");
  const std::string id = made.authorization.substr(made.authorization.rfind('/') + 1);
  const auto both = [&](store::Tx& tx) -> Result<void> {
    auto row = tx.authorizations.by_id(id).value().value();
    for (auto& each : row.challenges) {
      if (each.method == "tls-alpn-01") each.status = acme::ChallengeStatus::processing;
    }
    return tx.authorizations.update_if(row, row.status).value() ? Result<void>() : make_error(ErrorKind::internal, "");
  };
  ASSERT_TRUE(ca.memory.write(both));
  ca.start();
  ca.work_all();
  EXPECT_EQ(driver.read(made.authorization).text("status"), "valid");
  EXPECT_EQ(driver.read(made.url).text("status"), "valid");
  EXPECT_EQ(driver.read(made.of("tls-alpn-01")).text("status"), "pending");
  const auto left = [](store::Tx& tx) -> Result<void> {
    return tx.authorizations.with_processing_challenge(9).value().empty() ? Result<void>()
                                                                          : make_error(ErrorKind::internal, "some");
  };
  EXPECT_TRUE(ca.memory.read(left));
}

// A second attempt is for the method of the first.
TEST_F(ValidationTest, SF33_ARetryKeepsToItsMethod) {
  const auto made = challenge("a.corp.example", "tls-alpn-01");
  ca.resolver.hosts["a.corp.example"] = {"192.0.2.9"};  // where no port is open
  driver.post(made.url, "{}");
  EXPECT_TRUE(ca.authority->work());
  EXPECT_EQ(driver.post(made.of("http-01"), "{}").text("status"), "pending");
  ca.work_all();
  EXPECT_EQ(ca.probe.seen.size(), 3u);
  EXPECT_TRUE(ca.egress.seen.empty());
  EXPECT_EQ(driver.read(made.url).text("status"), "invalid");
}

TEST_F(ValidationTest, DNP_01_DNP_09_ThePersistentChallengeHasNoToken) {
  const auto made = challenge("a.corp.example", "dns-persist-01");
  const auto answer = driver.read(made.url);
  EXPECT_EQ(answer.json.find("token"), nullptr);
  EXPECT_EQ(answer.text("accounturi"), driver.account_url());
  EXPECT_EQ(answer.texts("issuer-domain-names"), std::vector<std::string>{"ca.test"});
  const auto other = driver.read(challenge("b.corp.example", "dns-01").url);
  EXPECT_EQ(other.json.find("accounturi"), nullptr);
}

TEST_F(ValidationTest, DNP_09_Draft02IsASwitch) {
  const auto meta = [&] { return *driver.plain("GET", AcmeDriver::url("/directory")).json.find("meta"); };
  EXPECT_EQ(meta().find("issuerDomainNames"), nullptr);
  ca.options.persist.draft = va::DnsPersist01::Draft::draft_02;
  ca.options.persist.account_hash_prefix = "https://ca.test/account/";
  ca.start();
  EXPECT_EQ(*meta().find("issuerDomainNames"), encoding::Json::strings(std::vector<std::string>{"ca.test"}));
  EXPECT_EQ(*meta().find("accountHashPrefix"), encoding::Json("https://ca.test/account/"));
  const auto made = challenge("a.corp.example", "dns-persist-01");
  const auto shown = driver.read(made.url);
  EXPECT_EQ(shown.json.find("accounturi"), nullptr);
  EXPECT_EQ(shown.json.find("issuer-domain-names"), nullptr);
  EXPECT_EQ(shown.texts("issuerDomainNames"), std::vector<std::string>{"ca.test"});
  ca.resolver.add_txt("_validation-persist.b.corp.example", "ca.test; accounturi=" + driver.account_url());
  const auto raw = challenge("b.corp.example", "dns-persist-01");
  driver.post(raw.url, "{}");
  const auto hash =
      acme::dns_persist_hash("a.corp.example", jose::thumbprint(driver.public_key()), driver.account_url());
  ca.resolver.add_txt("_validation-persist.a.corp.example",
                      "ca.test; accounturi=https://ca.test/account/sha-256/" + hash);
  driver.post(made.url, "{}");
  ca.work_all();
  EXPECT_EQ(driver.read(raw.authorization).text("status"), "invalid") << "the URL itself is of draft 01";
  EXPECT_EQ(driver.read(made.authorization).text("status"), "valid") << ca.log.text();
}

TEST_F(ValidationTest, CAA_01_CAA_15_ADenialEndsAuthorizationAndOrder) {
  restrict("corp.example", "other.example");
  const auto made = challenge("a.corp.example", "dns-01");
  publish("a.corp.example", "dns-01", made);
  driver.post(made.url, "{}");
  ca.work_all();
  EXPECT_EQ(driver.read(made.authorization).text("status"), "invalid");
  const auto failed = driver.read(made.url);
  const auto* error = failed.json.find("error");
  ASSERT_TRUE(error);
  EXPECT_EQ(*error->find("type")->as_string(), "urn:ietf:params:acme:error:caa");
  EXPECT_NE(error->find("detail")->as_string()->find("corp.example"), std::string::npos);
  const auto order = driver.read(made.order.location());
  EXPECT_EQ(order.text("status"), "invalid");
}

TEST_F(ValidationTest, CAA_11_CAA_12_AccountAndMethodAreTheOnesUsed) {
  restrict("corp.example", "ca.test; accounturi=" + driver.account_url() + "; validationmethods=dns-01");
  EXPECT_EQ(prove("a.corp.example", "dns-01").text("status"), "valid");
  EXPECT_EQ(prove("b.corp.example", "http-01").text("status"), "invalid");
  restrict("corp.example", "ca.test; accounturi=" + driver.account_url() + "x");
  EXPECT_EQ(prove("c.corp.example", "dns-01").text("status"), "invalid");
}

TEST_F(ValidationTest, CAA_13_ALookupThatFailsIsTriedAgain) {
  ca.resolver.broken_types.insert({"corp.example", RecordType::CAA});
  const auto made = challenge("a.corp.example", "dns-01");
  publish("a.corp.example", "dns-01", made);
  driver.post(made.url, "{}");
  EXPECT_TRUE(ca.authority->work());
  EXPECT_EQ(driver.read(made.authorization).text("status"), "pending");
  ca.resolver.broken_types.clear();
  ca.work_all();
  EXPECT_EQ(driver.read(made.authorization).text("status"), "valid");
}

TEST_F(ValidationTest, CAA_14_SF34_EachNameIsAskedAboutAgainAfterEightHours) {
  const std::vector<std::string> names = {"a.corp.example", "b.corp.example", "c.corp.example"};
  for (const auto& name : names) EXPECT_EQ(prove(name, "http-01").text("status"), "valid");
  EXPECT_EQ(caa_queries(), 9);  // three names, three heights
  ca.clock.advance(8h - 31s);
  const auto order = driver.new_order(names);
  EXPECT_EQ(order.text("status"), "ready");
  EXPECT_EQ(order.text("expires"), to_rfc3339(ca.clock.now() + 31s));
  ca.clock.advance(1s);
  EXPECT_EQ(driver.new_order(names).text("status"), "pending") << "too little is left to finalize";
  ca.clock.advance(30s);
  EXPECT_EQ(driver.finalize(order, x509::test::key(), names).type(), "orderNotReady");
  EXPECT_EQ(driver.new_order(names).text("status"), "pending");
  for (const auto& name : names) prove(name, "http-01");
  EXPECT_EQ(caa_queries(), 18);
}

TEST_F(ValidationTest, CAA_14_AnOrdersPromiseIsShortenedWithItsProof) {
  const auto made = challenge("a.corp.example", "dns-01");
  publish("a.corp.example", "dns-01", made);
  driver.post(made.url, "{}");
  ca.work_all();
  const auto order = driver.read(made.order.location());
  EXPECT_EQ(order.text("status"), "ready");
  EXPECT_EQ(order.text("expires"), to_rfc3339(ca.clock.now() + 8h));
}

TEST_F(ValidationTest, DNP_08_ReuseEndsWithTheRecordsTtl) {
  ca.resolver.ttl_seconds = 3600;
  const auto answer = prove("a.corp.example", "dns-persist-01");
  EXPECT_EQ(answer.text("expires"), to_rfc3339(ca.clock.now() + 1h));
}

TEST_F(ValidationTest, DIR_06_DirectoryNamesTheIdentitiesThatCaaIsReadBy) {
  const auto directory = driver.plain("GET", AcmeDriver::url("/directory"));
  const auto* meta = directory.json.find("meta");
  ASSERT_TRUE(meta);
  EXPECT_EQ(*meta->find("caaIdentities"), encoding::Json::strings(std::vector<std::string>{"ca.test"}));
}

TEST_F(ValidationTest, SF47_ACaThatCanProveNothingDoesNotStart) {
  ca.options.methods = {"dns-persist-01"};
  ca.options.persist.issuer_names.clear();
  const auto opened = ca.try_to_start();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::config);
}

// What ails the CA's own resolver is for its operator, and what one account's host said is for that account.
TEST_F(ValidationTest, SF54_TheAccountIsToldOfItsZoneAndTheOperatorOfTheRest) {
  ca.resolver.failure =
      make_error(ErrorKind::config, "10.9.9.9 is out of sockets; raise the limit", "resolver of ca.test");
  const auto made = prove("a.corp.example", "http-01");
  const auto& body = made.response.body;
  EXPECT_EQ(made.text("status"), "invalid") << body;
  EXPECT_NE(body.find("no address of a.corp.example: this CA cannot look names up now; try later"), std::string::npos);
  EXPECT_NE(ca.log.text().find("cause=resolver of ca.test: 10.9.9.9 is out of"), std::string::npos) << ca.log.text();
  ca.resolver.failure.reset();

  ca.resolver.hosts["b.corp.example"] = {"192.0.2.2"};
  ca.resolver.hosts["inside.corp.example"] = {"192.0.2.3"};
  ca.egress.at["192.0.2.2"] = testing::FakeEgress::redirects(302, "http://inside.corp.example/");
  ca.egress.at["192.0.2.3"] = testing::FakeEgress::answers(200, "a secret of this host");
  const auto asked = challenge("b.corp.example", "http-01");
  driver.post(asked.url, "{}");
  ca.work_all();
  const auto refused = driver.read(asked.authorization);
  EXPECT_EQ(refused.text("status"), "invalid") << refused.response.body;
  for (const auto& answer : {made, refused}) {
    for (const char* word : {"10.9.9.9", "sockets", "resolver of", "crest-ca", "secret of this host"}) {
      EXPECT_EQ(answer.response.body.find(word), std::string::npos) << word << answer.response.body;
    }
  }
  AcmeDriver other(ca);
  other.new_account();
  const auto url = driver.new_order({std::string("c.corp.example")}).texts("authorizations").front();
  EXPECT_EQ(other.read(url).status(), other.read(url + "x").status()) << "of others not even that it exists";
}

}  // namespace
}  // namespace crest::ca
