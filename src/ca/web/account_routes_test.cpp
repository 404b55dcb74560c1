#include <atomic>
#include <map>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "ca/ra/bindings.hpp"
#include "ca/testing/acme_driver.hpp"
#include "crypto/test_keys.hpp"

namespace crest::ca::web {
namespace {

using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;

const std::string new_account_url = AcmeDriver::url("/new-account");

class AccountTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
};

TEST_F(AccountTest, ACC_01_ACC_05_ANewKeyMakesAnAccount) {
  const auto answer = driver.new_account(
      R"({"contact":["mailto:ops@corp.example"],"termsOfServiceAgreed":true,"onlyReturnExisting":false,)"
      R"("orders":"https://evil.test/","status":"revoked","colour":"green"})");
  EXPECT_EQ(answer.status(), 201);
  EXPECT_TRUE(answer.location().starts_with(AcmeDriver::url("/account/")));
  EXPECT_EQ(answer.text("status"), "valid");
  EXPECT_EQ(answer.texts("contact"), std::vector<std::string>{"mailto:ops@corp.example"});
  EXPECT_EQ(answer.text("orders"), answer.location() + "/orders");
  for (const auto* name : {"onlyReturnExisting", "colour", "externalAccountBinding"}) {
    EXPECT_EQ(answer.json.find(name), nullptr) << name;
  }
}

TEST_F(AccountTest, ACC_02_AKnownKeyGivesItsAccountAndChangesNothing) {
  const auto first = driver.new_account(R"({"contact":["mailto:a@corp.example"]})");
  const auto again = driver.new_account(R"({"contact":["mailto:b@corp.example", "tel:1"]})");
  EXPECT_EQ(again.status(), 200);
  EXPECT_EQ(again.location(), first.location());
  EXPECT_EQ(again.texts("contact"), std::vector<std::string>{"mailto:a@corp.example"});
}

TEST_F(AccountTest, ACC_03_OnlyReturnExistingMakesNone) {
  const auto answer = driver.new_account(R"({"onlyReturnExisting":true})");
  EXPECT_EQ(answer.status(), 400);
  EXPECT_EQ(answer.type(), "accountDoesNotExist");
  EXPECT_EQ(driver.new_account().status(), 201);
  EXPECT_EQ(driver.new_account(R"({"onlyReturnExisting":true})").status(), 200);
}

TEST_F(AccountTest, ACC_06_ACC_08_SF17_Contacts) {
  const struct {
    const char* payload;
    const char* type;
  } cases[] = {{R"({"contact":["tel:+1"]})", "unsupportedContact"},
               {R"({"contact":["mailto:a@x.example?bcc=b@x.example"]})", "invalidContact"},
               {R"({"contact":["mailto:a@x.example,b@x.example"]})", "invalidContact"},
               {R"({"contact":["mailto:"]})", "invalidContact"},
               {R"({"contact":["mailto:a@x.example\r\nBcc: b@x.example"]})", "invalidContact"},
               {R"({"contact":[7]})", "malformed"},
               {R"({"contact":"mailto:a@x.example"})", "malformed"},
               {"[]", "malformed"},
               {"", "malformed"}};
  for (const auto& [payload, type] : cases) {
    AcmeDriver other(ca);
    EXPECT_EQ(other.new_account(payload).type(), type) << payload;
    EXPECT_EQ(other.new_account(R"({"onlyReturnExisting":true})").type(), "accountDoesNotExist") << payload;
  }
  std::string many = R"({"contact":[)";
  for (int i = 0; i < 11; ++i) many += (i ? "," : "") + std::string(R"("mailto:a@x.example")");
  EXPECT_EQ(driver.new_account(many + "]}").type(), "invalidContact");
}

TEST_F(AccountTest, ACC_09_TermsMustBeAgreedTo) {
  ca.options.terms_of_service = "https://ca.test/terms";
  ca.start();
  const auto refused = driver.new_account("{}");
  EXPECT_EQ(refused.status(), 403);
  EXPECT_EQ(refused.type(), "userActionRequired");
  EXPECT_EQ(refused.text("instance"), "https://ca.test/terms");
  EXPECT_EQ(http::link_targets(refused.response.headers, "terms-of-service", TestCa::base),
            std::vector<std::string>{"https://ca.test/terms"});
  EXPECT_EQ(driver.new_account(R"({"termsOfServiceAgreed":true})").status(), 201);
}

TEST_F(AccountTest, ACC_13_ChangedTermsMustBeAgreedToBeforeAnythingNew) {
  ca.options.terms_of_service = "https://ca.test/terms/1";
  ca.options.reuse_authorizations = true;
  ca.start();
  driver.new_account();
  const std::vector<std::string> names = {"a.corp.example"};
  EXPECT_EQ(driver.new_order(names).status(), 201);
  ca.options.terms_of_service = "https://ca.test/terms/2";
  ca.start();
  const auto in_advance = driver.post(AcmeDriver::url("/new-authz"), R"({"identifier":{"type":"dns","value":"a.b"}})");
  for (const auto& refused : {driver.new_order(names), in_advance}) {
    EXPECT_EQ(refused.status(), 403);
    EXPECT_EQ(refused.type(), "userActionRequired");
    EXPECT_EQ(refused.text("instance"), "https://ca.test/terms/2");
    EXPECT_EQ(http::link_targets(refused.response.headers, "terms-of-service", TestCa::base),
              std::vector<std::string>{"https://ca.test/terms/2"});
  }
  const auto url = driver.account_url();
  EXPECT_EQ(driver.read(url).status(), 200);  // what there is can be read, changed and ended
  EXPECT_EQ(driver.post(url, R"({"contact":["mailto:b@corp.example"],"termsOfServiceAgreed":true})").status(), 200);
  EXPECT_EQ(driver.new_order(names).type(), "userActionRequired");  // ACC-11: an update does not agree
  EXPECT_EQ(driver.new_account("{}").status(), 200);                // nor does a request that does not say so
  EXPECT_EQ(driver.new_order(names).type(), "userActionRequired");
  const auto agreed = driver.new_account(R"({"termsOfServiceAgreed":true})");
  EXPECT_EQ(agreed.status(), 200);
  EXPECT_EQ(agreed.location(), url);
  EXPECT_EQ(driver.new_order(names).status(), 201);
  EXPECT_EQ(ca.log.count("terms_agreed"), 1u);
  driver.new_account(R"({"termsOfServiceAgreed":true})");
  EXPECT_EQ(ca.log.count("terms_agreed"), 1u);  // once
}

TEST_F(AccountTest, ACC_13_NoAuditLineNoAgreement) {
  driver.new_account();  // agreed, but there was nothing to agree to
  ca.options.terms_of_service = "https://ca.test/terms/1";
  ca.start();
  ca.store.audit_fails = true;
  EXPECT_EQ(driver.new_account().status(), 503);
  ca.store.audit_fails = false;
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).type(), "userActionRequired");
}

