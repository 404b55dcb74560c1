#include "ca/status/revoke.hpp"

#include "ca/issuer/key_policy.hpp"
#include "ca/status/reasons.hpp"
#include "ca/status/testing.hpp"

namespace crest::ca::status::testing {
namespace {

using acme::RevocationReason;

class RevokeTest : public StatusTest {
 protected:
  const crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
  x509::ToBeSigned tbs;

  void SetUp() override {
    const x509::CertificateTemplate parts{.serial = encoding::from_hex(serial(1)).value(),
                                          .not_before = clock.now(),
                                          .not_after = clock.now() + 24h,
                                          .names = {{x509::SubjectName::Type::dns, "a.corp.example"}}};
    tbs = x509::to_be_signed(parts, key.public_key(), &issuer_certificate(), signer.public_key()).value();
  }
  void stored_as(CertificateStatus as) {
    const CertificateRow row{.serial = serial(1),
                             .order = "o",
                             .status = as,
                             .der = as == CertificateStatus::signing ? tbs.tbs : x509::sign(tbs, signer).value().der(),
                             .issuer = issuer,
                             .created = clock.now(),
                             .not_after = clock.now() + 24h};
    write([&](store::Tx& tx) -> Result<void> {
      TRY(tx.certificates.insert(row));
      return {};
    });
  }
  Result<Revoked> asked(const Revocation& wanted) {
    auto outcome = Revoked::now;
    const auto work = [&](store::Tx& tx) -> Result<void> {
      auto row = **tx.certificates.by_serial(serial(1));
      outcome = TRY(status::revoke(tx, row, wanted, "main", clock.now()));
      return {};
    };
    TRY(store.write(work));
    return outcome;
  }
  CertificateRow row() {
    CertificateRow out;
    EXPECT_TRUE(memory.read([&](store::Tx& tx) -> Result<void> {
      out = **tx.certificates.by_serial(serial(1));
      return {};
    }));
    return out;
  }
  bool is_blocked() {
    bool out = false;
    EXPECT_TRUE(memory.read([&](store::Tx& tx) -> Result<void> {
      out = TRY(tx.blocked_keys.contains(issuer::blocking_name(key.public_key())));
      return {};
    }));
    return out;
  }
  std::size_t audit_lines() {
    std::size_t out = 0;
    EXPECT_TRUE(memory.read([&](store::Tx& tx) -> Result<void> {
      const auto lines = TRY(tx.audit.list("main", 0, 100));
      out = lines.size();
      return {};
    }));
    return out;
  }
};

const Revocation superseded{.reason = RevocationReason::superseded, .key_is_lost = false, .by = "an operator"};
const Revocation compromised{.reason = RevocationReason::keyCompromise, .key_is_lost = true, .by = "an operator"};

TEST_F(RevokeTest, OnceAndWithALineOfTheAuditLog) {
  stored_as(CertificateStatus::issued);
  EXPECT_EQ(*asked(superseded), Revoked::now);
  EXPECT_EQ(row().status, CertificateStatus::revoked);
  EXPECT_EQ(row().revocation_reason, 4);
  EXPECT_EQ(row().revoked_at, clock.now());
  EXPECT_FALSE(is_blocked());
  EXPECT_EQ(*asked(superseded), Revoked::already);
  EXPECT_EQ(audit_lines(), 1u);
}

TEST_F(RevokeTest, REV_10_SF84_ALostKeyIsBlockedAndChangesTheReason) {
  stored_as(CertificateStatus::issued);
  const Time first = clock.now();
  EXPECT_EQ(*asked(superseded), Revoked::now);
  clock.advance(1h);
  EXPECT_EQ(*asked(compromised), Revoked::again);
  EXPECT_EQ(row().revocation_reason, 1);
  EXPECT_EQ(row().revoked_at, first);
  EXPECT_TRUE(is_blocked());
  EXPECT_EQ(*asked(compromised), Revoked::already);
  EXPECT_EQ(*asked(superseded), Revoked::already);
  EXPECT_EQ(row().revocation_reason, 1);
  EXPECT_EQ(audit_lines(), 2u);
}

TEST_F(RevokeTest, SF83_AReasonThatNobodyMayStateIsRefused) {
  stored_as(CertificateStatus::issued);
  for (const auto reason : {RevocationReason::removeFromCRL, RevocationReason::certificateHold,
                            RevocationReason::cACompromise, RevocationReason::aACompromise}) {
    const auto refused = asked({.reason = reason, .key_is_lost = false, .by = "an operator"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::usage);
    EXPECT_NE(refused.error().describe().find("superseded"), std::string::npos) << refused.error().describe();
  }
  EXPECT_EQ(row().status, CertificateStatus::issued);
  EXPECT_EQ(audit_lines(), 0u);
}

TEST(Reasons, OneListForAllWhoAsk) {
  EXPECT_EQ(reason_words(Asker::subscriber),
            "unspecified, keyCompromise, affiliationChanged, superseded, cessationOfOperation");
  EXPECT_EQ(reason_words(Asker::ca_operator), reason_words(Asker::subscriber) + ", privilegeWithdrawn");
  EXPECT_EQ(reason_from_operator("privilegeWithdrawn").value(), RevocationReason::privilegeWithdrawn);
  EXPECT_FALSE(reason_from_operator("removeFromCRL"));
  EXPECT_FALSE(reason_from_operator(""));
  for (const auto reason : reasons_for(Asker::ca_operator)) {
    EXPECT_TRUE(x509::is_full_list_reason(static_cast<int>(reason))) << "else no list would name it";
  }
}

TEST_F(RevokeTest, SF63_WhatIsStillToBeSignedIsRevocableWithItsKey) {
  stored_as(CertificateStatus::signing);
  EXPECT_EQ(*asked(compromised), Revoked::now);
  EXPECT_TRUE(is_blocked());
  EXPECT_EQ(row().status, CertificateStatus::revoked);
  EXPECT_EQ(certificate_of(row()).value().public_key(), key.public_key());
}

}  // namespace
}  // namespace crest::ca::status::testing
