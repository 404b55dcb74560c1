#include "ca/va/dns01.hpp"

#include <gtest/gtest.h>

#include "acme/authorization.hpp"
#include "acme/challenge.hpp"
#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"

namespace crest::ca::va {
namespace {

using dns::RecordType;
using testing::FakeResolver;
using testing::ManualClock;

// V6: token and account key of the vectors, and the value that they give.
const std::string key_authorization =
    "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";
const std::string value = acme::txt_value(key_authorization);
const std::string account = "https://ca.test/acme/corp/account/1";

class Dns01Test : public ::testing::Test {
 protected:
  FakeResolver resolver;
  ManualClock clock;

  Verdict validate(const std::string& name, std::string_view method = acme::dns_01,
                   acme::IdentifierType type = acme::IdentifierType::dns) {
    const Dns01 dns01({}, {resolver, clock});
    return dns01.validate({.identifier = {type, name},
                           .key_authorization = key_authorization,
                           .method = std::string(method),
                           .account_url = account},
                          {});
  }
  static std::string word(const Verdict& verdict) {
    return verdict.problem ? std::string(verdict.problem->acme_word()) : "valid";
  }
  static std::string detail(const Verdict& verdict) { return verdict.problem ? verdict.problem->detail.raw() : ""; }
};

TEST_F(Dns01Test, V6_DNS_01_DNS_02_DNS_03_TheDigestAtTheName) {
  resolver.add_txt("_acme-challenge.a.example", value);
  EXPECT_EQ(word(validate("a.example")), "valid");
  EXPECT_EQ(word(validate("*.a.example")), "valid");
  ASSERT_EQ(resolver.queries.size(), 2u);
  EXPECT_EQ(resolver.queries[0], std::pair(std::string("_acme-challenge.a.example"), RecordType::TXT));
  EXPECT_EQ(resolver.queries[1], resolver.queries[0]);
}

TEST_F(Dns01Test, SF48_DNS_03_AnyOfManyRecords) {
  for (int i = 0; i < 50; ++i) resolver.add_txt("_acme-challenge.a.example", "other" + std::to_string(i));
  EXPECT_EQ(word(validate("a.example")), "unauthorized");
  resolver.add_txt("_acme-challenge.a.example", value);
  EXPECT_EQ(word(validate("a.example")), "valid");
}

TEST_F(Dns01Test, SF48_OnlyTheExactValue) {
  std::string capital = value;
  capital[0] = capital[0] == 'a' ? 'A' : 'a';
  for (const std::string& wrong : {std::string(), value + " ", " " + value, value + "=", value.substr(1), value + value,
                                   capital, "\"" + value + "\"", key_authorization}) {
    resolver.records.clear();
    resolver.add_txt("_acme-challenge.a.example", wrong);
    const auto verdict = validate("a.example");
    EXPECT_EQ(word(verdict), "unauthorized") << wrong;
    EXPECT_FALSE(verdict.transient);
    EXPECT_NE(detail(verdict).find("_acme-challenge.a.example"), std::string::npos) << detail(verdict);
  }
}

TEST_F(Dns01Test, DNS_04_StringsOfARecordAreJoined) {
  resolver.add_txt("_acme-challenge.a.example", value, 7);
  EXPECT_EQ(word(validate("a.example")), "valid");
  resolver.records.clear();
  resolver.add_txt("_acme-challenge.a.example", value.substr(0, 20));
  resolver.add_txt("_acme-challenge.a.example", value.substr(20));
  EXPECT_EQ(word(validate("a.example")), "unauthorized");  // two records are two values
}

TEST_F(Dns01Test, DNS_04_AliasesAreFollowed) {
  resolver.aliases["_acme-challenge.a.example"] = "a.challenges.example";
  resolver.aliases["a.challenges.example"] = "b.challenges.example";
  resolver.add_txt("b.challenges.example", value);
  EXPECT_EQ(word(validate("a.example")), "valid");
  resolver.aliases["b.challenges.example"] = "a.challenges.example";
  EXPECT_EQ(word(validate("a.example")), "dns");
}

TEST_F(Dns01Test, SF48_BrokenRecordsDoNotSpoilTheOthers) {
  auto& records = resolver.records[{"_acme-challenge.a.example", RecordType::TXT}];
  records = {Bytes{}, Bytes{9, 'x'}, Bytes(300, 255)};
  EXPECT_EQ(word(validate("a.example")), "unauthorized");
  resolver.add_txt("_acme-challenge.a.example", value);
  EXPECT_EQ(word(validate("a.example")), "valid");
}

TEST_F(Dns01Test, DNS_10_NothingThereAndNoAnswer) {
  const auto absent = validate("a.example");
  EXPECT_EQ(word(absent), "unauthorized");
  EXPECT_FALSE(absent.transient);
  EXPECT_NE(detail(absent).find("_acme-challenge.a.example does not exist"), std::string::npos) << detail(absent);
  resolver.records[{"_acme-challenge.b.example", RecordType::CAA}] = {};
  EXPECT_NE(detail(validate("b.example")).find("has no TXT record"), std::string::npos);
  resolver.broken.insert("_acme-challenge.c.example");
  const auto broken = validate("c.example");
  EXPECT_EQ(word(broken), "dns");
  EXPECT_TRUE(broken.transient);
  EXPECT_NE(detail(broken).find("_acme-challenge.c.example"), std::string::npos) << detail(broken);
  EXPECT_NE(detail(broken).find("SERVFAIL"), std::string::npos) << detail(broken);
}

TEST_F(Dns01Test, SF45_WhatDnsSaysIsQuotedShortAndSanitised) {
  resolver.add_txt("_acme-challenge.a.example", "\x1b[31mred\r\n" + std::string(200, 'x'), 200);
  const auto text = detail(validate("a.example"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_LT(text.size(), 400u);
}

TEST_F(Dns01Test, DNS_09_NeverForAddresses) {
  EXPECT_EQ(word(validate("192.0.2.1", acme::dns_01, acme::IdentifierType::ip)), "malformed");
  EXPECT_TRUE(resolver.queries.empty());
}

TEST_F(Dns01Test, DNA_01_DNA_02_TheLabelOfTheAccountInFront) {
  const std::string name = acme::dns_account01_label(account) + "._acme-challenge.a.example";
  resolver.add_txt("_acme-challenge.a.example", value);
  const auto absent = validate("a.example", acme::dns_account_01);
  EXPECT_EQ(word(absent), "unauthorized");
  EXPECT_NE(detail(absent).find(account), std::string::npos) << detail(absent);
  EXPECT_NE(detail(absent).find(name), std::string::npos) << detail(absent);
  resolver.add_txt(name, value);
  EXPECT_EQ(word(validate("a.example", acme::dns_account_01)), "valid");
  EXPECT_EQ(word(validate("*.a.example", acme::dns_account_01)), "valid");
}

// SF49: whatever the name and the account, the underscore labels stand in front.
TEST_F(Dns01Test, SF49_EveryQueryIsUnderTheUnderscoreLabel) {
  for (int i = 0; i < 200; ++i) {
    const std::string name = std::string(1 + i % 60, 'a') + "." + std::string(1 + i % 7, 'b') + ".example";
    const bool wildcard = i % 2 == 0;
    const auto method = i % 3 == 0 ? acme::dns_account_01 : acme::dns_01;
    resolver.queries.clear();
    validate((wildcard ? "*." : "") + name, method);
    ASSERT_EQ(resolver.queries.size(), 1u);
    const auto& asked = resolver.queries[0].first;
    EXPECT_TRUE(asked.ends_with("_acme-challenge." + name)) << asked;
    if (method == acme::dns_account_01) {
      EXPECT_TRUE(asked.starts_with("_")) << asked;
      EXPECT_EQ(asked.find('.'), 17u) << asked;
    } else {
      EXPECT_EQ(asked, "_acme-challenge." + name);
    }
  }
}

}  // namespace
}  // namespace crest::ca::va