TEST_F(AccountTest, ACC_11_ACC_12_Update) {
  driver.new_account(R"({"contact":["mailto:a@corp.example"]})");
  const auto& url = driver.account_url();
  EXPECT_EQ(driver.post(url, "{}").texts("contact").size(), 1u);
  EXPECT_EQ(driver.post(url, R"({"status":"revoked","orders":"x","termsOfServiceAgreed":false})").text("status"),
            "valid");
  EXPECT_EQ(driver.post(url, R"({"contact":["mailto:b@corp.example"]})").texts("contact").front(),
            "mailto:b@corp.example");
  EXPECT_EQ(driver.post(url, R"({"contact":["tel:1"]})").type(), "unsupportedContact");
  EXPECT_EQ(driver.read(url).texts("contact").front(), "mailto:b@corp.example");
  const auto cleared = driver.post(url, R"({"contact":[]})");
  EXPECT_EQ(cleared.status(), 200);
  EXPECT_EQ(cleared.json.find("contact"), nullptr);
}

TEST_F(AccountTest, ACC_15_SF14_OnlyTheOwner) {
  driver.new_account();
  AcmeDriver other(ca);
  other.new_account();
  const auto foreign = other.read(driver.account_url()), unknown = other.read(AcmeDriver::url("/account/unknown"));
  EXPECT_EQ(foreign.status(), 403);
  EXPECT_EQ(foreign.type(), "unauthorized");
  EXPECT_EQ(foreign.response.body, unknown.response.body);
  EXPECT_EQ(other.post(driver.account_url(), R"({"status":"deactivated"})").status(), 403);
  EXPECT_EQ(other.read(driver.account_url() + "/orders").status(), 403);
  EXPECT_EQ(driver.read(driver.account_url()).text("status"), "valid");
}

