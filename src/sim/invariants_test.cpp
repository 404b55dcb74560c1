// The invariants themselves: each is shown what it must allow, and what it must not.
#include "sim/invariants.hpp"

#include <gtest/gtest.h>

#include "jose/jwk.hpp"
#include "jose/jws.hpp"
#include "sim/fixed_keys.hpp"
#include "x509/build.hpp"

namespace crest::sim {
namespace {

const Time noon = Time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) + 12h;
constexpr std::string_view name = "shared.sim.example";

// Two hosts with an account each, and a certificate of the first one's.
struct Scene {
  SeededRandom random{7};
  VirtualClock clock{noon};
  Faults faults{FaultRates{}, random};
  CrashyDisk disk{faults};
  Invariants invariants{clock};
  crypto::PrivateKey account_key = fixed_key("account"), other_key = fixed_key("other account");

  Scene() {
    invariants.add_host("host0", disk);
    invariants.add_host("host1", disk);
    register_account("host0", account_key);
    register_account("host1", other_key);
  }

  void register_account(const std::string& host, const crypto::PrivateKey& key) {
    const std::string url = "https://ca.sim.example/acme/corp/new-account",
                      nonce = "n" + std::to_string(clock.now().time_since_epoch().count()) + host;
    http::Request request{.method = "POST", .url = url, .body = jose::sign(key, {}, nonce, url, "{}").value().dump()};
    const http::Response created{201, {}, "{}", ""};
    invariants.see({host, "ca.sim.example", &request, &created, ""});
  }

  void serve_proof(const crypto::PrivateKey& key) {
    const http::Request request{.method = "GET",
                                .url = "http://" + std::string(name) + "/.well-known/acme-challenge/token"};
    const http::Response served{200, {}, "token." + jose::thumbprint(key.public_key()), ""};
    invariants.see({"ca.sim.example", "host0", &request, &served, ""});
  }

  IssuedRow issued(const std::string& key_label = "leaf") {
    const crypto::PrivateKey leaf = fixed_key(key_label), issuer = fixed_key("issuer");
    x509::CertificateTemplate parts;
    parts.serial = x509::new_serial(random);
    parts.not_before = noon;
    parts.not_after = x509::last_second(noon, 24h);
    parts.subject.common_name = std::string(name);
    parts.names = {{x509::SubjectName::Type::dns, std::string(name)}};
    const auto tbs = x509::to_be_signed(parts, leaf.public_key(), nullptr, issuer.public_key()).value();
    IssuedRow row;
    row.account_thumbprint = jose::thumbprint(account_key.public_key());
    row.certificate.serial = "01";
    row.certificate.account = "account";
    row.certificate.created = noon;
    row.certificate.der = x509::sign(tbs, issuer).value().der();
    const acme::Identifier identifier{acme::IdentifierType::dns, std::string(name)};
    row.order = ca::store::OrderRow{.id = "order", .account = "account", .identifiers = {identifier}};
    row.authorizations = {{.id = "authorization",
                           .account = "account",
                           .identifier = identifier,
                           .status = acme::AuthorizationStatus::valid,
                           .expires = noon + 1h}};
    return row;
  }

