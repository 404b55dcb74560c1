// Who may have an account and which certificates: policies, keys that were handed out, limits; seen by a client.
#include <gtest/gtest.h>

#include "ca/ra/bindings.hpp"
#include "ca/testing/acme_driver.hpp"
#include "jose/jws.hpp"

namespace crest::ca::ra {
namespace {

using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;
using testing::TestHierarchy;

Policy policy(std::optional<std::vector<std::string>> allow, std::vector<std::string> deny = {}) {
  return policy_from({.label = "ca.toml", .allow = std::move(allow), .deny = std::move(deny)}).value();
}

class AdmissionTest : public ::testing::Test {
 protected:
  TestCa ca;

  // With the options as they are now.
  void restart() { ca.start(); }
  void add_key(const store::EabKeyRow& row) {
    ASSERT_TRUE(ca.memory.write([&](store::Tx& tx) -> Result<void> {
      TRY(tx.eab_keys.insert(row));
      return {};
    }));
  }
  // A client whose account was made with that key.
  std::unique_ptr<AcmeDriver> bound(const store::EabKeyRow& row) {
    auto driver = std::make_unique<AcmeDriver>(ca);
    const auto binding = jose::sign_binding(crypto::Hash::sha256, row.id, row.mac_key, AcmeDriver::url("/new-account"),
                                            driver->public_key());
    EXPECT_EQ(driver->new_account(R"({"externalAccountBinding":)" + binding.dump() + "}").status(), 201);
    return driver;
  }
  static std::string id_of(const AcmeDriver& driver) {
    return driver.account_url().substr(driver.account_url().rfind('/') + 1);
  }
};

TEST_F(AdmissionTest, ORD_03_ThePolicyNamesTheRuleForEachNameThatItRefuses) {
  ca.options.policy = policy({{"corp.example"}}, {"secret.corp.example"});
  restart();
  AcmeDriver driver(ca);
  driver.new_account();
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 201);
  const auto refused = driver.new_order({std::string("a.corp.example"), "x.secret.corp.example", "other.example"});
  EXPECT_EQ(refused.status(), 400);
  EXPECT_EQ(refused.type(), "rejectedIdentifier");
  const auto* problems = refused.json.find("subproblems");
  ASSERT_TRUE(problems && problems->as_array());
  ASSERT_EQ(problems->as_array()->size(), 2u);
  const auto detail = [&](std::size_t i) { return *problems->as_array()->at(i).find("detail")->as_string(); };
  EXPECT_NE(detail(0).find("x.secret.corp.example"), std::string::npos) << detail(0);
  EXPECT_NE(detail(0).find("denied by \"secret.corp.example\""), std::string::npos) << detail(0);
  EXPECT_NE(detail(1).find("no rule allows it"), std::string::npos) << detail(1);
}

TEST_F(AdmissionTest, SF20_SF29_LongAndReservedNamesAreRefusedUnlessPolicyAllowsThem) {
  ca.options.methods = {"http-01", "dns-01"};
  restart();
  AcmeDriver driver(ca);
  driver.new_account();
  const auto said = [&](const std::string& name) {
    const auto answer = driver.new_order({name});
    EXPECT_EQ(answer.type(), answer.status() == 201 ? "" : "rejectedIdentifier") << name;
    return answer.status() == 201 ? "taken" : answer.text("detail");
  };
  const std::string ten = "a.b.c.d.e.f.g.h.corp.example";
  for (const auto& name : {ten, "*." + ten, std::string("printer.home.arpa"), std::string("invalid.corp.example"),
                           std::string("xarpa.example"), std::string("a.xinvalid")})
    EXPECT_EQ(said(name), "taken") << name;
  for (const auto& name : {"z." + ten, "*.z." + ten})
    EXPECT_NE(said(name).find("it has more than 10 labels"), std::string::npos) << name;
  for (const char* name :
       {"foo.invalid", "*.foo.invalid", "a.alt", "1.0.0.10.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa", "x.arpa"})
    EXPECT_NE(said(name).find("it is a reserved name"), std::string::npos) << name;
  ca.options.labels_max = 11;
  ca.options.allow_reserved_names = true;
  restart();
  for (const auto& name : {"z." + ten, std::string("foo.invalid"), std::string("1.0.0.10.in-addr.arpa")})
    EXPECT_EQ(said(name), "taken") << name;
}

TEST_F(AdmissionTest, IP_04_AddressesAreHeldToTheNetworksOfThePolicy) {
  ca.options.policy = policy({{"192.0.2.0/28"}});
  restart();
  AcmeDriver driver(ca);
  driver.new_account();
  EXPECT_EQ(driver.new_order({std::string("192.0.2.7")}).status(), 201);
  EXPECT_EQ(driver.new_order({std::string("192.0.2.77")}).type(), "rejectedIdentifier");
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).type(), "rejectedIdentifier");
}

