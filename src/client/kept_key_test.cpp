// Nothing is lost: a key that the CA may have issued for outlives its order.
#include "client/kept_key.hpp"

#include <gtest/gtest.h>

#include "client/testing/rig.hpp"

namespace crest::client {
namespace {

using testing::Died;
using testing::FakeCa;
using testing::MemoryDisk;
using testing::refusal;
using testing::Rig;

constexpr std::string_view name = "app.corp.example";

std::vector<KeptKey> kept(Rig& rig) { return rig.vault->kept_aside(name).value(); }

bool is_key_of(const KeptKey& key, const x509::Certificate& certificate) {
  const auto parsed = crypto::PrivateKey::from_pem(key.key_pem.reveal());
  return parsed && parsed->public_key() == certificate.public_key();
}

// A root that the CA's chain does not end in.
std::vector<x509::Certificate> another_root() {
  const auto& key = x509::test::key(crypto::KeyType::ec_p256, 9);
  return {x509::test::issue(x509::test::root_template(), key.public_key(), nullptr, key)};
}

TEST(KeptKey, TheFileIsPemWithTheOrderInFrontOfIt) {
  const KeptKey key{.key_pem = Secret("-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----\n"),
                    .order_url = "https://ca.test/order/7",
                    .certificate_url = "https://ca.test/cert/7",
                    .why = "it names\nb.example\x1b[2J",
                    .path = {}};
  const std::string text = kept_key_text(key);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_TRUE(text.ends_with(key.key_pem.reveal()));
  const KeptKey again = kept_key_from_text(text);
  EXPECT_EQ(again.key_pem.reveal(), key.key_pem.reveal());
  EXPECT_EQ(again.order_url, key.order_url);
  EXPECT_EQ(again.certificate_url, key.certificate_url);
  EXPECT_EQ(again.why.find('\n'), std::string::npos);
  for (const char* damaged : {"", "Order:", "Order: \n\n", "-----BEGIN ", "\n-----BEGIN PRIVATE KEY-----"})
    EXPECT_EQ(kept_key_from_text(damaged).certificate_url, "") << damaged;
}

TEST(KeptKey, CF24_ARejectedCertificateLeavesItsKeyUntilTheNextSuccess) {
  Rig rig;
  rig.pinned_roots = another_root();
  const auto refused = rig.obtain();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::cert_rejected);
  EXPECT_NE(refused.error().message.find("crest show app.corp.example"), std::string::npos) << refused.error().message;
  ASSERT_EQ(kept(rig).size(), 1u);
  const KeptKey key = kept(rig).front();
  EXPECT_TRUE(is_key_of(key, rig.ca.issued.at(0)));
  EXPECT_TRUE(rig.ca.orders.contains(key.order_url)) << key.order_url;
  EXPECT_TRUE(key.certificate_url.starts_with("https://ca.test/cert/")) << key.certificate_url;
  EXPECT_NE(key.why.find("does not end in a pinned root"), std::string::npos) << key.why;
  EXPECT_EQ(rig.disk.modes().at(key.path), 0600u);
  EXPECT_TRUE(load_order(*rig.vault, name).value()->order_url.empty());

  rig.pinned_roots.reset();
  ASSERT_TRUE(rig.obtain());
  EXPECT_TRUE(kept(rig).empty());
  for (const auto& [path, text] : rig.disk.files()) EXPECT_FALSE(path.starts_with("aside/")) << path;
}

TEST(KeptKey, CF21_CF22_SoDoOtherNamesAndADateThatIsOver) {
  const std::function<void(Rig&)> ways[] = {
      [](Rig& rig) { rig.ca.leaf_life = 1s; },  // begun a minute ago
      [](Rig& rig) {
        rig.ca.after = [&rig](const http::Request& request, Result<http::Response>& response) {
          if (FakeCa::kind_of(request.url) != "cert") return;
          x509::CertificateTemplate parts = x509::test::leaf_template();
          parts.names = {{x509::SubjectName::Type::dns, "other.example"}};
          const auto& pki = x509::test::pki();
          response->body =
              x509::test::issue(parts, rig.ca.issued.back().public_key(), &pki.intermediate, pki.intermediate_key)
                  .pem();
        };
      },
  };
  for (const auto& way : ways) {
    Rig rig;
    way(rig);
    const auto refused = rig.obtain();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::cert_rejected) << refused.error().describe();
    ASSERT_EQ(kept(rig).size(), 1u);
    EXPECT_TRUE(is_key_of(kept(rig).front(), rig.ca.issued.back()));
  }
}

// The CA no longer shows what it made: its word ends the order, not the key.
TEST(KeptKey, AProblemAfterFinalizeLeavesTheKey) {
  for (const std::string kind : {"order", "cert"}) {
    for (const int status : {403, 404, 410}) {
      Rig rig;
      rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
        if (FakeCa::kind_of(request.url) != kind || rig.ca.count("POST finalize") == 0) return std::nullopt;
        return Result<http::Response>(refusal(acme::ProblemType::unauthorized, "not yours", status));
      };
      const auto refused = rig.obtain();
      ASSERT_FALSE(refused);
      const auto record = load_order(*rig.vault, name).value();
      const std::string where = kind + " " + std::to_string(status) + ": " + refused.error().describe();
      const bool in_record = record && crypto::PrivateKey::from_pem(record->key_pem.reveal()).has_value();
      ASSERT_EQ(rig.ca.issued.size(), 1u) << where;
      EXPECT_NE(in_record, kept(rig).size() == 1) << where;
      if (!in_record && !kept(rig).empty()) {
        EXPECT_TRUE(is_key_of(kept(rig).front(), rig.ca.issued.front())) << where;
      }
    }
  }
}

