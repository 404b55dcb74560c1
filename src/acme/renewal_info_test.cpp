#include "acme/renewal_info.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "encoding/base64.hpp"
#include "x509/test_certificates.hpp"

namespace crest::acme {
namespace {

using encoding::Json;

Bytes key_id() { return *encoding::from_hex("000102030405060708090a0b0c0d0e0f10111213"); }

// RFC 9773 appendix A
constexpr std::string_view v15 = R"(-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
)";

TEST(CertId, V15a_ARI_01_OfACertificate) {
  const auto id = CertId::of(*x509::Certificate::from_pem(v15));
  ASSERT_TRUE(id);
  EXPECT_EQ(id->str(), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
  EXPECT_EQ(*CertId::parse(id->str()), *id);
}

TEST(CertId, V15b_ARI_01_SerialsKeepTheirSignOctet) {
  const std::pair<Bytes, const char*> table[] = {{{0x01}, "AQ"}, {{0x00, 0x80}, "AIA"}, {{0x7f, 0xff}, "f_8"}};
  for (const auto& [serial, text] : table) {
    const CertId id{.authority_key_id = key_id(), .serial = serial};
    EXPECT_EQ(id.str(), "AAECAwQFBgcICQoLDA0ODxAREhM." + std::string(text));
    EXPECT_EQ(*CertId::parse(id.str()), id);
  }
}

TEST(CertId, NoneWithoutAnAuthorityKeyIdentifier) {
  const x509::Certificate bare = x509::test::Raw{}.certificate();
  ASSERT_TRUE(bare.authority_key_id().empty());
  EXPECT_EQ(CertId::of(bare), std::nullopt);
}

TEST(CertId, ARI_18_RefusesWhatIsNoId) {
  for (const std::string& bad :
       {std::string(), std::string("."), std::string("AQ"), std::string(".AQ"), std::string("AQ."),
        std::string("AQ.AQ.AQ"), std::string("AQ==.AQ"), std::string("A+A.AQ"), std::string("AB.AQ"),
        std::string("AQ.AAE"), std::string("AQ.__8"), std::string(" AQ.AQ"), "AQ." + encoding::base64url(Bytes(21, 1)),
        encoding::base64url(Bytes(65, 1)) + ".AQ", std::string(5000, 'A') + ".AQ"}) {
    const auto id = CertId::parse(bad);
    ASSERT_FALSE(id) << bad.substr(0, 80);
    EXPECT_EQ(id.error().kind, ErrorKind::malformed);
  }
  EXPECT_TRUE(CertId::parse("AQ.AA"));  // serial 0: no good serial, but an id
}

TEST(RenewalInfo, UrlOfAnId) {
  const CertId id = *CertId::parse("AQ.AQ");
  EXPECT_EQ(renewal_info_url("https://ca.example/ari", id), "https://ca.example/ari/AQ.AQ");
  EXPECT_EQ(renewal_info_url("https://ca.example/ari/", id), "https://ca.example/ari/AQ.AQ");
}

Json window(const char* start, const char* end) {
  Json inner = Json::object();
  inner.set("start", start).set("end", end);
  Json json = Json::object();
  json.set("suggestedWindow", std::move(inner));
  return json;
}

TEST(RenewalInfo, ARI_02_JsonBothWays) {
  Json json = window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
  json.set("explanationURL", "https://ca.example/why");
  const auto info = renewal_info_from_json(json);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->start, x509::test::year_2026);
  EXPECT_EQ(info->end, x509::test::year_2026 + 24h);
  EXPECT_EQ(to_json(*info), json);
  for (const Json& odd : {Json(7), Json::array(), Json(std::string(3000, 'a')), Json()}) {
    const auto read = renewal_info_from_json(json.set("explanationURL", odd));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->explanation_url, std::nullopt);
  }
}

TEST(RenewalInfo, ARI_03_AWindowThatEndsBeforeItBeginsIsNone) {
  EXPECT_TRUE(renewal_info_from_json(window("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.001Z")));
  EXPECT_FALSE(renewal_info_from_json(window("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z")));
  EXPECT_FALSE(renewal_info_from_json(window("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z")));
  EXPECT_FALSE(renewal_info_from_json(window("2026-01-02", "2026-01-03T00:00:00Z")));
  for (const char* bad :
       {"[]", "{}", R"({"suggestedWindow":7})", R"({"suggestedWindow":{"start":"2026-01-01T00:00:00Z"}})"}) {
    const auto info = renewal_info_from_json(Json::parse(bad).value());
    ASSERT_FALSE(info) << bad;
    EXPECT_EQ(info.error().kind, ErrorKind::malformed);
  }
}

class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint8_t octet) : octet_(octet) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& octet : out) octet = octet_;
  }

 private:
  std::uint8_t octet_;
};

TEST(RenewalInfo, ARI_04_PicksInsideTheWindow) {
  const Time start = x509::test::year_2026;
  const RenewalInfo info{.start = start, .end = start + 2h, .explanation_url = std::nullopt};
  FixedRandom zero(0);
  EXPECT_EQ(pick_instant(info, zero), start);
  x509::test::CountingRandom random;
  Time first = info.end, last = start;
  for (int i = 0; i < 2000; ++i) {
    const Time picked = pick_instant(info, random);
    ASSERT_TRUE(start <= picked && picked <= info.end);
    first = std::min(first, picked), last = std::max(last, picked);
  }
  EXPECT_LT(first, start + 10min);
  EXPECT_GT(last, info.end - 10min);
  EXPECT_EQ(pick_instant({.start = start, .end = start, .explanation_url = std::nullopt}, random), start);
}

TEST(RenewalDue, V20_ENT_03_TwoThirdsOfTheInclusiveLife) {
  const Time start = x509::test::year_2026;
  EXPECT_EQ(to_rfc3339(renewal_due(start, *from_rfc3339("2026-03-31T23:59:59Z"))), "2026-03-02T00:00:00Z");
  EXPECT_EQ(to_rfc3339(renewal_due(start, *from_rfc3339("2026-01-07T15:59:59Z"))), "2026-01-05T10:40:00Z");  // 160 h
  EXPECT_EQ(to_rfc3339(renewal_due(start, *from_rfc3339("2026-02-16T23:59:59Z"))), "2026-02-01T08:00:00Z");  // 47 days
  EXPECT_EQ(renewal_due(start, start + 24h - 1s), start + 16h);
  EXPECT_EQ(renewal_due(start, start + 5min - 1s), start + 200s);
  EXPECT_EQ(renewal_due(start, start + 24h - 1s, 0.5), start + 12h);
}

TEST(RenewalDue, CF22_StaysSaneWithInsaneInput) {
  const Time start = x509::test::year_2026;
  EXPECT_EQ(renewal_due(start, start - 1s), start);
  EXPECT_EQ(renewal_due(start, start + 24h - 1s, 7), start + 24h);
  EXPECT_EQ(renewal_due(start, start + 24h - 1s, -1), start);
  EXPECT_EQ(renewal_due(start, start + 24h - 1s, std::numeric_limits<double>::quiet_NaN()), start + 16h);
  EXPECT_GT(renewal_due(*from_rfc3339("0001-01-01T00:00:00Z"), *from_rfc3339("9999-12-31T23:59:59Z")), start);
}

}  // namespace
}  // namespace crest::acme