TEST_F(AdmissionTest, AKeyHoldsItsAccountsToItsNames) {
  auto row = new_eab_key("team 7", ca.random, ca.clock.now());
  row.allow = {"team7.corp.example", "10.7.0.0/16"};
  add_key(row);
  ca.options.policy = policy({{"corp.example"}});
  restart();
  const auto team = bound(row);
  EXPECT_EQ(team->new_order({std::string("a.team7.corp.example")}).status(), 201);
  const auto refused = team->new_order({std::string("a.corp.example")});
  EXPECT_EQ(refused.type(), "rejectedIdentifier");
  EXPECT_NE(refused.text("detail").find("EAB key team 7: no rule allows it"), std::string::npos)
      << refused.text("detail");
  AcmeDriver other(ca);
  other.new_account();
  EXPECT_EQ(other.new_order({std::string("a.corp.example")}).status(), 201) << "the rules are the key's alone";
}

TEST_F(AdmissionTest, AKeyHoldsItsAccountsToItsProfiles) {
  auto row = new_eab_key("team 7", ca.random, ca.clock.now());
  row.profiles = {"another"};
  add_key(row);
  const auto team = bound(row);
  EXPECT_EQ(team->new_order({std::string("a.corp.example")}).type(), "invalidProfile") << "there is none of them";
  ca.options.profiles = {ca.options.profiles.empty() ? profile_of_leaf(ca.options) : ca.options.profiles.front()};
  ca.options.profiles.front().name = "another";
  ca.options.reuse_authorizations = true;  // so that there is newAuthz
  restart();
  const auto order = team->new_order({std::string("a.corp.example")});
  EXPECT_EQ(order.status(), 201) << "many clients cannot name a profile" << order.response.body;
  EXPECT_EQ(order.text("profile"), "another");
  const auto refused = team->new_order({std::string("a.corp.example")}, "default");
  EXPECT_EQ(refused.type(), "invalidProfile");
  EXPECT_NE(refused.text("detail").find("is for another"), std::string::npos) << refused.text("detail");
  const auto url = AcmeDriver::url("/new-authz");
  EXPECT_EQ(team->post(url, R"({"identifier":{"type":"dns","value":"a.corp.example"}})").status(), 201)
      << "an authorization has no profile";
}

TEST_F(AdmissionTest, PRO_03_TheDefaultIsWithinTheProfilesOfTheKey) {
  auto row = new_eab_key("team 7", ca.random, ca.clock.now());
  row.profiles = {"gone", "short", "default"};
  add_key(row);
  auto brief = profile_of_leaf(ca.options);
  brief.name = "short";
  ca.options.profiles = {brief};
  restart();
  const auto team = bound(row);
  EXPECT_EQ(team->new_order({std::string("a.corp.example")}).text("profile"), "default") << "it may have that one";
  ca.options.default_profile = "short";
  restart();
  EXPECT_EQ(team->new_order({std::string("a.corp.example")}).text("profile"), "short");
}

TEST_F(AdmissionTest, RulesForOneAccountLeaveTheOthersAlone) {
  AcmeDriver one(ca), two(ca);
  one.new_account();
  two.new_account();
  ca.options.scoped_policies = {{{.account = id_of(one), .eab_key = {}, .profile = {}}, policy({{"one.example"}})}};
  restart();
  EXPECT_EQ(one.new_order({std::string("a.one.example")}).status(), 201);
  EXPECT_EQ(one.new_order({std::string("a.two.example")}).type(), "rejectedIdentifier");
  EXPECT_EQ(two.new_order({std::string("a.two.example")}).status(), 201);
}

TEST_F(AdmissionTest, SF34_APolicyThatChangedMeanwhileCountsAtFinalize) {
  AcmeDriver driver(ca);
  driver.new_account();
  ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.options.policy = policy({{"other.example"}});
  restart();
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const auto refused = driver.finalize(order, key, {"a.corp.example"});
  EXPECT_EQ(refused.type(), "rejectedIdentifier");
  EXPECT_EQ(ca.signer.signatures, 0);
  ca.options.policy = policy({{"corp.example"}});
  restart();
  EXPECT_EQ(driver.finalize(order, key, {"a.corp.example"}).text("status"), "valid") << "the order is as it was";
}

