#include "ca/authority.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "ca/status/revoke.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca {
namespace {

using testing::AcmeDriver;
using testing::Answer;
using testing::TestCa;
using testing::TestHierarchy;

const crypto::PrivateKey& leaf_key() {
  static const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  return key;
}

class AuthorityTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};

  void SetUp() override {
    ASSERT_EQ(driver.new_account().status(), 201);
    for (const auto* name : {"a.corp.example", "b.corp.example"}) ca.add_host(name, "192.0.2.1", driver.public_key());
  }
};

TEST_F(AuthorityTest, ORD_16_IssuesACertificateFromOrderToChain) {
  const auto order = driver.new_order({std::string("a.corp.example"), "b.corp.example"});
  EXPECT_EQ(order.status(), 201);
  EXPECT_EQ(order.text("status"), "pending");
  driver.respond_all(order);
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
  const auto done = driver.finalize(order, leaf_key(), {"a.corp.example", "b.corp.example"});
  EXPECT_EQ(done.status(), 200) << done.response.body;
  EXPECT_EQ(done.text("status"), "valid");
  const auto download = driver.read(done.text("certificate"));
  EXPECT_EQ(download.header("Content-Type"), "application/pem-certificate-chain");
  const auto chain = x509::Chain::from_pem(download.response.body).value();
  EXPECT_EQ(chain.certificates().size(), 2u);
  EXPECT_EQ(chain.leaf().public_key(), leaf_key().public_key());
  EXPECT_EQ(chain.leaf().names().size(), 2u);
  EXPECT_EQ(ca.log.count("certificate_issued"), 1u);
}

TEST_F(AuthorityTest, X509_13_LeavesVerifyAgainstTheRootAndHaveTheProfile) {
  const auto issued = driver.issue({"a.corp.example"}, leaf_key());
  const auto& leaf = issued.chain.leaf();
  EXPECT_TRUE(x509::verify_chain(issued.chain, {TestHierarchy::get().root}, ca.clock.now()));
  EXPECT_FALSE(x509::verify_chain(issued.chain, {TestHierarchy::get().root}, leaf.not_after() + 2s));
  EXPECT_EQ(leaf.lifetime(), ca.options.leaf_life);
  EXPECT_EQ(leaf.not_before(), ca.clock.now() - ca.options.backdate);
  EXPECT_FALSE(leaf.is_ca());
  EXPECT_EQ(leaf.subject(), "");
  EXPECT_EQ(leaf.authority_key_id(), TestHierarchy::get().intermediate.subject_key_id());
  EXPECT_EQ(leaf.key_usage(), static_cast<unsigned>(x509::KeyUsage::digital_signature));
  EXPECT_EQ(x509::lint(leaf, &TestHierarchy::get().intermediate), "");
}

TEST_F(AuthorityTest, ORD_10_AnOrderIsReadyWhenEachNameIsProved) {
  const auto order = driver.new_order({std::string("a.corp.example"), "b.corp.example"});
  driver.respond(order.texts("authorizations").front());
  ca.work_all();
  EXPECT_EQ(driver.read(order.texts("authorizations")[0]).text("status"), "valid");
  EXPECT_EQ(driver.read(order.texts("authorizations")[1]).text("status"), "pending");
  EXPECT_EQ(driver.read(order.location()).text("status"), "pending");
  const auto early = driver.finalize(order, leaf_key(), {"a.corp.example", "b.corp.example"});
  EXPECT_EQ(early.status(), 403);
  EXPECT_EQ(early.type(), "orderNotReady");
  driver.respond(order.texts("authorizations").back());
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
}

