#include "ca/status/crl_job.hpp"

#include "ca/status/testing.hpp"

namespace crest::ca::status::testing {
namespace {

class CrlJobTest : public StatusTest {};

TEST_F(CrlJobTest, CRL_01_SF83_ThereIsAListFromTheFirstLookOn) {
  const auto status = node();
  EXPECT_EQ(get(*status, "/crl/i.crl").status, 503);
  EXPECT_NE(status->trouble(clock.now()), "");
  look(*status);
  const auto answer = get(*status, "/crl/i.crl");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/pkix-crl");
  EXPECT_EQ(to_bytes(answer.body), stored().der);
  EXPECT_TRUE(listed(*status).empty());
  EXPECT_EQ(status->trouble(clock.now()), "");
  EXPECT_EQ(stored().this_update, clock.now() - 60s);
  EXPECT_EQ(stored().next_update, clock.now() - 60s + 24h);
}

TEST_F(CrlJobTest, REV_12_SF83_TheNextLookHasWhatAnybodyRevoked) {
  const auto status = node();
  issued(serial(1));
  issued(serial(2));
  issued(serial(3), 24h, CertificateStatus::signing);  // SF63: from the journal on
  look(*status);
  const int signatures = signer.signatures, writes = store.writes;
  look(*status);
  EXPECT_EQ(signer.signatures, signatures) << "nothing was due";
  EXPECT_EQ(store.writes, writes);
  revoke(serial(1));
  revoke(serial(3), 1);
  look(*status);
  EXPECT_EQ(listed(*status), (Entries{{serial(1), -1}, {serial(3), 1}}));  // REV-08, CRL-03
  revoke(serial(1), 1);                                                    // for another reason
  look(*status);
  EXPECT_EQ(listed(*status), (Entries{{serial(1), 1}, {serial(3), 1}}));
}

TEST_F(CrlJobTest, SF83_SignedAnewByHalfOfItsLife) {
  const auto status = node();
  look(*status);
  const auto first = stored();
  clock.advance(11h);
  look(*status);
  EXPECT_EQ(stored().number, first.number);
  clock.advance(1h);
  look(*status);
  EXPECT_GT(stored().number, first.number);
  EXPECT_GT(stored().next_update, first.next_update);
}

TEST_F(CrlJobTest, CRL_02_SF70_NumbersGrowAcrossRestartsAndClocksThatGoBack) {
  std::uint64_t last = 0;
  for (const Duration step : {Duration{0}, Duration{13h}, -Duration{20h}, Duration{0}}) {
    clock.advance(step);
    issued(serial(int(last % 200)));
    revoke(serial(int(last % 200)));
    const auto restarted = node();
    look(*restarted);
    EXPECT_GT(stored().number, last);
    last = stored().number;
  }
  EXPECT_GT(last, std::uint64_t(unix_seconds(clock.now()))) << "by time, above whatever a backup has forgotten";
}

TEST_F(CrlJobTest, CRL_04_SF83_AnEntryOutlivesItsCertificateByOneIssue) {
  const auto status = node();
  issued(serial(1), 30h);
  revoke(serial(1));
  issued(serial(2), 90h);
  revoke(serial(2));
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 6; ++i) {  // at 0, 12, 24, 36, 48, 60 hours
    look(*status);
    sizes.push_back(listed(*status).size());
    clock.advance(12h);
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 2, 2, 2, 1, 1}));
}

TEST_F(CrlJobTest, CRL_04_AnIssueThatARevocationBroughtForwardDoesNotCount) {
  const auto status = node();
  issued(serial(1), 1h);
  revoke(serial(1));
  look(*status);
  clock.advance(2h);
  for (int i = 2; i < 6; ++i) {
    issued(serial(i));
    revoke(serial(i));
    look(*status);
    EXPECT_TRUE(listed(*status).contains(serial(1))) << i;
    clock.advance(10min);
  }
}

