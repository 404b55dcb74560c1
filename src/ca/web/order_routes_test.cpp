#include <algorithm>

#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"

namespace crest::ca::web {
namespace {

using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;
using testing::TestHierarchy;

const crypto::PrivateKey& leaf_key() {
  static const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  return key;
}

class OrderTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
  const std::string url = AcmeDriver::url("/new-order");

  void SetUp() override {
    driver.new_account();
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
    ca.add_host("b.corp.example", "192.0.2.1", driver.public_key());
    ca.serve("192.0.2.7", driver.public_key());
  }
  Answer order_with(const std::string& members) {
    return driver.post(url, R"({"identifiers":[{"type":"dns","value":"a.corp.example"}])" + members + "}");
  }
  Answer ready(const std::vector<std::string>& names) {
    auto order = driver.new_order(names);
    driver.respond_all(order);
    ca.work_all();
    return order;
  }
  std::string at(Duration from_now) { return to_rfc3339(ca.clock.now() + from_now); }
};

TEST_F(OrderTest, ORD_01_ORD_07_ANewOrder) {
  const auto order = driver.new_order({std::string("a.corp.example"), "192.0.2.7"});
  EXPECT_EQ(order.status(), 201);
  EXPECT_TRUE(order.location().starts_with(AcmeDriver::url("/order/")));
  EXPECT_EQ(order.text("status"), "pending");
  EXPECT_EQ(order.text("expires"), at(24h));
  EXPECT_EQ(order.text("finalize"), order.location() + "/finalize");
  EXPECT_EQ(order.texts("authorizations").size(), 2u);
  EXPECT_EQ(order.json.find("certificate"), nullptr);
  EXPECT_EQ(driver.read(order.location()).response.body, order.response.body);
}

TEST_F(OrderTest, ORD_02_ORD_03_ORD_04_ORD_05_IP_02_SF20_to_SF23_IdentifierMatrix) {
  const struct {
    const char* identifiers;
    const char* type;
  } cases[] = {
      {"[]", "malformed"},
      {"null", "malformed"},
      {"{}", "malformed"},
      {R"([{"type":"dns"}])", "malformed"},
      {R"([{"type":"email","value":"a@b.example"}])", "unsupportedIdentifier"},
      {R"([{"type":"dns","value":""}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"a.corp.example."}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"a..example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"a_b.example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"xn--zzzz--.example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"ab--c.example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"m\u00fcller.example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"a.corp.example\u0000.evil.test"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"a.corp.example:80"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"u@a.corp.example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"127.0.0.1"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"*.127.0.0.1"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"0x7f.1"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"*.corp.example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"*.*.example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"a.*.example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"f*o.example"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"localhost"}])", "rejectedIdentifier"},
      {R"([{"type":"dns","value":"hidden.onion"}])", "rejectedIdentifier"},
      {R"([{"type":"ip","value":"192.0.2.07"}])", "malformed"},
      {R"([{"type":"ip","value":"3221225985"}])", "malformed"},
      {R"([{"type":"ip","value":"2001:DB8::1"}])", "malformed"},
      {R"([{"type":"ip","value":"2001:db8:0::1"}])", "malformed"},
      {R"([{"type":"ip","value":"fe80::1%eth0"}])", "malformed"},
      {R"([{"type":"ip","value":"::ffff:127.0.0.1"}])", "rejectedIdentifier"},
      {R"([{"type":"ip","value":"::FFFF:192.0.2.1"}])", "malformed"},
      {R"([{"type":"ip","value":"0300.0.2.7"}])", "malformed"},
      {R"([{"type":"ip","value":"192.0.519"}])", "malformed"},
      {R"([{"type":"ip","value":"192.0.2.7 "}])", "malformed"},
      {R"([{"type":"ip","value":"a.corp.example"}])", "malformed"},
      {R"([{"type":"ip","value":"127.0.0.1"}])", "rejectedIdentifier"},
      {R"([{"type":"ip","value":"10.0.0.1"}])", "rejectedIdentifier"},
      {R"([{"type":"ip","value":"169.254.169.254"}])", "rejectedIdentifier"},
      {R"([{"type":"ip","value":"::1"}])", "rejectedIdentifier"},
      {R"([{"type":"ip","value":"ff02::1"}])", "rejectedIdentifier"},
  };
  for (const auto& [identifiers, type] : cases) {
    const auto answer = driver.post(url, std::string(R"({"identifiers":)") + identifiers + "}");
    EXPECT_EQ(answer.type(), type) << identifiers << answer.response.body;
    EXPECT_NE(answer.text("detail"), "") << identifiers;
  }
  EXPECT_EQ(driver.post(url, "{}").type(), "malformed");
  EXPECT_EQ(driver.post(url, "").type(), "malformed");  // TR-13
  EXPECT_TRUE(driver.read(driver.account_url() + "/orders").texts("orders").empty());
}