// Finalize was sent by a process that died of it: the next one knows.
TEST(KeptKey, ARestartKnowsThatFinalizeWasSent) {
  Rig rig;
  rig.ca.after = [](const http::Request& request, Result<http::Response>&) {
    if (FakeCa::kind_of(request.url) == "finalize") throw Died();
  };
  EXPECT_THROW((void)rig.obtain().has_value(), Died);
  rig.disk.power_cut();
  rig.forget_proofs();
  rig.start();
  rig.ca.after = nullptr;
  rig.ca.orders.clear();  // and the CA has been set up anew
  const auto gone = rig.obtain();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::order_failed);
  ASSERT_EQ(kept(rig).size(), 1u);
  EXPECT_TRUE(is_key_of(kept(rig).front(), rig.ca.issued.front()));
}

TEST(KeptKey, BeforeFinalizeAndAfterARefusalThereIsNothingToKeep) {
  for (const bool at_finalize : {false, true}) {
    Rig rig;
    rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
      const std::string kind = FakeCa::kind_of(request.url);
      if (kind != (at_finalize ? "finalize" : "authz")) return std::nullopt;
      return Result<http::Response>(refusal(acme::ProblemType::badCSR, "no"));
    };
    ASSERT_FALSE(rig.obtain());
    EXPECT_TRUE(kept(rig).empty());
  }
}

TEST(KeptKey, AnotherWishOrAnotherAccountLeavesTheKey) {
  for (const bool account : {false, true}) {
    Rig rig;
    rig.ca.polls_until_issued = 1'000'000;
    ASSERT_FALSE(rig.obtain());
    rig.ca.polls_until_issued = 0;
    auto wanted = Rig::request({std::string(name), "b.example"});
    if (account) {
      wanted = Rig::request();
      rig.ca.forget_accounts();
    }
    rig.clock.advance(10min);
    auto issuance = rig.open(wanted).value();
    for (int steps = 0; kept(rig).empty() && steps < 20; ++steps) (void)issuance->advance(rig.clock.now());
    ASSERT_EQ(kept(rig).size(), 1u) << account;
    EXPECT_TRUE(is_key_of(kept(rig).front(), rig.ca.issued.front()));
  }
}

TEST(KeptKey, TheNewestThreeAreKept) {
  Rig rig;
  rig.pinned_roots = another_root();
  for (int i = 0; i < 5; ++i) {
    ASSERT_FALSE(rig.obtain());
  }
  ASSERT_EQ(kept(rig).size(), FileVault::keys_aside_max);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(is_key_of(kept(rig)[i], rig.ca.issued.at(2 + i))) << i;
  EXPECT_EQ(kept(rig).back().path, "aside/app.corp.example/5.pem");
}

TEST(KeptKey, WithoutRoomForTheKeyTheOrderStays) {
  Rig rig;
  rig.pinned_roots = another_root();
  rig.ca.after = [&](const http::Request& request, Result<http::Response>&) {
    if (FakeCa::kind_of(request.url) == "cert") rig.disk.arm(MemoryDisk::At::fail, 0);
  };
  ASSERT_FALSE(rig.obtain());
  rig.disk.disarm();
  rig.ca.after = nullptr;
  EXPECT_TRUE(rig.log.has("key_not_kept"));
  const auto record = load_order(*rig.vault, name).value();
  ASSERT_TRUE(record && !record->order_url.empty());
  EXPECT_EQ(crypto::PrivateKey::from_pem(record->key_pem.reveal())->public_key(), rig.ca.issued.at(0).public_key());
  ASSERT_FALSE(rig.obtain());
  EXPECT_EQ(kept(rig).size(), 1u);
  EXPECT_EQ(rig.ca.count("POST newOrder"), 1u);
}

// The process dies at every change that a rejected certificate makes to the disk, and the power goes with it.
TEST(KeptKey, CF50_WhereverItDiesTheKeyIsThere) {
  std::size_t index = 0;
  for (bool died = true; died; ++index) {
    Rig rig;
    rig.pinned_roots = another_root();
    rig.disk.arm(MemoryDisk::At::die_after, index);
    died = false;
    try {
      EXPECT_FALSE(rig.obtain());
    } catch (const Died&) {
      died = true;
    }
    rig.disk.disarm();
    rig.disk.power_cut();
    rig.forget_proofs();
    rig.start();
    if (rig.ca.issued.empty()) continue;
    const auto record = load_order(*rig.vault, name).value();
    const auto in_record = crypto::PrivateKey::from_pem(record ? record->key_pem.reveal() : "");
    bool found = in_record && in_record->public_key() == rig.ca.issued.back().public_key();
    for (const KeptKey& key : kept(rig)) found = found || is_key_of(key, rig.ca.issued.back());
    EXPECT_TRUE(found) << index;
    EXPECT_LE(kept(rig).size(), 1u) << index;
  }
  EXPECT_GT(index, 40u);
}

}  // namespace
}  // namespace crest::client