TEST_F(AuthorityTest, ORD_22_SF31_ConcurrentFinalizesIssueOneCertificate) {
  constexpr int threads_count = 8;
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  std::vector<http::Request> requests;
  std::vector<crypto::PrivateKey> keys;
  for (int i = 0; i < threads_count; ++i) {
    keys.push_back(crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value());
    const auto payload = AcmeDriver::csr_payload(AcmeDriver::csr(keys.back(), {"a.corp.example"}));
    requests.push_back(
        AcmeDriver::jose_request(order.text("finalize"), driver.signed_body(order.text("finalize"), payload)));
    requests.back().url = requests.back().url.substr(std::string_view(TestCa::base).size());
  }
  std::atomic<int> accepted = 0, refused = 0;
  {
    std::vector<std::jthread> threads;
    for (const auto& request : requests) {
      threads.emplace_back([&] {
        const auto response = ca.authority->handle(request);
        if (response.status == 200) ++accepted;
        if (response.status == 403) ++refused;
      });
    }
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(refused, threads_count - 1);
  EXPECT_EQ(ca.signer.signatures, 1);
  EXPECT_EQ(ca.log.count("certificate_issued"), 1u);
}

TEST_F(AuthorityTest, SF30_TheSameCsrAgainIsTheSameOrder) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  const auto first = driver.finalize(order, leaf_key(), {"a.corp.example"});
  const auto again = driver.finalize(order, leaf_key(), {"a.corp.example"});
  EXPECT_EQ(again.status(), 200);
  EXPECT_EQ(again.text("certificate"), first.text("certificate"));
  const auto other_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  EXPECT_EQ(driver.finalize(order, other_key, {"a.corp.example"}).type(), "orderNotReady");
  EXPECT_EQ(ca.signer.signatures, 1);
}

TEST_F(AuthorityTest, SF63_ALostSignatureIsMadeGoodAfterARestart) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.store.fail_write_in = 2;  // the journal is written, the certificate is not
  const auto done = driver.finalize(order, leaf_key(), {"a.corp.example"});
  EXPECT_EQ(done.status(), 200) << done.response.body;
  EXPECT_EQ(done.text("status"), "processing");
  EXPECT_NE(done.header("Retry-After"), "");
  EXPECT_EQ(done.text("certificate"), "");

  ca.start();
  EXPECT_EQ(driver.read(order.location()).text("status"), "processing");
  ca.work_all();
  const auto after = driver.read(order.location());
  EXPECT_EQ(after.text("status"), "valid");
  const auto chain = x509::Chain::from_pem(driver.read(after.text("certificate")).response.body).value();
  EXPECT_EQ(chain.leaf().public_key(), leaf_key().public_key());
  EXPECT_TRUE(x509::verify_chain(chain, {TestHierarchy::get().root}, ca.clock.now()));
  std::uint64_t certificates = 0;
  ASSERT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
    certificates = TRY(tx.certificates.count());
    return {};
  }));
  EXPECT_EQ(certificates, 1u);
}

TEST_F(AuthorityTest, SF63_ATokenThatIsGoneDelaysTheCertificate) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.signer.fails = true;
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).text("status"), "processing");
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).text("status"), "processing");
  ca.clock.advance(5s);
  EXPECT_TRUE(ca.authority->work());
  EXPECT_EQ(driver.read(order.location()).text("status"), "processing");
  ca.signer.fails = false;
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "valid");
}

TEST_F(AuthorityTest, SF63_ATokenThatStaysAwayEndsTheOrderAndKeepsTheSerial) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.signer.fails = true;
  driver.finalize(order, leaf_key(), {"a.corp.example"});
  ca.clock.advance(13h);
  ca.start();
  ca.work_all();
  const auto after = driver.read(order.location());
  EXPECT_EQ(after.text("status"), "invalid");
  ASSERT_NE(after.json.find("error"), nullptr);
  std::vector<store::CertificateRow> rows;
  ASSERT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
    rows = TRY(tx.certificates.with_status(store::CertificateStatus::signing, 9));
    return {};
  }));
  EXPECT_EQ(rows.size(), 1u);
}

