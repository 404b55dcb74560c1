// Authorizations in advance of an order (RFC 8555 section 7.4.1), and for all names below a domain (RFC 9444).
#include <gtest/gtest.h>

#include "acme/challenge.hpp"
#include "acme/directory.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca::ra {
namespace {

using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;

class PreAuthorizationTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
  const std::string url = AcmeDriver::url("/new-authz");
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();

  void SetUp() override {
    ca.options.reuse_authorizations = true;
    ca.start();
    driver.new_account();
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  }
  Answer ask(const std::string& name, const std::string& more = "", const std::string& type = "dns") {
    return driver.post(url, R"({"identifier":{"type":")" + type + R"(","value":")" + name + "\"" + more + "}}");
  }
  acme::Directory directory() {
    return acme::directory_from_json(driver.plain("GET", AcmeDriver::url("/directory")).json).value();
  }
};

TEST_F(PreAuthorizationTest, DIR_02_ItIsOfferedWhereItIsOfUse) {
  EXPECT_EQ(directory().new_authz, url);
  ca.options.reuse_authorizations = false;
  ca.start();
  EXPECT_FALSE(directory().new_authz);
  EXPECT_EQ(ask("a.corp.example").status(), 404);
}

TEST_F(PreAuthorizationTest, AUT_11_AProofInAdvanceMakesAnOrderReady) {
  const auto made = ask("a.corp.example");
  EXPECT_EQ(made.status(), 201);
  EXPECT_EQ(made.text("status"), "pending");
  const auto row = driver.read(made.location());
  EXPECT_EQ(row.text("status"), "pending");
  driver.respond(made.location());
  ca.work_all();
  const auto order = driver.new_order({std::string("a.corp.example")});
  EXPECT_EQ(order.text("status"), "ready") << "ORD-12";
  EXPECT_EQ(order.texts("authorizations"), std::vector{made.location()});
  EXPECT_EQ(ask("a.corp.example").location(), made.location()) << "what is proved already";
  AcmeDriver other(ca);
  other.new_account();
  EXPECT_EQ(other.new_order({std::string("a.corp.example")}).text("status"), "pending") << "SF33: the account's alone";
}

TEST_F(PreAuthorizationTest, AUT_11_RefusesWhatAnOrderWouldRefuse) {
  const struct {
    const char *name, *type, *problem;
  } cases[] = {{"*.corp.example", "dns", "malformed"},
               {"a b", "dns", "malformed"},
               {"router", "dns", "rejectedIdentifier"},
               {"127.0.0.1", "ip", "rejectedIdentifier"},
               {"x", "email", "unsupportedIdentifier"}};
  for (const auto& [name, type, problem] : cases) {
    const auto refused = ask(name, "", type);
    EXPECT_GE(refused.status(), 400) << name;
    EXPECT_EQ(refused.type(), problem) << name;
  }
  EXPECT_EQ(driver.post(url, "{}").type(), "malformed");
  EXPECT_EQ(driver.post(url, "").type(), "malformed");
  ca.options.policy = policy_from({.label = "ca.toml", .allow = {{"other.example"}}, .deny = {}}).value();
  ca.start();
  const auto refused = ask("a.corp.example");
  EXPECT_EQ(refused.type(), "rejectedIdentifier");
  EXPECT_EQ(refused.status(), 403);
}

TEST_F(PreAuthorizationTest, SF61_CountsAsAnOrder) {
  ca.options.limits.orders = {2, 1h};
  ca.start();
  EXPECT_EQ(ask("b.corp.example").status(), 201);
  EXPECT_EQ(ask("c.corp.example").status(), 201);
  EXPECT_EQ(ask("d.corp.example").status(), 429);
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 429);
}

