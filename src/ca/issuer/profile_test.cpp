#include "ca/issuer/profile.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace crest::ca::issuer {
namespace {

const Time now = from_unix_seconds(1'767'225'600) + Duration(789);  // 2026-01-01T00:00:00.789Z
const Validity issuer{now - 30 * 24h, from_unix_seconds(1'767'225'600) + 365 * 24h};

TEST(Profile, X509_03_SF81_SF82_V20_TheDefaultDates) {
  Profile profile{.life = 160h, .life_max = 200h, .backdate = 0s};
  auto dates = validity_for({}, profile, issuer, now).value();
  EXPECT_EQ(to_rfc3339(dates.not_before), "2026-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(dates.not_after), "2026-01-07T15:59:59Z");
  profile.backdate = 60s;
  dates = validity_for({}, profile, issuer, now).value();
  EXPECT_EQ(to_rfc3339(dates.not_before), "2025-12-31T23:59:00Z");
  EXPECT_EQ(to_rfc3339(dates.not_after), "2026-01-07T15:58:59Z");
}

TEST(Profile, X509_04_DatesStayInsideTheIssuers) {
  const Profile profile{.life = 24h, .backdate = 1h};
  const Validity young{from_unix_seconds(1'767'225'600) - 60s, now + 10 * 24h};
  EXPECT_EQ(validity_for({}, profile, young, now)->not_before, young.not_before);
  const Validity old{now - 10 * 24h, from_unix_seconds(1'767'225'600) + 1h};
  EXPECT_EQ(validity_for({}, profile, old, now)->not_after, old.not_after);
  for (const auto& unusable : {Validity{now + 1h, now + 2h}, Validity{now - 2h, now - 1h}}) {
    const auto dates = validity_for({}, profile, unusable, now);
    ASSERT_FALSE(dates);
    EXPECT_EQ(dates.error().kind, ErrorKind::clock_suspect);
    EXPECT_EQ(dates.error().problem, nullptr);
  }
}

TEST(Profile, SF35_RequestedDatesAreKeptOrRefusedNeverCut) {
  const Profile profile;
  const Time end = from_unix_seconds(1'767'225'600) + 3h;
  EXPECT_EQ(validity_for({.not_after = end}, profile, issuer, now)->not_after, end);
  EXPECT_FALSE(validity_for({.not_after = end}, profile, issuer, end));
  EXPECT_FALSE(validity_for({.not_after = issuer.not_after + 1s}, profile, issuer, now));
}

TEST(Profile, SF36_ThePinChangesWithEverySetting) {
  const Profile profile;
  auto pins = std::vector<std::string>{profile.pin()};
  const auto with = [&](auto change) {
    Profile other = profile;
    change(other);
    pins.push_back(other.pin());
  };
  with([](Profile& p) { p.life = 1h; });
  with([](Profile& p) { p.life_max = 30h; });
  with([](Profile& p) { p.backdate = 0s; });
  with([](Profile& p) { p.name = "other"; });
  with([](Profile& p) { p.key_usage = 5; });
  with([](Profile& p) { p.extended_usages.push_back(x509::ExtendedUsage::client_auth); });
  with([](Profile& p) { p.key_types = {crypto::KeyType::ec_p256}; });
  with([](Profile& p) { p.must_staple = true; });
  with([](Profile& p) { p.common_name = true; });
  with([](Profile& p) { p.hosts = false; });
  with([](Profile& p) { p.wildcards = false; });
  with([](Profile& p) { p.addresses = false; });
  with([](Profile& p) { p.issuer = "hsm"; });
  with([](Profile& p) { p.extensions = {x509::extra_extension("1.2.3", false, Bytes{5, 0}).value()}; });
  with([](Profile& p) { p.extensions = {x509::extra_extension("1.2.3", true, Bytes{5, 0}).value()}; });
  std::ranges::sort(pins);
  EXPECT_EQ(std::ranges::adjacent_find(pins), pins.end());
  EXPECT_EQ(Profile{}.pin(), profile.pin());
  Profile told = profile;
  told.description = "what people read is no part of a certificate";
  EXPECT_EQ(told.pin(), profile.pin());
  EXPECT_EQ(name_in_pin(profile.pin()), "default");
}

TEST(Profile, X509_09_KeyEnciphermentIsForRsaAlone) {
  Profile profile{.key_usage = 5};
  EXPECT_EQ(profile.usage_for(crypto::KeyType::rsa_3072), 5u);
  EXPECT_EQ(profile.usage_for(crypto::KeyType::ec_p256), 1u);
  EXPECT_EQ(profile.usage_for(crypto::KeyType::ed25519), 1u);
}

TEST(Profile, TheFirstNameThatFitsIsTheCommonName) {
  const std::string longer = std::string(60, 'a') + ".corp.example";
  const std::vector<x509::SubjectName> names = {{x509::SubjectName::Type::dns, longer},
                                                {x509::SubjectName::Type::dns, "a.corp.example"},
                                                {x509::SubjectName::Type::ip, "10.0.0.1"}};
  Profile profile;
  EXPECT_EQ(profile.common_name_for(names), "");
  profile.common_name = true;
  EXPECT_EQ(profile.common_name_for(names), "a.corp.example");
  EXPECT_EQ(profile.common_name_for({names[0]}), "");
}

TEST(Profile, WhatNoProfileMaySay) {
  using Change = void (*)(Profile&);
  const std::pair<const char*, Change> cases[] = {
      {"name", [](Profile& p) { p.name = "a:b"; }},
      {"life", [](Profile& p) { p.life = 10s; }},
      {"life", [](Profile& p) { p.life = 8 * 24h; }},
      {"life_max", [](Profile& p) { p.life_max = 4000 * 24h; }},
      {"backdate", [](Profile& p) { p.backdate = 9h; }},
      {"backdate", [](Profile& p) { p.backdate = -1s; }},
      {"keys", [](Profile& p) { p.key_types = {}; }},
      {"key_usages", [](Profile& p) { p.key_usage = 4; }},
      {"key_usages", [](Profile& p) { p.key_usage = 1 | 32; }},
      {"usages", [](Profile& p) { p.extended_usages = {}; }},
      {"names", [](Profile& p) { p.hosts = p.wildcards = p.addresses = false; }}};
  const Profile good{.key_types = {crypto::KeyType::ec_p256}};
  EXPECT_TRUE(faults_of(good).empty());
  for (const auto& [option, change] : cases) {
    Profile bad = good;
    change(bad);
    const auto faults = faults_of(bad);
    ASSERT_FALSE(faults.empty()) << option;
    EXPECT_EQ(faults.front().option, option);
  }
}

}  // namespace
}  // namespace crest::ca::issuer