TEST_F(OrderTest, ORD_05_SF24_NamesAreFoldedAndDoublesCollapse) {
  const auto order = driver.post(url, R"({"identifiers":[{"type":"dns","value":"A.Corp.Example"},)"
                                      R"({"type":"dns","value":"a.corp.example"}]})");
  EXPECT_EQ(order.status(), 201);
  EXPECT_EQ(order.json.find("identifiers")->as_array()->size(), 1u);
  EXPECT_EQ(order.texts("authorizations").size(), 1u);
}

TEST_F(OrderTest, TooManyIdentifiersAreMalformed) {
  ca.options.identifiers_max = 2;
  ca.start();
  EXPECT_EQ(driver.new_order({std::string("a.corp.example"), "b.corp.example", "c.corp.example"}).type(), "malformed");
}

TEST_F(OrderTest, LabsMayAllowSingleLabelsAndLoopback) {
  ca.options.allow_single_label_names = true;
  ca.options.egress.allow = {{encoding::IpNetwork::parse("127.0.0.0/8").value(), ""}};
  ca.start();
  EXPECT_EQ(driver.new_order({std::string("localhost"), "127.0.0.1"}).status(), 201);
}

TEST_F(OrderTest, ORD_06_SF35_RequestedDates) {
  const auto dates = [&](Duration begin, Duration end) {
    return R"(,"notBefore":")" + at(begin) + R"(","notAfter":")" + at(end) + '"';
  };
  const struct {
    std::string members;
    bool accepted;
  } cases[] = {
      {R"(,"notAfter":")" + at(1h) + '"', true},
      {R"(,"notAfter":")" + at(6 * 24h) + '"', true},
      {R"(,"notAfter":")" + at(8 * 24h) + '"', false},
      {R"(,"notAfter":")" + at(-1h) + '"', false},
      {R"(,"notBefore":")" + at(0s) + '"', true},
      {R"(,"notBefore":")" + at(24h) + '"', true},
      {R"(,"notBefore":")" + at(-2h) + '"', false},
      {R"(,"notBefore":")" + at(30 * 24h) + '"', false},
      {dates(0s, 2h), true},
      {dates(2h, 2h), false},
      {dates(3h, 2h), false},
      {R"(,"notAfter":"2026-01-01T05:00:00.5Z")", false},
      {R"(,"notAfter":"tomorrow")", false},
  };
  for (const auto& [members, accepted] : cases) {
    const auto answer = order_with(members);
    EXPECT_EQ(answer.status(), accepted ? 201 : 400) << members << answer.response.body;
    EXPECT_EQ(answer.type(), accepted ? "" : "malformed") << members;
  }
}

TEST_F(OrderTest, ORD_06_RequestedDatesAreKeptToTheSecond) {
  const auto order = order_with(R"(,"notBefore":")" + at(10min) + R"(","notAfter":")" + at(3h) + '"');
  EXPECT_EQ(order.text("notBefore"), at(10min));
  EXPECT_EQ(order.text("notAfter"), at(3h));
  EXPECT_EQ(order.text("expires"), at(3h));
  driver.respond_all(order);
  ca.clock.advance(5min);
  const Time begin = ca.clock.now() + 5min, end = ca.clock.now() + 175min;
  ca.work_all();
  const auto done = driver.finalize(order, leaf_key(), {"a.corp.example"});
  const auto chain = x509::Chain::from_pem(driver.read(done.text("certificate")).response.body).value();
  EXPECT_EQ(chain.leaf().not_before(), begin);
  EXPECT_EQ(chain.leaf().not_after(), end);
}

TEST_F(OrderTest, PRO_02_PRO_03_TheOneProfileThereIs) {
  EXPECT_EQ(order_with(R"(,"profile":"default")").text("profile"), "default");
  EXPECT_EQ(order_with("").text("profile"), "default");
  EXPECT_EQ(order_with(R"(,"profile":"other")").type(), "invalidProfile");
}

TEST_F(OrderTest, SF36_AProfileThatChangesMeanwhileEndsTheOrder) {
  const auto order = ready({"a.corp.example"});
  ca.options.leaf_life = 12h;
  ca.start();
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).type(), "invalidProfile");
  EXPECT_EQ(ca.signer.signatures, 0);
}

