#include "ca/va/dns_persist01.hpp"

#include <gtest/gtest.h>

#include "acme/challenge.hpp"
#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"

namespace crest::ca::va {
namespace {

using testing::FakeResolver;
using testing::ManualClock;

const std::string account = "https://ca.example/acct/123";
const std::string good = "ca.example; accounturi=" + account;

class DnsPersist01Test : public ::testing::Test {
 protected:
  FakeResolver resolver;
  ManualClock clock;
  DnsPersist01::Options options{.issuer_names = {"ca.example", "ca2.example"}};

  DnsPersist01Test() { resolver.ttl_seconds = 3600; }

  Verdict validate(bool wildcard = false, const std::string& name = "example.com") {
    const DnsPersist01 method(options, {resolver, clock});
    return method.validate({.identifier = {.value = name},
                            .key_authorization = "token.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
                            .method = "dns-persist-01",
                            .wildcard = wildcard,
                            .account_url = account},
                           {});
  }
  Verdict with(const std::vector<std::string>& records, bool wildcard = false) {
    resolver.records.clear();
    for (const auto& record : records) resolver.add_txt("_validation-persist.example.com", record);
    return validate(wildcard);
  }
  static std::string word(const Verdict& verdict) {
    return verdict.problem ? std::string(verdict.problem->acme_word()) : "valid";
  }
  static std::string detail(const Verdict& verdict) { return verdict.problem ? verdict.problem->detail.raw() : ""; }
};

TEST_F(DnsPersist01Test, DNP_02_DNP_03_OwnIssuerAndEqualAccount) {
  const struct {
    std::string record;
    const char* word;
  } cases[] = {{good, "valid"},
               {"CA.Example; AccountURI=" + account, "valid"},
               {"ca2.example;accounturi=" + account, "valid"},
               {"  ca.example ;\taccounturi = " + account, "valid"},
               {"ca.example; accounturi=https://ca.example/acct/124", "unauthorized"},
               {"ca.example; accounturi=HTTPS://ca.example/acct/123", "unauthorized"},
               {"ca.example; accounturi=" + account + "/", "unauthorized"},
               {"other.example; accounturi=" + account, "unauthorized"},
               {"; accounturi=" + account, "unauthorized"},
               {"sub.ca.example; accounturi=" + account, "unauthorized"},
               {"ca.example", "malformed"},
               {"ca.example; accounturi", "malformed"},
               {"ca.example accounturi=" + account, "unauthorized"},
               {"ca.example; accounturi=a b", "malformed"},
               {"", "unauthorized"},
               {"v=spf1 -all", "unauthorized"}};
  for (const auto& [record, expected] : cases) {
    const auto verdict = with({record});
    EXPECT_EQ(word(verdict), expected) << record << ": " << detail(verdict);
    EXPECT_FALSE(verdict.transient);
    if (verdict.problem) {
      EXPECT_NE(detail(verdict).find("_validation-persist.example.com"), std::string::npos) << detail(verdict);
      EXPECT_NE(detail(verdict).find(good), std::string::npos) << detail(verdict);  // what to write
    }
  }
}

TEST_F(DnsPersist01Test, DNP_04_WildcardsNeedThePolicy) {
  EXPECT_EQ(word(with({good}, true)), "unauthorized");
  EXPECT_EQ(word(with({good + "; policy=wildcard"}, true)), "valid");
  EXPECT_EQ(word(with({good + "; POLICY=WildCard"}, true)), "valid");
  EXPECT_EQ(word(with({good + "; policy=wildcard"}, false)), "valid");
  EXPECT_EQ(word(with({good + "; policy=other"}, true)), "unauthorized");
  EXPECT_EQ(word(with({good + "; policy=other"}, false)), "valid");
}

TEST_F(DnsPersist01Test, DNP_05_PersistUntil) {
  const auto at = [&](Duration span) { return std::to_string(unix_seconds(clock.now() + span)); };
  EXPECT_EQ(word(with({good + "; persistUntil=" + at(1h)})), "valid");
  EXPECT_EQ(word(with({good + "; persistuntil=" + at(0s)})), "unauthorized");
  EXPECT_EQ(word(with({good + "; persistUntil=" + at(-1s)})), "unauthorized");
  EXPECT_EQ(word(with({good + "; persistUntil=0"})), "unauthorized");
  EXPECT_EQ(word(with({good + "; persistUntil=9223372036854775807"})), "valid");
  for (const char* bad : {"", "-1", "+1", "1.5", "2026-01-01", "1e9", "0x10", "9223372036854775808", "12a"}) {
    EXPECT_EQ(word(with({good + "; persistUntil=" + bad})), "malformed") << bad;
  }
}

TEST_F(DnsPersist01Test, DNP_06_KnownTagsOnceUnknownTagsIgnored) {
  EXPECT_EQ(word(with({good + "; accounturi=" + account})), "malformed");
  EXPECT_EQ(word(with({good + "; policy=wildcard; Policy=wildcard"})), "malformed");
  EXPECT_EQ(word(with({good + "; persistUntil=4000000000; persistUntil=4000000000"})), "malformed");
  EXPECT_EQ(word(with({good + "; x=1; x=2; unknown="})), "valid");
}

TEST_F(DnsPersist01Test, DNP_07_OneGoodRecordSuffices) {
  EXPECT_EQ(word(with({"other.example; accounturi=" + account, good})), "valid");
  EXPECT_EQ(word(with({"ca.example; accounturi=x; accounturi=y", good})), "valid");
  EXPECT_EQ(word(with({"%%%", "", good, "ca.example"})), "valid");
  EXPECT_EQ(word(with({"ca.example; accounturi=https://x.example/1", "ca.example"})), "malformed");
}

TEST_F(DnsPersist01Test, DNP_08_ReuseIsCapped) {
  EXPECT_EQ(with({good}).reusable_for, 1h);
  resolver.ttl_seconds = 100 * 86'400;
  EXPECT_EQ(with({good}).reusable_for, DnsPersist01::reuse_max);
  const auto soon = std::to_string(unix_seconds(clock.now() + 2h));
  EXPECT_EQ(with({good + "; persistUntil=" + soon}).reusable_for, 2h);
  resolver.ttl_seconds = 0;
  EXPECT_EQ(with({good}).reusable_for, DnsPersist01::reuse_min);
  EXPECT_FALSE(with({"x"}).reusable_for);
}

TEST_F(DnsPersist01Test, V9_DNP_09_TheHashOfDraft02OnlyWhenSwitchedOn) {
  const std::string bound = "sha-256/5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw";
  const std::string any = "sha-256/NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug";
  EXPECT_EQ(word(with({"ca.example; accounturi=" + bound})), "unauthorized");
  options.draft = DnsPersist01::Draft::draft_02;
  EXPECT_EQ(word(with({"ca.example; accounturi=" + bound})), "valid");
  EXPECT_EQ(word(with({"ca.example; accounturi=" + any})), "valid");
  EXPECT_EQ(word(with({good})), "malformed");  // raw URLs
  EXPECT_EQ(word(with({"ca.example; accounturi=sha-512/abc"})), "malformed");
  EXPECT_EQ(word(with({"ca.example; accounturi=sha-256/abc"})), "unauthorized");
  options.account_hash_prefix = "acct:";
  EXPECT_EQ(word(with({"ca.example; accounturi=" + bound})), "malformed");
  EXPECT_EQ(word(with({"ca.example; accounturi=acct:" + bound})), "valid");
  resolver.records.clear();
  resolver.add_txt("_validation-persist.other.example", "ca.example; accounturi=acct:" + bound);
  EXPECT_EQ(word(validate(false, "other.example")), "unauthorized");
}

TEST_F(DnsPersist01Test, DNS_04_LongRecordsAndAliases) {
  resolver.aliases["_validation-persist.example.com"] = "persist.example.net";
  resolver.add_txt("persist.example.net", good + "; note=" + std::string(400, 'x'));
  EXPECT_EQ(word(validate()), "valid");
}

TEST_F(DnsPersist01Test, DNS_10_NoAnswerIsWorthAnotherAttempt) {
  resolver.broken.insert("_validation-persist.example.com");
  const auto verdict = validate();
  EXPECT_EQ(word(verdict), "dns");
  EXPECT_TRUE(verdict.transient);
  options.issuer_names.clear();
  EXPECT_EQ(word(validate()), "serverInternal");
}

}  // namespace
}  // namespace crest::ca::va
