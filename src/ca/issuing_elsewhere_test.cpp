// An issuer that is not at hand: it keeps the CA waiting, fails, and loses answers.
#include <mutex>

#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"

namespace crest::ca {
namespace {

using testing::AcmeDriver;
using testing::TestCa;
using testing::TestHierarchy;

// A CA above this one, as a test tells it to behave. It knows a request again by its order.
class UpperCa final : public issuer::Issuer {
 public:
  UpperCa()
      : facts_(issuer::chain_facts(x509::Chain({TestHierarchy::get().another(key_, "Upper CA")}),
                                   TestHierarchy::get().root)
                   .value()) {}

  int pending = 0;                                          // so often it says: not yet
  int fails = 0;                                            // so often it cannot be reached
  int loses = 0;                                            // so many answers are lost after it has done its work
  bool refuses = false;                                     // for good
  std::function<void(x509::CertificateTemplate&)> changes;  // what it makes of what it was asked for
  std::optional<crypto::PrivateKey> other_key, other_signer;
  bool deaf = false;                                                            // takes no revocation
  mutable std::vector<std::pair<std::string, acme::RevocationReason>> revoked;  // by serial
  mutable std::vector<std::string> handles;                                     // as they came
  mutable std::map<std::string, x509::Certificate> issued;                      // by order

  bool is_at_hand() const override { return false; }
  Result<void> revoke(const x509::Certificate& certificate, acme::RevocationReason reason, Time) const override {
    if (deaf) return make_error(ErrorKind::connect, "connection refused");
    revoked.emplace_back(certificate.serial_hex(), reason);
    return {};
  }
  const issuer::IssuerFacts& facts() const override { return facts_; }
  Result<issuer::Draft> draft(const issuer::Wanted& wanted) const override {
    static std::atomic<int> count = 0;
    return issuer::Draft{.serial = "waiting-" + std::to_string(++count), .handle = to_bytes(wanted.csr_der)};
  }
  Result<issuer::Progress> advance(const issuer::Journalled& entry, Time now) const override {
    auto* self = const_cast<UpperCa*>(this);
    const std::scoped_lock lock(mutex_);
    handles.push_back(to_text(entry.handle));
    if (issuer::digest_of(entry.handle) != entry.handle_sha256) ADD_FAILURE() << "a damaged handle";
    if (refuses) return make_error(ErrorKind::malformed, "refused above");
    if (fails > 0 && self->fails-- > 0) return make_error(ErrorKind::connect, "connection refused");
    if (pending > 0) {
      const auto csr = x509::Csr::from_der(entry.handle);
      if (csr) self->csr_[entry.order] = csr->der;
      return issuer::Progress(issuer::Pending{to_bytes(as_bytes("job-" + std::to_string(self->pending--))), now + 30s});
    }
    if (!issued.contains(entry.order)) issued.emplace(entry.order, make(entry));
    if (loses > 0 && self->loses-- > 0) return make_error(ErrorKind::timeout, "no answer");
    return issuer::Progress(issuer::Issued{issued.at(entry.order)});
  }

 private:
  x509::Certificate make(const issuer::Journalled& entry) const {
    crypto::SystemRandom random;
    const auto asked = csr_.find(entry.order);
    const auto csr = x509::Csr::from_der(asked == csr_.end() ? entry.handle : asked->second).value();
    x509::CertificateTemplate parts{.serial = x509::new_serial(random),
                                    .not_before = entry.validity.not_before,
                                    .not_after = entry.validity.not_after,
                                    .names = entry.names,
                                    .key_usage = 1,
                                    .extended_usages = {x509::ExtendedUsage::server_auth}};
    if (changes) changes(parts);
    const auto& own = facts_.chain.leaf();
    const auto& key = other_key ? other_key->public_key() : csr.key;
    const auto& signer = other_signer ? *other_signer : key_;
    return x509::sign(x509::to_be_signed(parts, key, &own, key_.public_key()).value(), signer).value();
  }

  mutable std::mutex mutex_;
  crypto::PrivateKey key_ = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  issuer::IssuerFacts facts_;
  std::map<std::string, Bytes> csr_;
};

class ElsewhereTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
  std::shared_ptr<UpperCa> upper = std::make_shared<UpperCa>();
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();

  void SetUp() override {
    ca.more_issuers = {{"upper", issuer::IssuerState::active, upper}};
    ca.options.profiles = {{.name = "upper", .key_types = {crypto::KeyType::ec_p256}, .issuer = "upper"}};
    ca.options.default_profile = "upper";
    ca.start();
    ASSERT_EQ(driver.new_account().status(), 201);
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  }
  testing::Answer finalized() {
    const auto order = driver.new_order({std::string("a.corp.example")});
    driver.respond_all(order);
    ca.work_all();
    location = order.location();
    return driver.finalize(order, key, {"a.corp.example"});
  }
  void expect_one_certificate() {
    const auto order = driver.read(location);
    ASSERT_EQ(order.text("status"), "valid") << order.response.body;
    const auto chain = x509::Chain::from_pem(driver.read(order.text("certificate")).response.body).value();
    EXPECT_EQ(chain.leaf().public_key(), key.public_key());
    EXPECT_EQ(upper->issued.size(), 1u);
    EXPECT_EQ(chain.leaf().der(), upper->issued.begin()->second.der());
    EXPECT_TRUE(x509::verify_chain(chain, {TestHierarchy::get().root}, ca.clock.now()));
    std::uint64_t count = 0;
    ASSERT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
      count = TRY(tx.certificates.count());
      return {};
    }));
    EXPECT_EQ(count, 1u);
  }
  std::string location;
};