TEST_F(AccountTest, ACC_16_ACC_17_SF16_Deactivation) {
  driver.new_account();
  const auto order = driver.new_order({std::string("a.corp.example")});
  const auto done = driver.post(driver.account_url(), R"({"status":"deactivated"})");
  EXPECT_EQ(done.status(), 200);
  EXPECT_EQ(done.text("status"), "deactivated");
  for (const auto& answer : {driver.read(driver.account_url()), driver.read(order.location()),
                             driver.new_order({std::string("a.corp.example")}), driver.new_account()}) {
    EXPECT_EQ(answer.status(), 401);
    EXPECT_EQ(answer.type(), "unauthorized");
  }
}

// What the store holds of an account, by status; the account itself cannot look any more.
struct Held {
  std::map<acme::OrderStatus, int> orders;
  std::map<acme::AuthorizationStatus, int> authorizations;
  std::size_t validations = 0;
};
Held held(TestCa& ca, const std::string& account_url) {
  Held out;
  const auto account = account_url.substr(account_url.rfind('/') + 1);
  EXPECT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
    const auto ids = TRY(tx.orders.by_account(account, "", 10'000));
    std::set<store::Id> authorizations;
    for (const auto& id : ids) {
      const auto row = TRY(tx.orders.by_id(id));
      ++out.orders[row->status];
      authorizations.insert(row->authorizations.begin(), row->authorizations.end());
    }
    for (const auto& id : authorizations) {
      const auto row = TRY(tx.authorizations.by_id(id));
      ++out.authorizations[row->status];
    }
    const auto processing = TRY(tx.authorizations.with_processing_challenge(10'000));
    out.validations = processing.size();
    return {};
  }));
  return out;
}

TEST_F(AccountTest, ACC_16_SF16_DeactivationEndsWhatIsOpen) {
  using acme::AuthorizationStatus;
  using acme::OrderStatus;
  driver.new_account();
  ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  const auto ready = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(ready);
  ca.work_all();
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  driver.issue({"a.corp.example"}, key);  // issued before: it stays as it is
  const auto waiting = driver.new_order({std::string("a.corp.example"), "b.corp.example"});
  driver.respond_all(waiting);
  AcmeDriver other(ca);
  other.new_account();
  const auto foreign = other.new_order({std::string("a.corp.example")});
  EXPECT_EQ(held(ca, driver.account_url()).validations, 2u);

  const int writes = ca.store.writes;
  EXPECT_EQ(driver.post(driver.account_url(), R"({"status":"deactivated"})").status(), 200);
  EXPECT_EQ(ca.store.writes - writes, 1);
  const auto after = held(ca, driver.account_url());
  EXPECT_EQ(after.orders, (std::map<OrderStatus, int>{{OrderStatus::valid, 1}, {OrderStatus::invalid, 2}}));
  EXPECT_EQ(after.authorizations, (std::map<AuthorizationStatus, int>{{AuthorizationStatus::deactivated, 4}}));
  EXPECT_EQ(after.validations, 0u);
  const auto asked = ca.egress.seen.size();
  ca.work_all();
  EXPECT_EQ(ca.egress.seen.size(), asked) << "a validation of a deactivated account went out";
  EXPECT_EQ(other.read(foreign.location()).text("status"), "pending");
}

TEST_F(AccountTest, ACC_16_ManyOpenOrdersAreClosedInSteps) {
  ca.options.pending_orders_max = 1000;
  ca.start();
  driver.new_account();
  for (int i = 0; i < 650; ++i) driver.new_order({std::string("a.corp.example")});
  const int writes = ca.store.writes;
  EXPECT_EQ(driver.post(driver.account_url(), R"({"status":"deactivated"})").status(), 200);
  EXPECT_EQ(ca.store.writes - writes, 3);
  EXPECT_EQ(held(ca, driver.account_url()).orders,
            (std::map<acme::OrderStatus, int>{{acme::OrderStatus::invalid, 650}}));
}

TEST_F(AccountTest, ACC_16_ADeactivationThatIsNotStoredChangesNothing) {
  driver.new_account();
  const auto order = driver.new_order({std::string("a.corp.example")});
  ca.store.fail_write_in = 1;
  EXPECT_EQ(driver.post(driver.account_url(), R"({"status":"deactivated"})").status(), 503);
  EXPECT_EQ(driver.read(order.location()).text("status"), "pending");
}

TEST_F(AccountTest, ACC_16_AnOrderUnderWayOfADeactivatedAccountIsNotFinished) {
  driver.new_account();
  ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  ca.signer.fails = true;
  EXPECT_EQ(driver.finalize(order, key, {"a.corp.example"}).text("status"), "processing");
  EXPECT_EQ(driver.post(driver.account_url(), R"({"status":"deactivated"})").status(), 200);
  ca.signer.fails = false;
  ca.work_all();
  EXPECT_EQ(ca.signer.signatures, 0);
  EXPECT_EQ(held(ca, driver.account_url()).orders, (std::map<acme::OrderStatus, int>{{acme::OrderStatus::invalid, 1}}));
  EXPECT_EQ(ca.log.count("certificate_issued"), 0u);
}

TEST_F(AccountTest, ACC_18_ACC_19_OrdersListIsPaged) {
  ca.options.pending_orders_max = 1000;
  ca.start();
  driver.new_account();
  std::vector<std::string> made;
  for (int i = 0; i < 120; ++i) made.push_back(driver.new_order({std::string("a.corp.example")}).location());
  auto page = driver.read(driver.account_url() + "/orders");
  auto found = page.texts("orders");
  EXPECT_EQ(found.size(), 100u);
  EXPECT_EQ(found.front(), made.back());
  const auto next = http::link_targets(page.response.headers, "next", TestCa::base);
  ASSERT_EQ(next.size(), 1u);
  page = driver.read(next.front());
  EXPECT_EQ(page.status(), 200) << page.response.body;
  EXPECT_EQ(page.texts("orders").size(), 20u);
  EXPECT_EQ(page.texts("orders").back(), made.front());
  EXPECT_TRUE(http::link_targets(page.response.headers, "next", TestCa::base).empty());
  ca.clock.advance(25h);
  EXPECT_TRUE(driver.read(driver.account_url() + "/orders").texts("orders").empty());
  EXPECT_EQ(driver.post(driver.account_url() + "/orders", "{}").type(), "malformed");
}

TEST_F(AccountTest, ACC_21_ConcurrentNewAccountsOfOneKeyMakeOne) {
  std::vector<http::Request> requests;
  for (int i = 0; i < 8; ++i) {
    const auto body = jose::sign(driver.key(), {}, driver.nonce(), new_account_url, "{}").value().dump();
    requests.push_back(AcmeDriver::jose_request("/acme/corp/new-account", body));
  }
  std::atomic<int> created = 0, found = 0;
  {
    std::vector<std::jthread> threads;
    for (const auto& request : requests) {
      threads.emplace_back([&] { ++(ca.authority->handle(request).status == 201 ? created : found); });
    }
  }
  EXPECT_EQ(created, 1);
  EXPECT_EQ(found, 7);
}

TEST_F(AccountTest, SF10_WeakAccountKeysAreRefused) {
  ca.options.account_key_types = {crypto::KeyType::ec_p256};
  ca.start();
  AcmeDriver p384(ca, crypto::KeyType::ec_p384);
  EXPECT_EQ(p384.new_account().type(), "badPublicKey");
}

TEST_F(AccountTest, JWS_05_WhatKeysCertificatesMayHaveSaysNothingOfAccounts) {
  ca.options.leaf_key_types = {crypto::KeyType::rsa_2048};
  ca.start();
  EXPECT_EQ(AcmeDriver(ca, crypto::KeyType::ec_p256).new_account().status(), 201);
  EXPECT_EQ(AcmeDriver(ca, crypto::KeyType::ed25519).new_account().status(), 201);
}

class BindingTest : public AccountTest {
 protected:
  Answer with_binding(const std::string& binding) {
    return driver.post_with_key(driver.key(), new_account_url, R"({"externalAccountBinding":)" + binding + "}");
  }
  const Bytes mac_key = Bytes(32, 7);
};

TEST_F(BindingTest, EAB_03_AnUnknownKeyIdIsUnauthorized) {
  const auto parts = jose::sign_binding(crypto::Hash::sha256, "team-7", mac_key, new_account_url, driver.public_key());
  const auto answer = with_binding(parts.dump());
  EXPECT_EQ(answer.status(), 403);
  EXPECT_EQ(answer.type(), "unauthorized");
  EXPECT_EQ(driver.new_account(R"({"onlyReturnExisting":true})").type(), "accountDoesNotExist");
}

TEST_F(BindingTest, EAB_02_EAB_04_SF13_MalformedBindings) {
  const auto other_url =
      jose::sign_binding(crypto::Hash::sha256, "k", mac_key, "https://evil.test/", driver.public_key());
  const auto other_key =
      jose::sign_binding(crypto::Hash::sha256, "k", mac_key, new_account_url, crypto::test_keys::p256().public_key());
  const auto no_mac = jose::sign(driver.key(), {"k"}, "", new_account_url, "{}").value();
  for (const auto& binding : {std::string("{}"), std::string("7"), other_url.dump(), other_key.dump(), no_mac.dump()}) {
    EXPECT_EQ(with_binding(binding).type(), "malformed") << binding;
  }
}

// A key that an operator handed out.
class HandedOutTest : public BindingTest {
 protected:
  store::EabKeyRow row = ra::new_eab_key("team 7", ca.random, ca.clock.now());

  void SetUp() override {
    BindingTest::SetUp();
    store([&](store::Tx& tx) { return tx.eab_keys.insert(row); });
  }
  void store(const std::function<Result<bool>(store::Tx&)>& change) {
    const auto done = ca.memory.write([&](store::Tx& tx) -> Result<void> {
      EXPECT_TRUE(*change(tx));
      return {};
    });
    EXPECT_TRUE(done);
  }
  std::uint32_t accounts() {
    std::uint32_t count = 0;
    EXPECT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
      count = (*tx.eab_keys.by_id(row.id))->accounts;
      return {};
    }));
    return count;
  }
  std::string bound(const AcmeDriver& who, const Bytes& key) {
    return jose::sign_binding(crypto::Hash::sha256, row.id, key, new_account_url, who.public_key()).dump();
  }
  Answer ask(AcmeDriver& who, const Bytes& key) {
    return who.post_with_key(who.key(), new_account_url, R"({"externalAccountBinding":)" + bound(who, key) + "}");
  }
};