TEST_F(CrlJobTest, CRL_05_EachPartHoldsItsOwnAndTheFullListAll) {
  options.crl_parts = 4;
  const auto status = node();
  for (int i = 0; i < 8; ++i) {
    issued(serial(i));
    if (i != 3) revoke(serial(i));
  }
  look(*status);
  EXPECT_EQ(listed(*status).size(), 7u);
  Entries together;
  for (std::uint32_t part = 4; part < 8; ++part) {
    const auto path = Places("").crl(issuer, part);
    for (const auto& [number, reason] : listed(*status, path)) {
      EXPECT_EQ(part_of(number, 4), part);
      together[number] = reason;
    }
    const auto body = get(*status, path).body;
    EXPECT_NE(body.find(base + path), std::string::npos) << "it names itself";
  }
  EXPECT_EQ(together, listed(*status));
  EXPECT_EQ(get(*status, "/crl/i.crl").body.find(base), std::string::npos);
  for (const char* path : {"/crl/i/0.crl", "/crl/i/3.crl", "/crl/i/8.crl", "/crl/i/x.crl", "/crl/i/4", "/crl/j.crl",
                           "/crl/i/99999.crl", "/crl/i/-4.crl"}) {
    EXPECT_EQ(get(*status, path).status, 404) << path;
  }
}

TEST_F(CrlJobTest, CRL_05_OnlyPartsThatChangedAreSignedAnew) {
  options.crl_parts = 64;
  const auto status = node();
  look(*status);
  EXPECT_EQ(signer.signatures - responders, 65);
  issued(serial(9));
  revoke(serial(9));
  look(*status);
  EXPECT_EQ(signer.signatures - responders, 67);
  clock.advance(12h);
  look(*status);
  EXPECT_EQ(signer.signatures - responders, 67 + 65);
}

TEST_F(CrlJobTest, CRL_05_AnotherNumberOfPartsLeavesTheListsOfBeforeAlive) {
  options.crl_parts = 2;
  look(*node());
  options.crl_parts = 8;
  const auto status = node();
  issued(serial(5));
  revoke(serial(5));
  look(*status);
  for (const char* path : {"/crl/i/3.crl", "/crl/i/13.crl", "/crl/i.crl"}) {
    EXPECT_TRUE(listed(*status, path).contains(serial(5))) << path;
  }
  EXPECT_TRUE(listed(*status, "/crl/i/2.crl").empty());
}

TEST_F(CrlJobTest, SF67_OneNodeSignsAndTheOthersServeIt) {
  const auto one = node("one"), two = node("two");
  look(*one);
  look(*two);
  const int signatures = signer.signatures;
  EXPECT_EQ(get(*one, "/crl/i.crl").body, get(*two, "/crl/i.crl").body);
  issued(serial(1));
  revoke(serial(1));
  look(*two);  // the lease is the other's, who will do it
  EXPECT_EQ(signer.signatures, signatures);
  look(*one);
  EXPECT_EQ(signer.signatures, signatures + 1);
  look(*two);
  EXPECT_TRUE(listed(*two).contains(serial(1)));
  issued(serial(2));
  revoke(serial(2));
  clock.advance(20s);  // the other one is gone
  look(*two);
  EXPECT_TRUE(listed(*two).contains(serial(2)));
}

TEST_F(CrlJobTest, SF67_WhoLostTheLeaseWhileSigningPublishesNothing) {
  const auto one = node("one"), two = node("two");
  look(*one);
  look(*two);
  issued(serial(1));
  revoke(serial(1));
  signer.before_signing = [&] {
    signer.before_signing = nullptr;
    clock.advance(20s);
    issued(serial(2));
    revoke(serial(2));
    look(*two);
  };
  look(*one);
  EXPECT_EQ(listed(*two).size(), 2u);
  EXPECT_EQ(entries_in(stored().der).size(), 2u) << "the slow one must not put its older list over it";
  look(*one);
  EXPECT_EQ(listed(*one).size(), 2u);
}