TEST_F(ElsewhereTest, IssuesAtOnce) {
  EXPECT_EQ(finalized().text("status"), "valid");
  expect_one_certificate();
}

TEST_F(ElsewhereTest, ORD_16_WaitsAsLongAsTheOtherSideWants) {
  upper->pending = 2;
  const auto order = finalized();
  EXPECT_EQ(order.text("status"), "processing");
  EXPECT_NE(order.header("Retry-After"), "");
  EXPECT_EQ(ca.authority->next_work(), ca.clock.now() + 30s);
  ca.clock.advance(30s);
  EXPECT_TRUE(ca.authority->work());
  EXPECT_EQ(driver.read(location).text("status"), "processing");
  ca.work_all();
  expect_one_certificate();
  EXPECT_EQ(upper->handles.size(), 3u);
  EXPECT_EQ(upper->handles[1], "job-2");
  EXPECT_EQ(upper->handles[2], "job-1");
}

TEST_F(ElsewhereTest, SF31_SF63_TheHandleOutlivesARestart) {
  upper->pending = 2;
  finalized();
  ca.start();
  ca.work_all();
  expect_one_certificate();
  EXPECT_EQ(upper->handles[1], "job-2");
}

TEST_F(ElsewhereTest, SF63_AHandleThatCouldNotBeWrittenIsAskedForAgain) {
  upper->pending = 1;
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  location = order.location();
  ca.store.fail_write_in = 2;  // the journal is written, the handle is not
  EXPECT_EQ(driver.finalize(order, key, {"a.corp.example"}).text("status"), "processing");
  ca.work_all();
  expect_one_certificate();
}

TEST_F(ElsewhereTest, SF63_OneThatCannotBeReachedIsTriedAgain) {
  upper->fails = 3;
  EXPECT_EQ(finalized().text("status"), "processing");
  ca.work_all();
  expect_one_certificate();
}

TEST_F(ElsewhereTest, SF31_AnAnswerThatIsLostMakesNoSecondCertificate) {
  upper->loses = 2;
  EXPECT_EQ(finalized().text("status"), "processing");
  ca.work_all();
  expect_one_certificate();
}

TEST_F(ElsewhereTest, SF31_ACertificateThatCouldNotBeWrittenIsTheSameNextTime) {
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  location = order.location();
  ca.store.fail_write_in = 2;
  EXPECT_EQ(driver.finalize(order, key, {"a.corp.example"}).text("status"), "processing");
  ca.start();
  ca.work_all();
  expect_one_certificate();
}

TEST_F(ElsewhereTest, ARefusalEndsTheOrder) {
  upper->refuses = true;
  EXPECT_EQ(finalized().text("status"), "processing");
  ca.work_all();
  EXPECT_EQ(driver.read(location).text("status"), "invalid");
}

// Whatever another CA makes of a request: what was not asked for is not handed out, and goes back.
TEST_F(ElsewhereTest, SF37_WhatWasNotAskedForIsNotHandedOut) {
  const struct {
    const char* why;
    std::function<void(UpperCa&)> set;
  } rows[] = {
      {"other names",
       [](auto& it) {
         it.changes = [](auto& parts) { parts.names = {{x509::SubjectName::Type::dns, "evil.example"}}; };
       }},
      {"other names",
       [](auto& it) {
         it.changes = [](auto& parts) { parts.names.push_back({x509::SubjectName::Type::ip, "192.0.2.9"}); };
       }},
      {"another key", [](auto& it) { it.other_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value(); }},
      {"not signed by",
       [](auto& it) { it.other_signer = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value(); }},
      {"lives longer", [](auto& it) { it.changes = [](auto& parts) { parts.not_after += 1s; }; }},
      {"is over", [](auto& it) { it.changes = [](auto& parts) { parts.not_after = parts.not_before + 10s; }; }},
      {"not good yet", [](auto& it) { it.changes = [](auto& parts) { parts.not_before += 2h; }; }},
      {"a CA's",
       [](auto& it) {
         it.changes = [](auto& parts) {
           parts.is_ca = true;
           parts.key_usage = static_cast<unsigned>(x509::KeyUsage::key_cert_sign);
           parts.extended_usages.clear();
           parts.subject.common_name = "a.corp.example";
         };
       }},
  };
  for (const auto& [why, set] : rows) {
    upper = std::make_shared<UpperCa>();
    ca.more_issuers.front().issuer = upper;
    ca.start();
    set(*upper);
    EXPECT_EQ(finalized().text("certificate"), "") << why;
    ca.work_all();
    const auto order = driver.read(location);
    EXPECT_EQ(order.text("status"), "invalid") << why;
    EXPECT_NE(ca.log.text().find(why), std::string::npos) << why << ca.log.text();
    ASSERT_EQ(upper->issued.size(), 1u);
    ASSERT_FALSE(upper->revoked.empty()) << why;
    EXPECT_EQ(upper->revoked.front().first, upper->issued.begin()->second.serial_hex());
  }
}