// A serial number may be revoked from the moment it is journalled: its order must end then, also after a restart.
TEST_F(AuthorityTest, SF63_AnOrderWhoseSerialWasRevokedMeanwhileIsInvalid) {
  for (const bool restart : {false, true}) {
    const auto order = driver.new_order({std::string("a.corp.example")});
    driver.respond_all(order);
    ca.work_all();
    ca.signer.fails = true;
    driver.finalize(order, leaf_key(), {"a.corp.example"});
    ASSERT_TRUE(ca.memory.write([&](store::Tx& tx) -> Result<void> {
      auto rows = TRY(tx.certificates.with_status(store::CertificateStatus::signing, 1));
      TRY(status::revoke(tx, rows.at(0), {.by = "operator"}, "main", ca.clock.now()));
      return {};
    }));
    ca.signer.fails = false;
    if (restart) ca.start();
    ca.work_all();
    const auto after = driver.read(order.location());
    EXPECT_EQ(after.text("status"), "invalid") << restart;
    EXPECT_NE(after.json.find("error"), nullptr);
  }
  EXPECT_EQ(ca.signer.signatures, 0);
}

TEST_F(AuthorityTest, SF63_ADamagedJournalIsNeverSigned) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.signer.fails = true;
  driver.finalize(order, leaf_key(), {"a.corp.example"});
  ASSERT_TRUE(ca.memory.write([&](store::Tx& tx) -> Result<void> {
    auto rows = TRY(tx.certificates.with_status(store::CertificateStatus::signing, 1));
    auto& der = rows.at(0).der;  // another name of the same length, and a digest that fits
    const std::string from = "a.corp", to = "b.corp";
    const auto at = std::search(der.begin(), der.end(), from.begin(), from.end());
    std::copy(to.begin(), to.end(), at);
    rows[0].tbs_sha256 = issuer::digest_of(der);
    TRY(tx.certificates.update_if(rows[0], store::CertificateStatus::signing));
    return {};
  }));
  ca.signer.fails = false;
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "invalid");
  EXPECT_EQ(ca.signer.signatures, 0);
  EXPECT_EQ(ca.log.count("signing_abandoned"), 1u);
}

TEST_F(AuthorityTest, SF65_AFullDiskRefusesAndRecovers) {
  ca.store.fail_write_in = 1;
  const auto refused = driver.new_order({std::string("a.corp.example")});
  EXPECT_EQ(refused.status(), 503);
  EXPECT_EQ(refused.type(), "serverInternal");
  EXPECT_NE(refused.header("Retry-After"), "");
  EXPECT_EQ(refused.response.body.find("disk"), std::string::npos);
  EXPECT_NE(ca.log.text().find("disk is full"), std::string::npos);
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 201);
}

TEST_F(AuthorityTest, SF65_ANearlyFullDiskLetsBegunOrdersEndAndTakesNoNewOnes) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  ca.store.no_room = true;
  for (int again = 0; again < 3; ++again) {
    const auto refused = driver.new_order({std::string("a.corp.example")});
    EXPECT_EQ(refused.status(), 503);
    EXPECT_EQ(refused.type(), "serverInternal");
    EXPECT_EQ(refused.header("Retry-After"), "60");
  }
  EXPECT_EQ(ca.log.count("store_nearly_full"), 1u);
  EXPECT_EQ(driver.plain("GET", "/health").status(), 503);
  driver.respond_all(order);
  ca.work_all();
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).text("status"), "valid");
  ca.store.no_room = false;
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).status(), 201);
  EXPECT_EQ(driver.plain("GET", "/health").status(), 200);
  EXPECT_EQ(ca.log.count("store_nearly_full"), 2u);
}