TEST_F(HandedOutTest, EAB_05_EAB_11_ABindingIsKeptAndShownUnchanged) {
  EXPECT_EQ(row.mac_key.size(), 32u);
  const auto made = ask(driver, row.mac_key);
  EXPECT_EQ(made.status(), 201);
  ASSERT_TRUE(made.json.find("externalAccountBinding"));
  EXPECT_EQ(*made.json.find("externalAccountBinding"), encoding::Json::parse(bound(driver, row.mac_key)).value());
  EXPECT_EQ(accounts(), 1u);
  EXPECT_EQ(ask(driver, row.mac_key).status(), 200) << "the account it has, whatever else is asked";
  EXPECT_EQ(accounts(), 1u);
  AcmeDriver unbound(ca);
  EXPECT_EQ(unbound.new_account().json.find("externalAccountBinding"), nullptr);
}

TEST_F(HandedOutTest, EAB_08_EAB_09_SF13_KeysThatMayNotBeUsedLookAlike) {
  const auto refusal = [&](const Bytes& key) {
    AcmeDriver who(ca);
    const auto answer = ask(who, key);
    EXPECT_EQ(answer.status(), 403);
    EXPECT_EQ(answer.type(), "unauthorized");
    EXPECT_EQ(who.new_account(R"({"onlyReturnExisting":true})").type(), "accountDoesNotExist");
    return answer.text("detail");
  };
  const std::string wrong_mac = refusal(Bytes(32, 8));
  const auto as = [&](const std::function<void(store::EabKeyRow&)>& change) {
    store::EabKeyRow changed = row;
    change(changed);
    store([&](store::Tx& tx) { return tx.eab_keys.update(changed); });
  };
  as([&](store::EabKeyRow& key) { key.revoked = ca.clock.now(); });
  EXPECT_EQ(refusal(row.mac_key), wrong_mac);
  as([&](store::EabKeyRow& key) { key.expires = ca.clock.now(); });
  EXPECT_EQ(refusal(row.mac_key), wrong_mac);
  as([&](store::EabKeyRow& key) { key.accounts = key.accounts_max; });
  EXPECT_EQ(refusal(row.mac_key), wrong_mac);
  as([&](store::EabKeyRow& key) { key.expires = ca.clock.now() + 1s; });
  EXPECT_EQ(ask(driver, row.mac_key).status(), 201);
}

