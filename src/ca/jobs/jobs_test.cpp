#include <gtest/gtest.h>

#include "ca/audit/chain.hpp"
#include "ca/jobs/checkpoints.hpp"
#include "ca/jobs/clean_up.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca {
namespace {

using store::CertificateRow;
using store::CertificateStatus;
using testing::AcmeDriver;
using testing::TestCa;

class CountingJob final : public Job {
 public:
  explicit CountingJob(int& steps, bool fails = false) : steps_(steps), fails_(fails) {}
  const char* name() const override { return "counting"; }
  Result<Time> step(Time now) override {
    ++steps_;
    if (fails_) return make_error(ErrorKind::storage, "the disk is full");
    return now + 10s;
  }

 private:
  int& steps_;
  bool fails_;
};

const Time start = from_unix_seconds(1'767'225'600);

TEST(Jobs, EachIsDoneWhenItIsDue) {
  testing::RecordingLog log;
  Jobs jobs(log);
  EXPECT_FALSE(jobs.next());
  int steps = 0;
  jobs.add(std::make_unique<CountingJob>(steps), start + 5s);
  EXPECT_FALSE(jobs.step(start));
  EXPECT_EQ(jobs.next(), start + 5s);
  EXPECT_TRUE(jobs.step(start + 5s));
  EXPECT_FALSE(jobs.step(start + 5s));
  EXPECT_EQ(jobs.next(), start + 15s);
  EXPECT_EQ(steps, 1);
}

TEST(Jobs, OneThatFailsIsTriedAgainAndToldOnce) {
  testing::RecordingLog log;
  Jobs jobs(log);
  int steps = 0;
  jobs.add(std::make_unique<CountingJob>(steps, true), start);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(jobs.step(start + 60s * i));
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(log.count("job_failed"), 1u);
}

TEST(Checkpoints, SF87_AreDueAfterSoManyLinesOrSuchATime) {
  EXPECT_FALSE(is_checkpoint_due(0, start, start + 48h));
  EXPECT_FALSE(is_checkpoint_due(999, start, start + 59min));
  EXPECT_TRUE(is_checkpoint_due(1'000, start, start));
  EXPECT_TRUE(is_checkpoint_due(1, start, start + 1h));
}

class JobsOfACa : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();

  void SetUp() override {
    ASSERT_EQ(driver.new_account().status(), 201);
    ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  }
  void pass(Duration span) {
    ca.clock.advance(span);
    while (ca.authority->work()) {
    }
  }
  std::vector<store::AuditRow> lines() {
    std::vector<store::AuditRow> rows;
    EXPECT_TRUE(ca.store.read([&](store::Tx& tx) -> Result<void> {
      rows = TRY(tx.audit.list("main", 0, 1'000));
      return {};
    }));
    return rows;
  }
  std::optional<CertificateRow> certificate(const std::string& serial) {
    std::optional<CertificateRow> row;
    EXPECT_TRUE(ca.store.read([&](store::Tx& tx) -> Result<void> {
      row = TRY(tx.certificates.by_serial(serial));
      return {};
    }));
    return row;
  }
  void revoke(const x509::Certificate& certificate) {
    const std::string body = R"({"certificate":")" + encoding::base64url(certificate.der()) + R"("})";
    ASSERT_EQ(driver.post(AcmeDriver::url("/revoke-cert"), body).status(), 200);
  }
  void publish_list(Time this_update, std::uint64_t number) {
    const std::string issuer = certificate_issuer_;
    ASSERT_TRUE(ca.store.write([&](store::Tx& tx) -> Result<void> {
      TRY(tx.crls.put(
          {.issuer = issuer, .number = number, .this_update = this_update, .next_update = this_update + 24h}));
      return {};
    }));
  }
  std::string certificate_issuer_;
};

TEST_F(JobsOfACa, SF87_TheCasKeyVouchesForTheLog) {
  driver.issue({"a.corp.example"}, key);
  pass(10min);
  audit::Verifier verifier({testing::TestHierarchy::get().key.public_key()});
  for (const auto& row : lines()) ASSERT_TRUE(verifier.take(row.text));
  EXPECT_EQ(verifier.vouched_for(), 2u);
  EXPECT_EQ(verifier.lines(), 3u);
  pass(5h);
  EXPECT_EQ(lines().size(), 3u) << "there was nothing new to sign";
  driver.issue({"a.corp.example"}, key);
  pass(1h);
  EXPECT_EQ(lines().size(), 5u);
}

TEST_F(JobsOfACa, SF87_ARestartDoesNotSignAgain) {
  pass(10min);
  const auto before = lines().size();
  ca.start();
  pass(10min);
  EXPECT_EQ(lines().size(), before);
}

TEST_F(JobsOfACa, SF62_WhatEndedLongAgoIsRemoved) {
  const auto order = driver.new_order({std::string("never.corp.example")});
  const auto issued = driver.issue({"a.corp.example"}, key);
  const auto serial = issued.chain.leaf().serial_hex();
  pass(9 * 24h);
  EXPECT_EQ(driver.read(order.location()).status(), 404);
  EXPECT_EQ(driver.read(issued.certificate_url).status(), 200);
  pass(90 * 24h);
  EXPECT_FALSE(certificate(serial));
  EXPECT_EQ(driver.read(issued.certificate_url).status(), 404);
  EXPECT_EQ(driver.read(driver.account_url()).status(), 200) << "accounts stay";
}

TEST_F(JobsOfACa, SF83_NothingThatAListMustStillHold) {
  const auto issued = driver.issue({"a.corp.example"}, key);
  const auto& leaf = issued.chain.leaf();
  revoke(leaf);
  certificate_issuer_ = certificate(leaf.serial_hex())->issuer;
  publish_list(leaf.not_after() - 1h, 1);
  pass(100 * 24h);
  EXPECT_TRUE(certificate(leaf.serial_hex())) << "no list was made since its end";
  publish_list(leaf.not_after() + 1h, 2);
  pass(1h);
  EXPECT_FALSE(certificate(leaf.serial_hex()));
}

// However many have to stay, for whatever time, in front of those that nobody needs.
TEST_F(JobsOfACa, SF62_WhatHasToStayKeepsNothingElse) {
  const Time now = ca.clock.now();
  const auto add = [&](store::Tx& tx, std::size_t number, CertificateStatus status) {
    const std::string name = std::to_string(10'000 + number);
    return tx.certificates.insert({.serial = name,
                                   .order = "o" + name,
                                   .status = status,
                                   .issuer = "gone",
                                   .not_after = now + 1ms * (number / 3)});  // several at one time
  };
  constexpr std::size_t staying = 2 * CleanUp::rows_max + 50, going = 5;
  ASSERT_TRUE(ca.store.write([&](store::Tx& tx) -> Result<void> {
    TRY(tx.crls.put({.issuer = "gone", .number = 1, .this_update = now - 1h, .next_update = now}));
    for (std::size_t i = 0; i < staying; ++i) TRY(add(tx, i, CertificateStatus::revoked));
    for (std::size_t i = 0; i < going; ++i) TRY(add(tx, staying + i, CertificateStatus::issued));
    return {};
  }));
  CleanUp job({}, {ca.store, ca.log, "node"});
  for (int round = 0; round < 2; ++round) {
    Time at = now + 100 * 24h + 24h * round;
    EXPECT_EQ(job.step(at).value(), at + 1s);
    EXPECT_EQ(job.step(at).value(), at + 1s);
    EXPECT_TRUE(round == 1 || certificate(std::to_string(10'000 + staying)));
    EXPECT_EQ(job.step(at).value(), at + 10min);
    for (std::size_t i = 0; i < going; ++i) EXPECT_FALSE(certificate(std::to_string(10'000 + staying + i))) << i;
    EXPECT_TRUE(certificate("10000"));
  }
  EXPECT_EQ(ca.log.count("cleaned_up"), 1u);
}

TEST(CleanUp, SF83_IsOffTheListsOnlyWhenEachHasAnIssueFromAfterItsEnd) {
  CertificateRow row{.status = CertificateStatus::revoked, .not_after = start};
  EXPECT_TRUE(is_off_the_lists(row, {}));
  EXPECT_TRUE(is_off_the_lists(row, {{.this_update = start + 1s}}));
  EXPECT_FALSE(is_off_the_lists(row, {{.this_update = start}}));
  EXPECT_FALSE(is_off_the_lists(row, {{.this_update = start + 1s}, {.partition = 4, .this_update = start - 1s}}));
  row.status = CertificateStatus::issued;
  EXPECT_TRUE(is_off_the_lists(row, {{.this_update = start - 1s}}));
}

TEST_F(JobsOfACa, SF62_WorkIsBoundedAndAnotherNodesLeaseIsRespected) {
  ASSERT_TRUE(ca.store.write([&](store::Tx& tx) -> Result<void> {
    for (std::size_t i = 0; i < 2 * CleanUp::rows_max + 1; ++i) TRY(tx.spendings.put("s" + std::to_string(i), start));
    return {};
  }));
  CleanUp job({}, {ca.store, ca.log, "other"});
  const Time now = ca.clock.now();
  ASSERT_TRUE(ca.store.write([&](store::Tx& tx) -> Result<void> {
    TRY(tx.leases.take(CleanUp::lease, "busy", now, now + 5s));
    return {};
  }));
  EXPECT_EQ(job.step(now).value(), now + 10min);  // somebody else is at it
  EXPECT_EQ(ca.log.count("cleaned_up"), 0u);
  const Time later = now + 6s;
  EXPECT_EQ(job.step(later).value(), later + 1s);
  EXPECT_EQ(job.step(later).value(), later + 1s);
  EXPECT_EQ(job.step(later).value(), later + 10min);
  EXPECT_EQ(ca.log.count("cleaned_up"), 3u);
}

}  // namespace
}  // namespace crest::ca
