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

  int pending = 0;       // so often it says: not yet
  int fails = 0;         // so often it cannot be reached
  int loses = 0;         // so many answers are lost after it has done its work
  bool refuses = false;  // for good
  bool other_names = false;
  mutable std::vector<std::string> handles;                 // as they came
  mutable std::map<std::string, x509::Certificate> issued;  // by order

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
    if (other_names) parts.names = {{x509::SubjectName::Type::dns, "evil.example"}};
    const auto& own = facts_.chain.leaf();
    return x509::sign(x509::to_be_signed(parts, csr.key, &own, key_.public_key()).value(), key_).value();
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

TEST_F(ElsewhereTest, SF37_ACertificateForOtherNamesIsNotHandedOut) {
  upper->other_names = true;
  EXPECT_EQ(finalized().text("certificate"), "");
  ca.work_all();
  EXPECT_EQ(driver.read(location).text("status"), "invalid");
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