// Nobody learns from a refusal which key ids were handed out, nor whose accounts there are and how they are.
TEST_F(HandedOutTest, EAB_08_SF18_RefusalsTellNothingOfWhatExists) {
  const auto seen = [](const Answer& answer) {
    std::string all = std::to_string(answer.status()) + answer.response.body;
    for (const auto& [name, value] : answer.response.headers.fields()) {
      all += "\n" + name + (name == "Replay-Nonce" ? "" : ": " + value);
    }
    return all;
  };
  const auto refused = [&](const std::string& kid, const Bytes& key) {
    AcmeDriver who(ca);
    const auto binding = jose::sign_binding(crypto::Hash::sha256, kid, key, new_account_url, who.public_key());
    return seen(who.post_with_key(who.key(), new_account_url, R"({"externalAccountBinding":)" + binding.dump() + "}"));
  };
  const std::string of_nobody = refused("no-such-key", row.mac_key);
  EXPECT_EQ(refused(row.id, Bytes(32, 8)), of_nobody);
  EXPECT_EQ(refused(row.id, Bytes(32, 0)), of_nobody);
  EXPECT_EQ(refused("no-such-key", Bytes(32, 0)), of_nobody) << "the key that nobody has opens nothing";
  row.revoked = ca.clock.now();
  store([&](store::Tx& tx) { return tx.eab_keys.update(row); });
  EXPECT_EQ(refused(row.id, row.mac_key), of_nobody);

  AcmeDriver active(ca), gone(ca), stranger(ca);
  active.new_account();
  gone.new_account();
  EXPECT_EQ(gone.post(gone.account_url(), R"({"status":"deactivated"})").status(), 200);
  const auto signed_by_stranger = [&](const std::string& kid) {
    const auto body = jose::sign(stranger.key(), {kid}, stranger.nonce(), AcmeDriver::url("/new-order"), "{}").value();
    return seen(stranger.send(AcmeDriver::jose_request(AcmeDriver::url("/new-order"), body.dump())));
  };
  EXPECT_EQ(signed_by_stranger(gone.account_url()), signed_by_stranger(active.account_url()));
  constexpr std::size_t time_digits = 9;
  const auto secret_of = [](const AcmeDriver& driver) {
    return driver.account_url().substr(AcmeDriver::url("/account/").size() + time_digits);
  };
  EXPECT_EQ(secret_of(active).size(), 22u) << "128 bits behind the time: no guessing";
  EXPECT_NE(secret_of(active), secret_of(gone));
}