TEST_F(ElsewhereTest, SF35_ItMayLiveShorterUnlessDatesWereAskedFor) {
  upper->changes = [](auto& parts) {
    parts.not_before -= 1h;
    parts.not_after -= 1h;
  };
  EXPECT_EQ(finalized().text("status"), "valid");
  std::vector<store::CertificateRow> rows;
  ASSERT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
    rows = TRY(tx.certificates.search({}, std::nullopt, 9));
    return {};
  }));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.front().not_after, upper->issued.begin()->second.not_after()) << "what is on record is what there is";
  const auto order = driver.post(AcmeDriver::url("/new-order"),
                                 R"({"identifiers":[{"type":"dns","value":"a.corp.example"}],"notAfter":")" +
                                     to_rfc3339(ca.clock.now() + 5h) + R"("})");
  driver.respond_all(order);
  ca.work_all();
  driver.finalize(order, key, {"a.corp.example"});
  ca.work_all();
  EXPECT_EQ(driver.read(order.location()).text("status"), "invalid");
  EXPECT_NE(ca.log.text().find("its dates are not those"), std::string::npos);
}

// The handle of a job says nothing of the key.
TEST_F(ElsewhereTest, SF37_TheKeyIsKnownAfterARestartWhileTheOtherSideIsWaitedFor) {
  upper->pending = 2;
  upper->other_key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  finalized();
  ca.start();
  ca.work_all();
  EXPECT_EQ(driver.read(location).text("status"), "invalid");
  EXPECT_NE(ca.log.text().find("another key"), std::string::npos);
}

TEST_F(ElsewhereTest, SF30_TheSameRequestAgainGivesTheOrderWhileItWaits) {
  upper->pending = 2;
  finalized();
  const auto again = driver.finalize(driver.read(location), key, {"a.corp.example"});
  EXPECT_EQ(again.text("status"), "processing") << again.response.body;
}

class RevokedElsewhereTest : public ElsewhereTest {
 protected:
  testing::Answer revoke(const char* reason = "") {
    const std::string body =
        R"({"certificate":")" + encoding::base64url(upper->issued.begin()->second.der()) + "\"" + reason + "}";
    return driver.post(AcmeDriver::url("/revoke-cert"), body);
  }
  store::CertificateStatus recorded() {
    auto status = store::CertificateStatus::signing;
    EXPECT_TRUE(ca.memory.read([&](store::Tx& tx) -> Result<void> {
      const auto row = TRY(tx.certificates.by_serial(upper->issued.begin()->second.serial_hex()));
      if (row) status = row->status;
      return {};
    }));
    return status;
  }
};

TEST_F(RevokedElsewhereTest, REV_02_TheCaThatMadeItHearsOfIt) {
  finalized();
  ASSERT_EQ(revoke(R"(,"reason":4)").status(), 200);
  ASSERT_EQ(upper->revoked.size(), 1u);
  EXPECT_EQ(upper->revoked.front().first, upper->issued.begin()->second.serial_hex());
  EXPECT_EQ(upper->revoked.front().second, acme::RevocationReason::superseded);
  EXPECT_EQ(recorded(), store::CertificateStatus::revoked);
  EXPECT_EQ(revoke(R"(,"reason":4)").type(), "alreadyRevoked");
  EXPECT_EQ(upper->revoked.size(), 1u);
}

TEST_F(RevokedElsewhereTest, WhileTheOtherCaIsAwayNothingIsSaidToBeRevoked) {
  finalized();
  upper->deaf = true;
  const auto later = revoke();
  EXPECT_EQ(later.status(), 503);
  EXPECT_EQ(later.header("Retry-After"), "60");
  EXPECT_EQ(recorded(), store::CertificateStatus::issued);
  upper->deaf = false;
  EXPECT_EQ(revoke().status(), 200);
  EXPECT_EQ(recorded(), store::CertificateStatus::revoked);
}

TEST_F(RevokedElsewhereTest, SF84_WhoMayNotRevokeMakesNobodyAsk) {
  finalized();
  AcmeDriver stranger(ca);
  ASSERT_EQ(stranger.new_account().status(), 201);
  const std::string body = R"({"certificate":")" + encoding::base64url(upper->issued.begin()->second.der()) + R"("})";
  EXPECT_EQ(stranger.post(AcmeDriver::url("/revoke-cert"), body).type(), "unauthorized");
  EXPECT_TRUE(upper->revoked.empty());
}

TEST_F(ElsewhereTest, OneThatStaysAwayForHalfOfTheLifeEndsTheOrder) {
  upper->pending = 1'000'000;
  finalized();
  ca.clock.advance(13h);
  ca.work_all();
  EXPECT_EQ(driver.read(location).text("status"), "invalid");
}

}  // namespace
}  // namespace crest::ca
