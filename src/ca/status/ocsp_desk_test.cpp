#include "ca/status/ocsp_desk.hpp"

#include "ca/status/testing.hpp"

namespace crest::ca::status::testing {
namespace {

constexpr int successful = 0, malformed_request = 1, try_later = 3, unauthorized = 6;
constexpr int good = 0, revoked = 1, unknown = 2;

class OcspTest : public StatusTest {
 protected:
  std::unique_ptr<Status> status = node();
  void SetUp() override {
    look(*status);
    issued(serial(1));
    issued(serial(2), 24h, CertificateStatus::signing);
  }
  Told ask_of(const std::string& number, bool nonce = false) { return ask(*status, question({number}, nonce)); }
};

TEST_F(OcspTest, OCSP_02_GoodForOursAndUnknownForAllOthers) {
  EXPECT_EQ(ask_of(serial(1)), (Told{successful, {good}}));
  EXPECT_EQ(ask_of(serial(2)), (Told{successful, {good}})) << "SF63: what the journal holds is issued";
  EXPECT_EQ(ask_of(serial(3)), (Told{successful, {unknown}}));
  issued(serial(4));
  write([&](store::Tx& tx) -> Result<void> {
    auto row = **tx.certificates.by_serial(serial(4));
    TRY(tx.certificates.remove(serial(4)));
    row.issuer = "another";
    TRY(tx.certificates.insert(row));
    return {};
  });
  EXPECT_EQ(ask_of(serial(4)), (Told{successful, {unknown}})) << "another issuer's";
  const Bytes foreign = question({serial(1)}, false, TestHierarchy::get().root);
  EXPECT_EQ(ask(*status, foreign), (Told{unauthorized, {}}));
}

TEST_F(OcspTest, REV_12_OCSP_ARevocationShowsAtTheNextLook) {
  EXPECT_EQ(ask_of(serial(1)), (Told{successful, {good}}));
  revoke(serial(1), 4);
  revoke(serial(2));
  look(*status);
  EXPECT_EQ(ask_of(serial(1)), (Told{successful, {revoked}}));
  EXPECT_EQ(ask_of(serial(2)), (Told{successful, {revoked}}));
}

TEST_F(OcspTest, AnswersAreKeptUntilHalfOfTheirLifeOrTheNextRevocation) {
  const auto asked = [&] { return post(*status, question({serial(1)})).body; };
  const auto first = asked();
  clock.advance(3h);
  EXPECT_EQ(asked(), first);
  clock.advance(1h);
  const auto second = asked();
  EXPECT_NE(second, first);
  EXPECT_EQ(asked(), second);
  revoke(serial(2));
  look(*status);
  EXPECT_NE(asked(), second);
}

TEST_F(OcspTest, SF83_AnAnswerFromBeforeARevocationIsNeverKept) {
  OcspCache cache;
  const auto answer = std::make_shared<const OcspAnswer>(OcspAnswer{{}, clock.now(), clock.now() + 8h, true});
  EXPECT_FALSE(cache.find("i", {1}, clock.now()));
  cache.put("i", {1}, answer, 3);
  EXPECT_TRUE(cache.find("i", {1}, clock.now()));
  EXPECT_FALSE(cache.find("j", {1}, clock.now()));
  EXPECT_FALSE(cache.find("i", {2}, clock.now()));
  cache.note("i", 4);
  EXPECT_FALSE(cache.find("i", {1}, clock.now()));
  cache.put("i", {1}, answer, 3);  // who read before the revocation and was slow
  EXPECT_FALSE(cache.find("i", {1}, clock.now()));
  cache.put("i", {1}, answer, 4);
  EXPECT_TRUE(cache.find("i", {1}, clock.now()));
}

TEST_F(OcspTest, TheCacheIsBounded) {
  OcspCache cache;
  const auto answer = std::make_shared<const OcspAnswer>(OcspAnswer{{}, clock.now(), clock.now() + 8h, true});
  for (std::size_t i = 0; i < OcspCache::answers_max + 100; ++i) {
    cache.put("i", {std::uint8_t(i), std::uint8_t(i >> 8), std::uint8_t(i >> 16)}, answer, 0);
  }
  EXPECT_EQ(cache.size(), OcspCache::answers_max);
}

TEST_F(OcspTest, ANonceGetsAnAnswerOfItsOwn) {
  EXPECT_EQ(ask_of(serial(1), true), (Told{successful, {good}}));
  const auto answer = post(*status, question({serial(1)}, true));
  EXPECT_NE(answer.body.find(as_text(Bytes(32, 7))), std::string::npos);
  EXPECT_EQ(answer.headers.get("Cache-Control"), "no-store");
  revoke(serial(1));
  EXPECT_EQ(ask_of(serial(1), true), (Told{successful, {revoked}})) << "it comes from the store, not from the cache";
}

TEST_F(OcspTest, SeveralAtOnce) {
  revoke(serial(2));
  const auto told = ask(*status, question({serial(1), serial(2), serial(3)}));
  EXPECT_EQ(told, (Told{successful, {good, revoked, unknown}}));
}

TEST_F(OcspTest, SF88_WhatIsNoRequestIsCalledMalformed) {
  const Bytes asked = question({serial(1)});
  EXPECT_EQ(ask(*status, {}), (Told{malformed_request, {}}));
  for (std::size_t size = 1; size < asked.size(); size += 7) {
    EXPECT_EQ(ask(*status, {asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(size)}),
              (Told{malformed_request, {}}));
  }
  EXPECT_EQ(ask(*status, Bytes(10'000, 0x30)), (Told{malformed_request, {}}));
  EXPECT_EQ(ask(*status, question(std::vector<std::string>(17, serial(1)))), (Told{malformed_request, {}}));
}

TEST_F(OcspTest, OCSP_03_TheResponderIsRenewedBeforeItEnds) {
  EXPECT_EQ(responders, 1);
  clock.advance(4 * 24h);
  look(*status);
  EXPECT_EQ(responders, 1);
  clock.advance(24h);
  look(*status);
  EXPECT_EQ(responders, 2);
  signer.fails = true;
  clock.advance(6 * 24h);
  EXPECT_FALSE(status->look(clock.now()));
  EXPECT_EQ(ask_of(serial(3)), (Told{successful, {unknown}})) << "the one that there is goes on";
  clock.advance(24h);
  EXPECT_EQ(ask_of(serial(3)), (Told{try_later, {}})) << "until it ends";
  EXPECT_EQ(log.count("ocsp_responder_not_renewed"), 1u);
}

TEST_F(OcspTest, OCSP_03_AnAnswerDoesNotOutliveItsSigner) {
  options.responder_life = 6h;
  status = node("two");
  look(*status);
  const auto answer = get(*status, "/ocsp/" + encoding::base64url(question({serial(1)})));
  EXPECT_EQ(http::from_http_date(*answer.headers.get("Expires")).value(), x509::last_second(clock.now(), 6h));
}

TEST_F(OcspTest, WithoutAResponderItSaysTryLater) {
  EXPECT_EQ(ask(*node("two"), question({serial(1)})), (Told{try_later, {}}));
}

}  // namespace
}  // namespace crest::ca::status::testing