TEST_F(HandedOutTest, SF13_AnAllowanceIsNeverExceeded) {
  std::vector<std::unique_ptr<AcmeDriver>> drivers;
  for (int i = 0; i < 6; ++i) drivers.push_back(std::make_unique<AcmeDriver>(ca));
  std::atomic<int> made = 0;
  {
    std::vector<std::jthread> threads;
    for (auto& who : drivers) threads.emplace_back([&] { made += ask(*who, row.mac_key).status() == 201 ? 1 : 0; });
  }
  EXPECT_EQ(made, 1);
  EXPECT_EQ(accounts(), 1u);
}

class KeyChangeTest : public AccountTest {
 protected:
  const std::string url = AcmeDriver::url("/key-change");
  const crypto::PrivateKey fresh = crypto::PrivateKey::generate(crypto::KeyType::ec_p384).value();

  void SetUp() override { driver.new_account(); }
  std::string payload(const crypto::Signer& key) {
    return acme::key_change_payload(key, driver.public_key(), driver.account_url(), url).value();
  }
};

TEST_F(KeyChangeTest, KEY_06_KEY_07_TheNewKeyTakesOverAtOnce) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  const auto answer = driver.post(url, payload(fresh));
  EXPECT_EQ(answer.status(), 200) << answer.response.body;
  EXPECT_EQ(driver.read(driver.account_url()).type(), "badSignatureAlgorithm");  // the old key is of another type
  driver.use_key(fresh);
  EXPECT_EQ(driver.read(driver.account_url()).text("status"), "valid");
  EXPECT_EQ(driver.read(order.location()).text("status"), "pending");
  ca.add_host("a.corp.example", "192.0.2.1", fresh.public_key());
  driver.respond_all(order);
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
}