  std::string said() const { return invariants.broken() ? invariants.violations().front() : ""; }
};

TEST(Invariants, ACertificateWithItsOrderItsAuthorizationAndAProofIsFine) {
  Scene scene;
  scene.serve_proof(scene.account_key);
  scene.invariants.see_issued(scene.issued());
  EXPECT_EQ(scene.said(), "");
}

TEST(Invariants, NoCertificateWithoutAValidAuthorizationOfTheOrdersOwnAccount) {
  struct Case {
    std::string what;
    void (*spoil)(IssuedRow&);
    std::string said;
  };
  const Case cases[] = {
      {"another account's", [](IssuedRow& row) { row.authorizations[0].account = "other"; }, "no valid authorization"},
      {"expired", [](IssuedRow& row) { row.authorizations[0].expires = noon; }, "no valid authorization"},
      {"pending", [](IssuedRow& row) { row.authorizations[0].status = acme::AuthorizationStatus::pending; },
       "no valid authorization"},
      {"for another name", [](IssuedRow& row) { row.authorizations[0].identifier.value = "other.sim.example"; },
       "no valid authorization"},
      {"for all below it", [](IssuedRow& row) { row.authorizations[0].scope = ca::store::Scope::wildcard; },
       "no valid authorization"},
      {"none", [](IssuedRow& row) { row.authorizations.clear(); }, "no valid authorization"},
      {"order for more names",
       [](IssuedRow& row) { row.order->identifiers.push_back({acme::IdentifierType::dns, "more.sim.example"}); },
       "other names"},
      {"another account's order", [](IssuedRow& row) { row.order->account = "other"; }, "another account"},
      {"no order", [](IssuedRow& row) { row.order.reset(); }, "no order"},
      {"signed too late", [](IssuedRow& row) { row.certificate.created = noon - 13h; }, "after it was decided"},
  };
  for (const Case& one : cases) {
    Scene scene;
    scene.serve_proof(scene.account_key);
    IssuedRow row = scene.issued();
    one.spoil(row);
    scene.invariants.see_issued(row);
    EXPECT_NE(scene.said().find(one.said), std::string::npos) << one.what << ": " << scene.said();
  }
}

TEST(Invariants, AProofOfAnotherAccountForTheSameNameIsNone) {
  Scene scene;
  scene.serve_proof(scene.other_key);
  scene.invariants.see_issued(scene.issued());
  EXPECT_NE(scene.said().find("without a proof by its account"), std::string::npos) << scene.said();
}

TEST(Invariants, ACertificateOfAnAccountThatNobodyRegisteredIsSeen) {
  Scene scene;
  scene.serve_proof(scene.account_key);
  IssuedRow row = scene.issued();
  row.account_thumbprint = "unheard-of";
  scene.invariants.see_issued(row);
  EXPECT_NE(scene.said().find("nobody registered"), std::string::npos) << scene.said();
}

TEST(Invariants, AnAccountKeyBelongsToOneHost) {
  Scene scene;
  scene.register_account("host2", scene.account_key);
  EXPECT_NE(scene.said().find("uses the account key of host0"), std::string::npos) << scene.said();
}

// The same name at another host is another certificate: its key need not be on this disk.
TEST(Invariants, ANameHeldByTwoAccountsHasTwoKeys) {
  Scene scene;
  scene.serve_proof(scene.account_key);
  scene.serve_proof(scene.other_key);
  scene.invariants.see_issued(scene.issued("leaf of host0"));
  IssuedRow others = scene.issued("leaf of host1");
  others.account_thumbprint = jose::thumbprint(scene.other_key.public_key());
  scene.invariants.see_issued(others);
  EXPECT_EQ(scene.said(), "");
}

TEST(Invariants, AKeyDroppedForAnotherOrderIsSeenUnlessItWasPutAside) {
  for (const bool put_aside : {true, false}) {
    Scene scene;
    scene.serve_proof(scene.account_key);
    scene.invariants.see_issued(scene.issued("first"));
    if (put_aside) {
      ASSERT_TRUE(scene.disk.make_folder("aside", 0700));
      ASSERT_TRUE(scene.disk.make_folder("aside/" + std::string(name), 0700));
      const Secret pem = fixed_key("first").to_pem();
      ASSERT_TRUE(scene.disk.create("aside/" + std::string(name) + "/1.pem", as_bytes(pem.reveal()), 0600));
    }
    scene.invariants.see_issued(scene.issued("second"));
    EXPECT_EQ(scene.said().find("was dropped for another order") == std::string::npos, put_aside) << scene.said();
  }
}

// A pair under certificates/app0/gen-1, live; nothing of it is durable unless `folder` is synced.
void put_live(CrashyDisk& disk, const std::string& folder, IssuedRow row) {
  ASSERT_TRUE(disk.make_folder("certificates", 0700));
  ASSERT_TRUE(disk.make_folder(folder, 0700));
  ASSERT_TRUE(disk.make_folder(folder + "/gen-1", 0700));
  const std::string pem = x509::Certificate::from_der(row.certificate.der).value().pem();
  const Secret key = fixed_key("leaf").to_pem();
  ASSERT_TRUE(disk.create(folder + "/gen-1/privkey.pem", as_bytes(key.reveal()), 0600));
  ASSERT_TRUE(disk.create(folder + "/gen-1/cert.pem", as_bytes(pem), 0600));
  ASSERT_TRUE(disk.create(folder + "/gen-1/chain.pem", as_bytes(""), 0600));
  ASSERT_TRUE(disk.create(folder + "/gen-1/fullchain.pem", as_bytes(pem), 0600));
  ASSERT_TRUE(disk.link_to("gen-1", folder + "/live"));
}

TEST(Invariants, ALiveSetThatWasDurableOnceIsNeverGone) {
  const std::string folder = "certificates/app0";
  for (const bool durable : {false, true}) {
    Scene scene;
    put_live(scene.disk, folder, scene.issued());
    if (durable) {
      ASSERT_TRUE(scene.disk.sync_folder(folder) && scene.disk.sync_folder("certificates") &&
                  scene.disk.sync_folder(""));
    }
    EXPECT_EQ(scene.disk.is_durable(folder + "/live"), durable);
    scene.invariants.see_change("host0", scene.disk, folder + "/live");
    EXPECT_EQ(scene.said(), "");
    scene.invariants.see_power_loss("host0", scene.disk);
    ASSERT_TRUE(scene.disk.remove(folder + "/live"));
    scene.invariants.see_change("host0", scene.disk, folder + "/");
    EXPECT_EQ(scene.said().find("the live set of app0 on host0 is gone") != std::string::npos, durable) << scene.said();
  }
}

void ask(Scene& scene, const std::string& certificate, const std::string& fault = "") {
  const http::Request request{.method = "GET", .url = "https://ca.sim.example/acme/corp/directory"};
  scene.invariants.see({"host0", "ca.sim.example", &request, nullptr, fault, certificate});
}

TEST(Invariants, RequestsForOneCertificateAreBoundedInEveryHour) {
  Scene scene;
  for (std::size_t i = 0; i < Invariants::requests_per_hour_max; ++i) {
    ask(scene, "app0");
    ask(scene, "app1");
    ask(scene, "app0", "twice");  // the network's doing
  }
  EXPECT_EQ(scene.said(), "");
  scene.clock.advance(1h);
  ask(scene, "app0");
  EXPECT_EQ(scene.said(), "");
  for (std::size_t i = 0; i < Invariants::requests_per_hour_max; ++i) ask(scene, "app0");
  EXPECT_EQ(scene.invariants.violations().size(), 1u);
  EXPECT_NE(scene.said().find("host0 asked the CA more than 150 times in an hour for app0"), std::string::npos)
      << scene.said();
}

TEST(Invariants, RequestsForOneCertificateAreBoundedInEveryDay) {
  Scene scene;
  for (std::size_t i = 0; i <= Invariants::requests_per_day_max; ++i) {
    EXPECT_EQ(scene.said(), "") << i;
    ask(scene, "app0");
    scene.clock.advance(2min);
  }
  EXPECT_NE(scene.said().find("more than 600 times in a day for app0"), std::string::npos) << scene.said();
}

TEST(Invariants, NoneExpiresThatHadAReachableCaForThreeHoursInItsLastEight) {
  const std::vector<Interval> enough = {{noon - 8h, noon - 4h}, {noon - 1h, noon + 30h}};
  const std::vector<Interval> too_little = {{noon - 8h, noon - 3h}, {noon - 1h, noon + 30h}};
  Scene scene;
  scene.invariants.see_expiry("app0 of host0", noon, too_little);
  EXPECT_EQ(scene.said(), "");
  scene.invariants.see_expiry("app0 of host0", noon, enough);
  EXPECT_NE(scene.said().find("app0 of host0 expired though"), std::string::npos) << scene.said();
  EXPECT_EQ(scene.invariants.expired(), 2u);
}

// The same question at every look: an absence that was excused once is not excused for ever.
TEST(Invariants, AnAbsenceIsNotExcusedOnceTheCaWasReachableForLongEnough) {
  const std::vector<Interval> down = {{noon - 8h, noon + 1h}, {noon + 3h, noon + 4h}};
  Scene scene;
  const auto look = [&](Duration after) {
    scene.clock.advance_to(noon + after);
    scene.invariants.see_absence("app0 of host0", noon - Invariants::last_stretch, down);
    return scene.invariants.violations().size();
  };
  EXPECT_EQ(look(0h), 0u);  // the CA is away
  EXPECT_EQ(look(2h), 0u);  // it is back, for an hour
  EXPECT_EQ(look(8h + 59min), 0u);
  EXPECT_EQ(look(9h), 1u);  // five hours on end
  EXPECT_EQ(look(9h + 30min), 2u);
  EXPECT_NE(scene.said().find("app0 of host0 is absent or expired"), std::string::npos) << scene.said();
}

TEST(Invariants, AfterALongOutageEveryCertificateIsRenewed) {
  const Interval outage{noon - 30h, noon};
  Scene scene;
  scene.clock.advance_to(noon + Invariants::recovery_max);
  scene.invariants.see_recovered("app0 of host0", noon + 20h, outage);
  EXPECT_EQ(scene.said(), "");
  scene.invariants.see_recovered("app1 of host0", noon + Invariants::recovery_max, outage);
  EXPECT_NE(scene.said().find("app1 of host0 is not renewed 5h after the end of an outage of 1d 6h"), std::string::npos)
      << scene.said();
}

}  // namespace
}  // namespace crest::sim
