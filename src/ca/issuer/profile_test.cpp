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
  std::ranges::sort(pins);
  EXPECT_EQ(std::ranges::adjacent_find(pins), pins.end());
  EXPECT_EQ(Profile{}.pin(), profile.pin());
}

}  // namespace
}  // namespace crest::ca::issuer