// No number is ever made up: not a serial, not an id, not a token.
TEST_F(AuthorityTest, SF69_WithoutRandomnessNothingIsIssued) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  ca.random.fails = true;
  EXPECT_EQ(driver.new_order({std::string("a.corp.example")}).type(), "serverInternal");
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).status(), 500);
  EXPECT_EQ(ca.signer.signatures, 0);
  EXPECT_THROW((void)ca.try_to_start(), std::runtime_error);
  ca.random.fails = false;
  EXPECT_EQ(driver.finalize(order, leaf_key(), {"a.corp.example"}).text("status"), "valid");
}

TEST_F(AuthorityTest, SF89_WhoeverAsksForHealthDoesNotWearTheDisk) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(driver.plain("GET", "/health").status(), 200);
  EXPECT_EQ(ca.store.checks, 1);
  ca.clock.advance(5s);
  EXPECT_EQ(driver.plain("GET", "/health").status(), 200);
  EXPECT_EQ(ca.store.checks, 2);
}

TEST_F(AuthorityTest, AnIssuanceTakesFiveWrites) {
  const int before = ca.store.writes;
  driver.issue({"a.corp.example"}, leaf_key());
  EXPECT_EQ(ca.store.writes - before, 5);
}

TEST_F(AuthorityTest, RestartValidatesWhatWasUnderWay) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.start();
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "ready");
}

TEST_F(AuthorityTest, NON_12_ANonceDoesNotOutliveARestart) {
  const auto url = AcmeDriver::url("/new-order");
  const auto body = driver.signed_body(url, "{}");
  ca.start();
  EXPECT_EQ(driver.send(AcmeDriver::jose_request(url, body)).type(), "badNonce");
}

TEST_F(AuthorityTest, IssuesItsOwnCertificateOnRecord) {
  const auto chain =
      ca.authority->issue_own(leaf_key().public_key(), {acme::identifier_from_user("ca.corp.example").value()});
  ASSERT_TRUE(chain) << chain.error().describe();
  EXPECT_TRUE(x509::verify_chain(*chain, {TestHierarchy::get().root}, ca.clock.now()));
  bool on_record = false;
  ASSERT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
    const auto row = TRY(tx.certificates.by_serial(chain->leaf().serial_hex()));
    on_record = row && row->status == store::CertificateStatus::issued && row->der == chain->leaf().der();
    return {};
  }));
  EXPECT_TRUE(on_record);
}

TEST(AuthorityOptions, RefusesWhatCannotWork) {
  const auto refused = [](auto change) {
    TestCa ca;
    AuthorityOptions options = ca.options;
    change(options);
    const auto& hierarchy = TestHierarchy::get();
    return !Authority::open(options, {ca.store,
                                      ca.resolver,
                                      ca.egress,
                                      {{x509::Chain({hierarchy.intermediate}), &ca.signer, hierarchy.root}},
                                      ca.clock,
                                      ca.random,
                                      ca.log,
                                      ca.meter});
  };
  EXPECT_FALSE(refused([](AuthorityOptions&) {}));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.base_url = "https://ca.test/"; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.base_url = "ca.test"; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.base_url = "https://ca.test/x"; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.name = ""; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.name = "Corp/../x"; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.leaf_life = 10s; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.leaf_life = 30 * 24h; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.backdate = 48h; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.backdate = -1s; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.order_life = 0s; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.authorization_life = 400 * 24h; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.leaf_key_types.clear(); }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.account_key_types = {crypto::KeyType::ed25519}; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.leaf_usages.clear(); }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.http01_port = 0; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.identifiers_max = 0; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.pending_orders_max = 0; }));
  EXPECT_TRUE(refused([](AuthorityOptions& o) { o.website = "not a URL"; }));
}

TEST(AuthorityOptions, RefusesAKeyThatIsNotTheIntermediates) {
  TestCa ca;
  const auto& hierarchy = TestHierarchy::get();
  ca.only_further = true;
  ca.further = {{x509::Chain({hierarchy.intermediate}), &hierarchy.root_key, hierarchy.root}};
  const auto opened = ca.try_to_start();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::config);
}

}  // namespace
}  // namespace crest::ca