TEST_F(OrderTest, ERR_07_ERR_08_SF61_OpenOrdersAreLimited) {
  ca.options.pending_orders_max = 2;
  ca.start();
  driver.new_order({std::string("a.corp.example")});
  const auto second = driver.new_order({std::string("a.corp.example")});
  const auto refused = driver.new_order({std::string("a.corp.example")});
  EXPECT_EQ(refused.status(), 429);
  EXPECT_EQ(refused.type(), "rateLimited");
  EXPECT_EQ(refused.header("Retry-After"), "3600");
  driver.respond_all(second);
  ca.work_all();
  driver.finalize(second, leaf_key(), {"a.corp.example"});
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 201);
  ca.clock.advance(25h);
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 201);
}

TEST_F(OrderTest, ORD_11_SF30_AnExpiredOrderIsInvalid) {
  const auto order = ready({"a.corp.example"});
  ca.clock.advance(24h);
  const auto after = driver.read(order.location());
  EXPECT_EQ(after.text("status"), "invalid");
  EXPECT_NE(after.json.find("error"), nullptr);
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).type(), "orderNotReady");
  EXPECT_EQ(ca.signer.signatures, 0);
}

TEST_F(OrderTest, SF61_AnOpenOrderForTheSameIsGivenAgainWhereRulesSaySo) {
  const std::vector<std::string> names = {"a.corp.example", "b.corp.example"};
  EXPECT_NE(driver.new_order(names).location(), driver.new_order(names).location());
  ca.options.reuse_orders = true;
  ca.start();
  AcmeDriver other(ca);
  other.new_account();
  const auto first = other.new_order(names);
  const auto again = other.new_order({"b.corp.example", std::string("a.corp.example")}, "default");
  EXPECT_EQ(again.status(), 201);
  EXPECT_EQ(again.location(), first.location());
  EXPECT_EQ(again.texts("authorizations"), first.texts("authorizations"));
  for (const auto& different : {driver.new_order(names), other.new_order({std::string("a.corp.example")}),
                                other.post(url, R"({"identifiers":[{"type":"dns","value":"a.corp.example"},)"
                                                R"({"type":"dns","value":"b.corp.example"}],"notAfter":")" +
                                                    at(2h) + "\"}")}) {
    EXPECT_EQ(different.status(), 201);
    EXPECT_NE(different.location(), first.location());
  }
  ca.options.limits.orders = {1, 1000h};
  ca.start();
  EXPECT_EQ(other.new_order({std::string("c.corp.example")}).status(), 429);
  EXPECT_EQ(other.new_order(names).location(), first.location()) << "which takes nothing from the limit";
  ca.options.limits.orders = {};
  ca.start();
  EXPECT_EQ(other.post(first.texts("authorizations").at(0), R"({"status":"deactivated"})").status(), 200);
  const auto second = other.new_order(names);
  EXPECT_NE(second.location(), first.location()) << "that one has failed";
  ca.clock.advance(ca.options.order_life - 10min);
  EXPECT_EQ(other.new_order(names).location(), second.location());
  ca.clock.advance(1s);
  EXPECT_NE(other.new_order(names).location(), second.location()) << "too little is left of it";
}

TEST_F(OrderTest, SF61_AReadyOrderIsGivenAgainUntilItIsFinalized) {
  ca.options.reuse_orders = true;
  ca.start();
  const auto order = ready({"a.corp.example"});
  const auto again = driver.new_order({std::string("a.corp.example")});
  EXPECT_EQ(again.location(), order.location());
  EXPECT_EQ(again.text("status"), "ready");
  const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  EXPECT_EQ(driver.finalize(again, key, {"a.corp.example"}).text("status"), "valid");
  EXPECT_NE(driver.new_order({std::string("a.corp.example")}).location(), order.location());
}

TEST_F(OrderTest, ORD_12_AUT_12_ReusedAuthorizationsMakeAnOrderReady) {
  ca.options.reuse_authorizations = true;
  ca.start();
  const auto first = ready({"a.corp.example"});
  ca.clock.advance(1h);
  const auto second = driver.new_order({std::string("a.corp.example")});
  EXPECT_EQ(second.text("status"), "ready");
  EXPECT_EQ(second.texts("authorizations"), first.texts("authorizations"));
  EXPECT_EQ(second.text("expires"), at(23h));  // no later than what it rests on
  EXPECT_EQ(driver.finalize(second, leaf_key(), {"a.corp.example"}).text("status"), "valid");
  AcmeDriver other(ca);
  other.new_account();
  EXPECT_EQ(other.new_order({std::string("a.corp.example")}).text("status"), "pending");
  ca.clock.advance(24h);
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).text("status"), "pending");
}