TEST_F(KeyChangeTest, KEY_05_SF12_AKeyInUseIsAConflict) {
  AcmeDriver other(ca);
  other.new_account();
  const auto answer = driver.post(url, payload(other.key()));
  EXPECT_EQ(answer.status(), 409);
  EXPECT_EQ(answer.location(), other.account_url());
  EXPECT_EQ(driver.read(driver.account_url()).status(), 200);
}

TEST_F(KeyChangeTest, KEY_02_KEY_03_KEY_04_SF12_WrongInnerRequests) {
  AcmeDriver other(ca);
  other.new_account();
  const auto old_key = driver.public_key();
  const std::string inner =
      R"({"account":")" + driver.account_url() + R"(","oldKey":)" + jose::to_jwk(old_key).dump() + "}";
  std::string forged = payload(fresh);
  const auto signature = forged.find(R"("signature":")") + 20;
  forged[signature] = forged[signature] == 'A' ? 'B' : 'A';
  const auto sign = [&](const jose::KeyReference& who, std::string_view nonce, std::string_view to,
                        const std::string& text) { return jose::sign(fresh, who, nonce, to, text).value().dump(); };
  const struct {
    const char* id;
    std::string payload;
  } cases[] = {
      {"KEY-02 empty", ""},
      {"KEY-02 no JWS", "{}"},
      {"KEY-02 not by the new key", forged},
      {"KEY-02 inner nonce", sign({}, "AAAA", url, inner)},
      {"KEY-02 inner kid", sign({driver.account_url()}, "", url, inner)},
      {"KEY-03 inner url", sign({}, "", AcmeDriver::url("/new-order"), inner)},
      {"KEY-03 account", acme::key_change_payload(fresh, old_key, other.account_url(), url).value()},
      {"KEY-04 oldKey", acme::key_change_payload(fresh, other.public_key(), driver.account_url(), url).value()},
  };
  for (const auto& [id, payload] : cases) EXPECT_EQ(driver.post(url, payload).type(), "malformed") << id;
  EXPECT_EQ(driver.read(driver.account_url()).status(), 200);
}