class SubdomainTest : public PreAuthorizationTest {
 protected:
  void SetUp() override {
    PreAuthorizationTest::SetUp();
    ca.options.reuse_authorizations = false;
    ca.options.subdomains = true;
    ca.options.methods = {"http-01", "dns-01"};
    ca.start();
  }
  Answer order(const std::string& identifiers) {
    return driver.post(AcmeDriver::url("/new-order"), R"({"identifiers":[)" + identifiers + "]}");
  }
  static std::string below(const std::string& name, const std::string& ancestor) {
    return R"({"type":"dns","value":")" + name + R"(","ancestorDomain":")" + ancestor + "\"}";
  }
  void prove(const std::string& authorization, const std::string& domain) {
    const auto answer = driver.read(authorization);
    const auto& challenge = answer.json.find("challenges")->as_array()->front();
    const std::string token = *challenge.find("token")->as_string();
    ca.resolver.add_txt("_acme-challenge." + domain,
                        acme::txt_value(acme::key_authorization(token, driver.public_key())));
    EXPECT_EQ(driver.post(*challenge.find("url")->as_string(), "{}").status(), 200);
    ca.work_all();
  }
};

TEST_F(SubdomainTest, RFC_9444_ADomainIsProvedOnceForAllNamesBelow) {
  EXPECT_TRUE(directory().meta.subdomain_auth_allowed);
  const auto made = ask("corp.example", R"(,"subdomainAuthAllowed":true)");
  EXPECT_EQ(made.status(), 201);
  EXPECT_EQ(*made.json.find("subdomainAuthAllowed"), encoding::Json(true));
  const auto* challenges = made.json.find("challenges")->as_array();
  ASSERT_EQ(challenges->size(), 1u) << "a host proves nothing about the names below its own";
  EXPECT_EQ(*challenges->front().find("type")->as_string(), "dns-01");
  prove(made.location(), "corp.example");
  for (const char* name : {"corp.example", "x.corp.example", "a.b.corp.example", "*.x.corp.example"}) {
    const auto ready = driver.new_order({std::string(name)});
    EXPECT_EQ(ready.text("status"), "ready") << name;
    EXPECT_EQ(ready.texts("authorizations"), std::vector{made.location()}) << name;
  }
  for (const char* name : {"xcorp.example", "example.org"})
    EXPECT_EQ(driver.new_order({std::string(name)}).text("status"), "pending") << name;
}

TEST_F(SubdomainTest, RFC_9444_AnOrderMayNameTheDomainThatIsToBeProved) {
  const auto made = order(below("a.corp.example", "corp.example") + "," + below("b.corp.example", "corp.example"));
  EXPECT_EQ(made.status(), 201);
  const auto authorizations = made.texts("authorizations");
  ASSERT_EQ(authorizations.size(), 1u) << "ORD-09: one is good for both";
  EXPECT_EQ(*driver.read(authorizations[0]).json.find("identifier")->find("value")->as_string(), "corp.example");
  prove(authorizations[0], "corp.example");
  const auto done = driver.finalize(made, key, {"a.corp.example", "b.corp.example"});
  EXPECT_EQ(done.text("status"), "valid");
}

TEST_F(SubdomainTest, RFC_9444_BadAncestors) {
  for (const auto& identifiers :
       {below("a.corp.example", "other.example"), below("a.corp.example", "b.a.corp.example"),
        below("a.corp.example", "*.corp.example"), below("a.corp.example", ""), below("acorp.example", "corp.example")})
    EXPECT_EQ(order(identifiers).type(), "malformed") << identifiers;
}

TEST_F(SubdomainTest, RFC_9444_WhereItIsOffTheNameItselfIsProved) {
  ca.options.subdomains = false;
  ca.start();
  EXPECT_FALSE(directory().meta.subdomain_auth_allowed);
  const auto made = order(below("a.corp.example", "corp.example"));
  EXPECT_EQ(*driver.read(made.texts("authorizations").at(0)).json.find("identifier")->find("value")->as_string(),
            "a.corp.example");
}

TEST(SubdomainOptions, SF34_NotTogetherWithCaa) {
  AuthorityOptions options{.base_url = TestCa::base};
  options.subdomains = true;
  options.caa.enabled = true;
  ASSERT_EQ(faults_of(options).size(), 1u);
  EXPECT_EQ(faults_of(options)[0].option, "subdomains");
  options.caa.enabled = false;
  EXPECT_TRUE(faults_of(options).empty());
}

}  // namespace
}  // namespace crest::ca::ra