TEST_F(OrderTest, ORD_25_SF14_OrdersOfOthersDoNotExist) {
  const auto order = ready({"a.corp.example"});
  AcmeDriver other(ca);
  other.new_account();
  const auto unknown = other.read(AcmeDriver::url("/order/AAAAAAAAAAAAAAAAAAAAAA"));
  const auto foreign = other.read(order.location());
  EXPECT_EQ(foreign.status(), 404);
  EXPECT_EQ(foreign.type(), "malformed");
  EXPECT_EQ(foreign.response.body, unknown.response.body);
  EXPECT_EQ(other.finalize(order, leaf_key(), {"a.corp.example"}).status(), 404);
  EXPECT_EQ(ca.signer.signatures, 0);
}

TEST_F(OrderTest, TR_12_ReadingIsSignedForTheOwnersAloneAndChangesNothing) {
  const auto order = ready({"a.corp.example"});
  const auto done = driver.finalize(order, leaf_key(), {"a.corp.example"});
  const auto authorization = order.texts("authorizations").front();
  AcmeDriver other(ca);
  other.new_account();
  const int writes = ca.store.writes;
  for (const auto& url : {order.location(), authorization, driver.challenge_url(authorization), driver.account_url(),
                          driver.account_url() + "/orders", done.text("certificate")}) {
    EXPECT_EQ(driver.read(url).status(), 200) << url;
    const int refused = other.read(url).status();
    EXPECT_TRUE(refused == 403 || refused == 404) << url << refused;
    const auto forged = jose::sign(other.key(), {driver.account_url()}, driver.nonce(), url, "").value().dump();
    EXPECT_EQ(driver.send(AcmeDriver::jose_request(url, forged)).status(), 400) << url;
  }
  EXPECT_EQ(driver.post(order.location(), "{}").type(), "malformed");
  EXPECT_EQ(ca.store.writes, writes);
}

TEST_F(OrderTest, ORD_19_ABadCsrLeavesTheOrderReady) {
  const auto order = ready({"a.corp.example"});
  const struct {
    std::string payload;
    const char* type;
  } cases[] = {{"", "malformed"},
               {"{}", "malformed"},
               {R"({"csr":7})", "malformed"},
               {R"({"csr":"AA=="})", "malformed"},
               {R"({"csr":"AAAA"})", "badCSR"},
               {AcmeDriver::csr_payload(AcmeDriver::csr(leaf_key(), {"b.corp.example"})), "badCSR"},
               {AcmeDriver::csr_payload(AcmeDriver::csr(leaf_key(), {"a.corp.example", "b.corp.example"})), "badCSR"},
               {AcmeDriver::csr_payload(AcmeDriver::csr(driver.key(), {"a.corp.example"})), "badCSR"}};
  for (const auto& [payload, type] : cases) {
    const auto answer = driver.post(order.text("finalize"), payload);
    EXPECT_EQ(answer.status(), 400) << payload;
    EXPECT_EQ(answer.type(), type) << payload << answer.response.body;
    EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
  }
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).status(), 200);
}

TEST_F(OrderTest, ORD_20_SF11_KeysOfOtherAccountsAreRefused) {
  const auto order = ready({"a.corp.example"});
  AcmeDriver other(ca);
  other.new_account();
  EXPECT_EQ(driver.finalize(order, other.key(), {"a.corp.example"}).type(), "badCSR");
}

TEST_F(OrderTest, IP_01_IP_03_HTTP_11_AddressesAreIssued) {
  const auto issued = driver.issue({"192.0.2.7", "a.corp.example"}, leaf_key());
  const std::vector<x509::SubjectName> names = {{x509::SubjectName::Type::dns, "a.corp.example"},
                                                {x509::SubjectName::Type::ip, "192.0.2.7"}};
  EXPECT_EQ(issued.chain.leaf().names(), names);
}

TEST_F(OrderTest, NamesKeepTheirOrderInTheOrderAndInTheCertificate) {
  const auto issued = driver.issue({"b.corp.example", "192.0.2.7", "a.corp.example"}, leaf_key());
  std::vector<std::string> ordered;
  for (const auto& identifier : *issued.order.json.find("identifiers")->as_array()) {
    ordered.push_back(*identifier.find("value")->as_string());
  }
  EXPECT_EQ(ordered, (std::vector<std::string>{"b.corp.example", "192.0.2.7", "a.corp.example"}));
  using Type = x509::SubjectName::Type;
  const Bytes san = x509::subject_names_extension(
                        {{Type::dns, "b.corp.example"}, {Type::ip, "192.0.2.7"}, {Type::dns, "a.corp.example"}}, true)
                        .value();
  const auto& der = issued.chain.leaf().der();
  EXPECT_NE(std::ranges::search(der, san).begin(), der.end());
}