TEST_F(CrlJobTest, SF86_SF83_WithoutTheKeyTheOldListIsServedAndHealthTells) {
  const auto status = node();
  look(*status);
  const auto served = get(*status, "/crl/i.crl").body;
  signer.fails = true;
  clock.advance(12h);
  EXPECT_FALSE(status->look(clock.now()));
  EXPECT_EQ(get(*status, "/crl/i.crl").body, served);
  EXPECT_NE(status->trouble(clock.now()), "") << "at once: there is time to mend it while the old list holds";
  clock.advance(6h);
  EXPECT_FALSE(status->look(clock.now()));
  EXPECT_NE(status->trouble(clock.now()), "");
  EXPECT_EQ(log.count("crl_not_renewed"), 1u) << "told once";
  signer.fails = false;
  clock.advance(20s);
  look(*status);
  EXPECT_EQ(status->trouble(clock.now()), "");
  EXPECT_NE(get(*status, "/crl/i.crl").body, served);
}

TEST_F(CrlJobTest, SF83_AnOddRowIsListedWithoutItsReasonAndKeepsNoOtherOut) {
  const auto status = node();
  const std::pair<int, int> reasons[] = {{8, -1}, {7, -1}, {-3, -1}, {99, -1}, {1, 1}, {6, 6}};  // as stored, as listed
  Entries wanted;
  for (int i = 0; i < int(std::size(reasons)); ++i) {
    issued(serial(i));
    revoke(serial(i), reasons[i].first);
    wanted[serial(i)] = reasons[i].second;
  }
  issued("no number");
  revoke("no number");
  look(*status);
  EXPECT_EQ(listed(*status), wanted);
  EXPECT_EQ(status->trouble(clock.now()), "");
}

TEST_F(CrlJobTest, SF83_HealthTellsOfARevocationThatIsNotListedInTime) {
  const auto one = node("one"), two = node("two");
  look(*one);
  look(*two);
  for (int i = 0; i < 20; ++i) {  // the other node takes the lease and never signs
    issued(serial(i));
    revoke(serial(i));
    write([&](store::Tx& tx) -> Result<void> {
      TRY(tx.leases.take("crl/" + issuer, "one", clock.now(), clock.now() + 5s));
      return {};
    });
    look(*two);
    EXPECT_EQ(two->trouble(clock.now()) != "", i >= 15) << i;
    clock.advance(1s);
  }
  clock.advance(10s);
  look(*two);
  EXPECT_EQ(two->trouble(clock.now()), "");
}

TEST_F(CrlJobTest, SF83_HealthTellsWhenNobodyLooksAnyMore) {
  const auto status = node();
  look(*status);
  clock.advance(59s);
  EXPECT_EQ(status->trouble(clock.now()), "");
  clock.advance(1s);
  EXPECT_NE(status->trouble(clock.now()), "");
}

TEST_F(CrlJobTest, SF65_AFullDiskLeavesTheOldListServed) {
  const auto status = node();
  look(*status);
  const auto served = get(*status, "/crl/i.crl").body;
  issued(serial(1));
  revoke(serial(1));
  for (const int which : {1, 2}) {  // the lease, the list
    store.fail_write_in = which;
    EXPECT_FALSE(status->look(clock.now()));
    EXPECT_EQ(get(*status, "/crl/i.crl").body, served);
  }
  look(*status);
  EXPECT_TRUE(listed(*status).contains(serial(1)));
}

TEST_F(CrlJobTest, SF83_ManyEntriesAreAllThere) {
  const auto status = node();
  write([&](store::Tx& tx) -> Result<void> {
    for (int i = 0; i < 12'000; ++i) {
      const auto number =
          "4000000000" + encoding::hex(Bytes{std::uint8_t(i >> 16), std::uint8_t(i >> 8), std::uint8_t(i)});
      TRY(tx.certificates.insert({.serial = number,
                                  .order = number,
                                  .status = CertificateStatus::revoked,
                                  .issuer = issuer,
                                  .created = clock.now(),
                                  .not_after = clock.now() + 24h,
                                  .revoked_at = clock.now(),
                                  .revocation_reason = i % 2 * 4}));
    }
    return {};
  });
  look(*status);
  EXPECT_EQ(listed(*status).size(), 12'000u);
}

}  // namespace
}  // namespace crest::ca::status::testing