TEST_F(KeyChangeTest, KEY_07_NothingIsTakenFromTheOldKeyAnyMore) {
  const auto old = driver.key();
  const auto next = crypto::PrivateKey::generate(old.public_key().type()).value();
  EXPECT_EQ(driver.post(url, payload(next)).status(), 200);
  for (const auto& to : {driver.account_url(), AcmeDriver::url("/new-order"), url}) {
    const auto refused = driver.post(to, R"({"identifiers":[{"type":"dns","value":"a.corp.example"}]})");
    EXPECT_GE(refused.status(), 400) << to;
    EXPECT_NE(refused.text("detail").find("signature"), std::string::npos) << refused.response.body;
  }
  AcmeDriver again(ca);
  again.use_key(old);
  EXPECT_EQ(again.new_account(R"({"onlyReturnExisting":true})").type(), "accountDoesNotExist");
}

// Whoever comes first has it, and the other one is told whose it is.
TEST_F(KeyChangeTest, KEY_05_SF12_OfTwoAccountsThatWantOneKeyAtOnceOneGetsIt) {
  AcmeDriver other(ca);
  other.new_account();
  const auto request = [&](AcmeDriver& who, const crypto::Signer& key) {
    const auto inner = acme::key_change_payload(key, who.public_key(), who.account_url(), url).value();
    return AcmeDriver::jose_request("/acme/corp/key-change", who.signed_body(url, inner));
  };
  const auto race = [&](const std::vector<http::Request>& requests) {
    std::vector<http::Response> answers(requests.size());
    {
      std::vector<std::jthread> threads;
      for (std::size_t i = 0; i < requests.size(); ++i)
        threads.emplace_back([&, i] { answers[i] = ca.authority->handle(requests[i]); });
    }
    return answers;
  };
  const auto answers = race({request(driver, fresh), request(other, fresh)});
  const bool first = answers[0].status == 200;
  EXPECT_EQ(answers[first ? 0 : 1].status, 200);
  EXPECT_EQ(answers[first ? 1 : 0].status, 409);
  EXPECT_EQ(answers[first ? 1 : 0].headers.get("Location"), (first ? driver : other).account_url());
  (first ? driver : other).use_key(fresh);
  for (auto* who : {&driver, &other}) EXPECT_EQ(who->read(who->account_url()).status(), 200);

  const auto one = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const auto two = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  const auto twice = race({request(driver, one), request(driver, two)});
  EXPECT_EQ((twice[0].status == 200) + (twice[1].status == 200), 1) << twice[0].body << twice[1].body;
  driver.use_key(twice[0].status == 200 ? one : two);
  EXPECT_EQ(driver.read(driver.account_url()).status(), 200);
}

TEST_F(KeyChangeTest, KEY_08_TheNewKeyMustBeAcceptable) {
  ca.options.account_key_types = {crypto::KeyType::ec_p256};
  ca.start();
  EXPECT_EQ(driver.post(url, payload(fresh)).type(), "badPublicKey");
}

TEST_F(KeyChangeTest, DNA_03_TheUrlStaysForTheLifeOfTheAccount) {
  const std::string account = driver.account_url();
  EXPECT_EQ(driver.post(account, R"({"contact":["mailto:ops@corp.example"]})").location(), account);
  EXPECT_EQ(driver.post(url, payload(fresh)).location(), account);
  driver.use_key(fresh);
  ca.start();
  EXPECT_EQ(driver.new_account(R"({"onlyReturnExisting":true})").location(), account);
}

}  // namespace
}  // namespace crest::ca::web