TEST_F(OrderTest, X509_13_EveryKeyTypeIsIssued) {
  for (const auto type :
       {crypto::KeyType::ec_p384, crypto::KeyType::ec_p521, crypto::KeyType::rsa_2048, crypto::KeyType::ed25519}) {
    const auto key = crypto::PrivateKey::generate(type).value();
    const auto issued = driver.issue({"a.corp.example"}, key);
    EXPECT_EQ(issued.chain.leaf().public_key(), key.public_key());
    EXPECT_TRUE(x509::verify_chain(issued.chain, {TestHierarchy::get().root}, ca.clock.now()));
  }
}

TEST_F(OrderTest, X509_01_SF68_SerialsAreLongAndUnique) {
  std::set<std::string> seen;
  for (int i = 0; i < 5; ++i) {
    const auto issued = driver.issue({"a.corp.example"}, leaf_key());
    EXPECT_EQ(issued.chain.leaf().serial().size(), 16u);
    EXPECT_TRUE(seen.insert(issued.chain.leaf().serial_hex()).second);
  }
}

TEST_F(OrderTest, X509_04_NothingIsIssuedBeyondTheIssuersLife) {
  const Time end = TestHierarchy::get().intermediate.not_after();
  ca.clock.advance(end - ca.clock.now() - 2h);
  const auto issued = driver.issue({"a.corp.example"}, leaf_key());
  EXPECT_EQ(issued.chain.leaf().not_after(), end);
  EXPECT_EQ(order_with(R"(,"notAfter":")" + to_rfc3339(end + 1s) + '"').type(), "malformed");
  const auto order = ready({"a.corp.example"});
  ca.clock.advance(3h);
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).type(), "serverInternal");
}

TEST_F(OrderTest, TR_13_ARequestThatNeedsAPayloadHasOne) {
  for (const auto& path : {"/new-order", "/revoke-cert", "/key-change"}) {
    const auto refused = driver.post(AcmeDriver::url(path), "");
    EXPECT_EQ(refused.status(), 400) << path;
    EXPECT_EQ(refused.type(), "malformed") << path;
  }
}

TEST_F(OrderTest, ORD_07_ORD_08_WhatWasAskedForStaysInEveryPhase) {
  const std::vector<std::string> names = {"b.corp.example", "a.corp.example"};
  const auto order = driver.new_order(names);
  const auto same = [&](const char* phase) {
    const auto now = driver.read(order.location());
    EXPECT_EQ(*now.json.find("identifiers"), *order.json.find("identifiers")) << phase;
    EXPECT_EQ(now.texts("authorizations"), order.texts("authorizations")) << phase;
    EXPECT_EQ(now.text("expires"), order.text("expires")) << phase;
  };
  driver.respond_all(order);
  same("validating");
  ca.work_all();
  same("ready");
  EXPECT_EQ(driver.finalize(order, leaf_key(), names).text("status"), "valid");
  same("valid");
}

TEST_F(OrderTest, ORD_14_SF30_NothingIsFinalizedBeforeItIsReady) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  const auto early = driver.finalize(order, leaf_key(), {"a.corp.example"});
  EXPECT_EQ(early.status(), 403);
  EXPECT_EQ(early.type(), "orderNotReady");
  driver.respond_all(order);
  ca.work_all();
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).status(), 200);
}

TEST_F(OrderTest, ORD_21_TheCertificateIsWhatWasAskedForAndProved) {
  const auto order = order_with(R"(,"notAfter":")" + at(3h) + '"');
  driver.respond_all(order);
  ca.work_all();
  const auto done = driver.finalize(order, leaf_key(), {"a.corp.example"});
  const auto leaf = x509::Chain::from_pem(driver.read(done.text("certificate")).response.body).value().leaf();
  EXPECT_EQ(leaf.names(), (std::vector<x509::SubjectName>{{x509::SubjectName::Type::dns, "a.corp.example"}}));
  EXPECT_EQ(leaf.public_key(), leaf_key().public_key());
  EXPECT_EQ(leaf.not_after(), from_unix_seconds(unix_seconds(ca.clock.now() + 3h)));
  EXPECT_FALSE(leaf.is_ca());
}

}  // namespace
}  // namespace crest::ca::web