TEST_F(AdmissionTest, EAB_06_DIR_05_ABindingCanBeRequired) {
  EXPECT_EQ(AcmeDriver(ca).plain("GET", "/acme/corp/directory").json.find("meta")->find("externalAccountRequired"),
            nullptr);
  ca.options.eab_required = true;
  restart();
  AcmeDriver driver(ca);
  const auto meta = driver.plain("GET", "/acme/corp/directory").json;
  ASSERT_TRUE(meta.find("meta"));
  EXPECT_EQ(*meta.find("meta")->find("externalAccountRequired"), encoding::Json(true));
  const auto refused = driver.new_account();
  EXPECT_EQ(refused.status(), 403);
  EXPECT_EQ(refused.type(), "externalAccountRequired");
  const auto row = new_eab_key("team 7", ca.random, ca.clock.now());
  add_key(row);
  EXPECT_FALSE(bound(row)->account_url().empty());
}

TEST_F(AdmissionTest, SF61_OrdersOfAnAccountAreLimitedWithTheMomentToTryAgain) {
  ca.options.limits.orders = {3, 1h};
  restart();
  AcmeDriver driver(ca), other(ca);
  driver.new_account();
  other.new_account();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 201);
  const auto refused = driver.new_order({std::string("a.corp.example")});
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.type(), "rateLimited");
  EXPECT_EQ(refused.header("Retry-After"), "1200");
  EXPECT_NE(refused.text("detail").find("3 in 1h are allowed; try again after"), std::string::npos);
  EXPECT_EQ(other.new_order({std::string("a.corp.example")}).status(), 201);
  restart();  // it is remembered
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 429);
  ca.clock.advance(20min);
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 201);
}

TEST_F(AdmissionTest, SF61_FailedValidationsOfANameAreLimited) {
  ca.options.limits.failed_validations = {2, 1h};
  restart();
  AcmeDriver driver(ca);
  driver.new_account();
  for (int i = 0; i < 2; ++i) {
    driver.respond_all(driver.new_order({std::string("gone.corp.example")}));  // nobody is there
    ca.work_all();
  }
  const auto refused = driver.new_order({std::string("gone.corp.example")});
  EXPECT_EQ(refused.type(), "rateLimited");
  EXPECT_NE(refused.text("detail").find("failed validations of gone.corp.example"), std::string::npos);
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 201) << "of that name only";
  ca.clock.advance(1h);
  EXPECT_EQ(driver.new_order({std::string("gone.corp.example")}).status(), 201);
}

TEST_F(AdmissionTest, ERR_08_WhoWaitsAsLongAsToldMeetsNoOtherLimit) {
  ca.options.limits = {.orders = {1, 1h}, .failed_validations = {1, 5h}, .accounts = {}};
  restart();
  AcmeDriver driver(ca);
  driver.new_account();
  driver.respond_all(driver.new_order({std::string("gone.corp.example")}));
  ca.work_all();
  const auto refused = driver.new_order({std::string("a.corp.example"), "gone.corp.example"});
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.header("Retry-After"), "18000") << refused.text("detail");
  ca.clock.advance(5h);
  EXPECT_EQ(driver.new_order({std::string("gone.corp.example")}).status(), 201);

  ca.options.limits.orders = {1, 2h};  // longer than open orders are waited for
  ca.options.pending_orders_max = 1;
  restart();
  AcmeDriver other(ca);
  other.new_account();
  EXPECT_EQ(other.new_order({std::string("a.corp.example")}).status(), 201);
  const auto full = other.new_order({std::string("a.corp.example")});
  EXPECT_EQ(full.header("Retry-After"), "7200") << full.text("detail");
}

TEST_F(AdmissionTest, SF61_AccountsFromAnAddressAreLimited) {
  ca.options.limits.accounts = {2, 1h};
  restart();
  const auto made_from = [&](const std::string& address) {
    AcmeDriver driver(ca);
    const auto url = AcmeDriver::url("/new-account");
    auto request =
        AcmeDriver::jose_request(url, jose::sign(driver.key(), {}, driver.nonce(), url, "{}").value().dump());
    request.peer.address = address;
    return driver.send(std::move(request)).status();
  };
  EXPECT_EQ(made_from("192.0.2.1"), 201);
  EXPECT_EQ(made_from("::ffff:192.0.2.1"), 201);
  EXPECT_EQ(made_from("192.0.2.1"), 429);
  EXPECT_EQ(made_from("2001:db8::1"), 201);
  EXPECT_EQ(made_from("2001:db8::2"), 201);
  EXPECT_EQ(made_from("2001:db8::ffff:3"), 429) << "a site has a whole /64";
  EXPECT_EQ(made_from("2001:db8:0:1::1"), 201);
}

}  // namespace
}  // namespace crest::ca::ra
