// The process dies, or the disk fails, at every change it makes to the disk: promises 1, 3, 4, 8 and 9 of faults.md.
#include <gtest/gtest.h>

#include "client/certificate_meta.hpp"
#include "client/testing/rig.hpp"

namespace crest::client {
namespace {

using testing::Died;
using testing::MemoryDisk;
using testing::Rig;

constexpr std::string_view name = "app.corp.example";
constexpr std::string_view folder = "certificates/app.corp.example/";

std::optional<x509::Chain> live_chain(Rig& rig) {
  const auto pair = rig.vault->live(name);
  EXPECT_TRUE(pair) << pair.error().describe();
  if (!pair || !*pair) return std::nullopt;
  const auto key = crypto::PrivateKey::from_pem((*pair)->key_pem.reveal());
  const auto chain = x509::Chain::from_pem((*pair)->chain_pem);
  EXPECT_TRUE(key && chain);
  if (!key || !chain) return std::nullopt;
  EXPECT_EQ(key->public_key(), chain->leaf().public_key()) << "the live pair always matches";
  return *chain;
}

// Every key that is on the disk, in records and generations.
std::vector<crypto::PublicKey> keys_on_disk(Rig& rig) {
  std::vector<crypto::PublicKey> keys;
  const auto add = [&](std::string_view pem) {
    if (const auto key = crypto::PrivateKey::from_pem(pem)) keys.push_back(key->public_key());
  };
  for (const auto& [path, text] : rig.disk.files())
    if (path.ends_with("/privkey.pem")) add(text);
  const auto record = load_order(*rig.vault, name);
  EXPECT_TRUE(record) << record.error().describe();
  if (record && *record) add((*record)->key_pem.reveal());
  return keys;
}

void expect_nothing_lost(Rig& rig, const std::string& when) {
  const auto keys = keys_on_disk(rig);
  const auto& issued = rig.ca.issued;
  for (std::size_t i = issued.size() > 2 ? issued.size() - 2 : 0; i < issued.size(); ++i)  // older ones are replaced
    EXPECT_TRUE(std::find(keys.begin(), keys.end(), issued[i].public_key()) != keys.end())
        << when << ": the key behind an issued certificate is never lost";
  for (const auto& [path, mode] : rig.disk.modes()) EXPECT_EQ(mode, 0600u) << path;  // CF56
}

struct Crash {
  const char* label;
  MemoryDisk::At at;
  bool power;  // what was not synced goes, too
};

class CrashTest : public ::testing::TestWithParam<Crash> {};

// With `renewals` certificates there already: dies at change `index`, starts again, and again, until it has one.
// Returns whether it died at all.
bool die_once(const Crash& crash, std::size_t index, int renewals) {
  Rig rig;
  for (int i = 0; i < renewals; ++i) EXPECT_TRUE(rig.obtain());
  const auto before = live_chain(rig);
  rig.disk.arm(crash.at, index);
  bool died = false;
  try {
    EXPECT_TRUE(rig.obtain());
  } catch (const Died&) {
    died = true;
  }
  rig.disk.disarm();
  if (crash.power) rig.disk.power_cut();
  rig.forget_proofs();
  rig.start();
  const std::string when = std::string(crash.label) + " at change " + std::to_string(index);
  expect_nothing_lost(rig, when);
  const auto after = live_chain(rig);
  if (before) {
    EXPECT_TRUE(after) << when << ": a pair that was live stays, or a newer one took its place";
  }
  if (!died) return false;

  const std::size_t issued = rig.ca.issued.size();
  const auto resumed = rig.open(Rig::request());
  EXPECT_TRUE(resumed) << when << ": " << resumed.error().describe();
  const auto again = rig.run(**resumed);
  EXPECT_TRUE(again) << when << ": " << again.error().describe();
  expect_nothing_lost(rig, when);
  const auto final = live_chain(rig);
  EXPECT_TRUE(final && final->leaf().serial_hex() == rig.ca.issued.back().serial_hex()) << when;
  EXPECT_LE(rig.ca.count("POST newOrder"), static_cast<std::size_t>(renewals) + 2) << when;
  EXPECT_LE(rig.ca.issued.size(), std::max(issued, static_cast<std::size_t>(renewals) + 1) + 1) << when;
  EXPECT_EQ(rig.ca.accounts.size(), 1u) << when << ": one account, whenever it died (CF35)";
  EXPECT_EQ(rig.ca.reused_nonces, 0) << when;
  return true;
}

TEST_P(CrashTest, CF50_CF52_NothingIsLostWhereverTheFirstIssuanceDies) {
  std::size_t index = 0;
  while (die_once(GetParam(), index, 0)) ++index;
  EXPECT_GT(index, 40u);
}

TEST_P(CrashTest, CF50_CF52_NothingIsLostWhereverARenewalDies) {
  std::size_t index = 0;
  while (die_once(GetParam(), index, 3)) ++index;  // old generations are being removed, too
  EXPECT_GT(index, 40u);
}

INSTANTIATE_TEST_SUITE_P(Every, CrashTest,
                         ::testing::Values(Crash{"killed after", MemoryDisk::At::die_after, false},
                                           Crash{"power cut after", MemoryDisk::At::die_after, true}),
                         [](const ::testing::TestParamInfo<Crash>& crash) {
                           std::string label = crash.param.label;
                           std::replace(label.begin(), label.end(), ' ', '_');
                           return label;
                         });

TEST(DiskFaults, CF53_ADiskThatFillsUpLeavesTheOldPairAsItWas) {
  for (std::size_t index = 0;; ++index) {
    Rig rig;
    ASSERT_TRUE(rig.obtain());
    std::map<std::string, std::string> before;
    for (const auto& [path, text] : rig.disk.files())
      if (path.starts_with(folder)) before[path] = text;
    const std::string serial = live_chain(rig)->leaf().serial_hex();

    rig.disk.arm(MemoryDisk::At::fail, index);
    const auto refused = rig.obtain();
    const bool failed = !refused;
    rig.disk.disarm();
    if (!failed) {
      EXPECT_GT(index, 30u);
      break;
    }
    EXPECT_EQ(refused.error().kind, ErrorKind::storage) << index << ": " << refused.error().describe();
    for (const auto& [path, text] : before) EXPECT_EQ(rig.disk.files()[path], text) << index << " " << path;
    const std::string live = live_chain(rig)->leaf().serial_hex();  // the new one, when the last sync of all failed
    EXPECT_TRUE(live == serial || live == rig.ca.issued.back().serial_hex()) << index;
    expect_nothing_lost(rig, "full at change " + std::to_string(index));
    for (const auto& [path, text] : rig.disk.files()) {
      EXPECT_FALSE(text.empty() && !path.starts_with("locks/")) << index << ": a file without octets: " << path;
    }
    ASSERT_TRUE(rig.obtain()) << index;  // room again: it goes on
  }
}

// The disk fails at change `failing` of a first issuance; the next run dies at change `dying`, and the power with it.
// Returns whether that next run died at all.
bool die_after_failure(std::size_t failing, std::size_t dying) {
  Rig rig;
  rig.disk.arm(MemoryDisk::At::fail, failing);
  EXPECT_FALSE(rig.obtain());
  rig.disk.arm(MemoryDisk::At::die_before, dying);
  bool died = false;
  try {
    rig.forget_proofs();
    rig.start();
    EXPECT_TRUE(rig.obtain());
  } catch (const Died&) {
    died = true;
  }
  rig.disk.disarm();
  rig.disk.power_cut();
  rig.start();
  const std::string when = "failed at " + std::to_string(failing) + ", died at " + std::to_string(dying);
  expect_nothing_lost(rig, when);
  const auto record = load_order(*rig.vault, name);
  const bool resumes = record && *record && !(*record)->order_url.empty();
  EXPECT_TRUE(live_chain(rig) || resumes) << when << ": neither the certificate nor the way to get it is there";
  return died;
}

TEST(DiskFaults, CF53_WhatWasSwappedButNotSyncedIsNotTakenForPublished) {
  for (std::size_t failing = 0;; ++failing) {
    Rig rig;
    rig.disk.arm(MemoryDisk::At::fail, failing);
    if (rig.obtain()) break;
    rig.disk.disarm();
    const auto live = rig.vault->live(name);
    if (!live || !*live) continue;
    std::size_t dying = 0;
    while (die_after_failure(failing, dying)) ++dying;
    EXPECT_GT(dying, 3u);
    return;
  }
  FAIL() << "no failing change left a swapped, unsynced generation";
}

TEST(Restarts, Promise9_ACrashLoopMakesFewOrders) {
  for (std::size_t at = 10; at < 30; at += 6) {
    Rig rig;
    bool issued = false;
    for (int restart = 0; restart < 200 && !issued; ++restart) {
      rig.disk.arm(MemoryDisk::At::die_before, at);
      try {
        auto issuance = rig.open(Rig::request());
        const bool waits = issuance && (*issuance)->not_before() && *(*issuance)->not_before() > rig.clock.now();
        issued = issuance && !waits && rig.run(**issuance).has_value();
      } catch (const Died&) {
      }
      rig.disk.disarm();
      rig.disk.power_cut();
      rig.forget_proofs();
      rig.start();
      rig.clock.advance(10s);                                        // as a service manager does
      issued = issued || rig.vault->live(name).value().has_value();  // then nobody asks for another
    }
    EXPECT_LE(rig.ca.count("POST newOrder"), 10u) << at;
    EXPECT_LE(rig.ca.accounts.size(), 1u) << at;
    expect_nothing_lost(rig, "after the loop");
  }
}

}  // namespace
}  // namespace crest::client
