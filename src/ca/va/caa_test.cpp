#include "ca/va/caa.hpp"

#include <gtest/gtest.h>

#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"
#include "dns/caa.hpp"

namespace crest::ca::va {
namespace {

using dns::RecordType;
using testing::FakeResolver;
using testing::ManualClock;

const std::string mine = "ca.example.net", uri = "; accounturi=https://ca.example.net/acme/acct/";

struct Property {
  std::string tag, value;
  bool critical = false;
};

class CaaCheck : public ::testing::Test {
 protected:
  FakeResolver resolver;
  ManualClock clock;
  Caa::Options options{.identities = {mine}};

  void set(const std::string& name, const std::vector<Property>& properties) {
    auto& records = resolver.records[{name, RecordType::CAA}];
    records.clear();
    for (const auto& [tag, value, critical] : properties) records.push_back(dns::to_rdata({critical, tag, value}));
  }
  Verdict check(const std::string& name, bool wildcard = false, const std::string& method = "dns-01") {
    const Caa caa(options, {resolver, clock});
    return caa.check({.identifier = {.value = name},
                      .method = method,
                      .wildcard = wildcard,
                      .account_url = "https://ca.example.net/acme/acct/1"},
                     {});
  }
  static std::string word(const Verdict& verdict) {
    return verdict.problem ? std::string(verdict.problem->acme_word()) : "allowed";
  }
  std::vector<std::string> asked() const {
    std::vector<std::string> names;
    for (const auto& [name, type] : resolver.queries) names.push_back(name);
    return names;
  }
};

TEST_F(CaaCheck, CAA_16_TheWholeMatrixAtEachHeight) {
  const struct {
    const char* what;
    std::vector<Property> set;
    bool name, wildcard;
  } cases[] = {
      {"none", {}, true, true},
      {"ours", {{"issue", mine}}, true, true},
      {"nobody", {{"issue", ";"}}, false, false},
      {"other", {{"issue", "other.example"}}, false, false},
      {"other and ours", {{"issue", "other.example"}, {"issue", "CA.Example.NET"}}, true, true},
      {"no wildcards", {{"issue", mine}, {"issuewild", ";"}}, true, false},
      {"wildcards only said", {{"issuewild", mine}}, true, true},
      {"wildcards only", {{"issue", ";"}, {"issuewild", mine}}, false, true},
      {"iodef", {{"iodef", "mailto:a@example"}}, true, true},
      {"critical unknown", {{"tbs", "x", true}, {"issue", mine}}, false, false},
      {"unknown", {{"tbs", "x"}, {"issue", mine}}, true, true},
      {"malformed", {{"issue", "%%%%%"}}, false, false},
      {"account", {{"issue", mine + uri + "1"}}, true, true},
      {"other account", {{"issue", mine + uri + "2"}}, false, false},
      {"account twice", {{"issue", mine + uri + "1" + uri + "1"}}, false, false},
      {"methods", {{"issue", mine + "; validationmethods=http-01,dns-01"}}, true, true},
      {"other methods", {{"issue", mine + "; validationmethods=http-01"}}, false, false},
      {"unknown parameter", {{"issue", mine + "; unknownparam=1"}}, true, true},
  };
  for (const auto& row : cases) {
    for (const char* at : {"www.corp.example", "corp.example", "example"}) {
      resolver.records.clear();
      set(at, row.set);
      EXPECT_EQ(word(check("www.corp.example")), row.name ? "allowed" : "caa") << row.what << " at " << at;
      EXPECT_EQ(word(check("www.corp.example", true)), row.wildcard ? "allowed" : "caa") << row.what << " at " << at;
    }
  }
  resolver.broken_types.insert({"www.corp.example", RecordType::CAA});
  for (const bool wildcard : {false, true}) {
    const auto verdict = check("www.corp.example", wildcard);
    EXPECT_EQ(word(verdict), "dns");
    EXPECT_TRUE(verdict.transient);
  }
}

TEST_F(CaaCheck, CAA_02_ClimbsToTheTopLevelAndNotToTheRoot) {
  EXPECT_EQ(word(check("a.b.corp.example")), "allowed");
  EXPECT_EQ(asked(), (std::vector<std::string>{"a.b.corp.example", "b.corp.example", "corp.example", "example"}));
}

TEST_F(CaaCheck, CAA_02_TheNearestSetDecides) {
  set("corp.example", {{"issue", mine}});
  set("example", {{"issue", ";"}});
  EXPECT_EQ(word(check("a.b.corp.example")), "allowed");
  EXPECT_EQ(asked().back(), "corp.example");
  set("b.corp.example", {{"iodef", "mailto:a@example"}});  // restricts nothing, and hides what stands above
  set("corp.example", {{"issue", ";"}});
  EXPECT_EQ(word(check("a.b.corp.example")), "allowed");
}

TEST_F(CaaCheck, CAA_03_AliasesAreFollowedAndTheParentIsTheNamesOwn) {
  resolver.aliases["www.corp.example"] = "host.cdn.example";
  set("host.cdn.example", {{"issue", ";"}});
  const auto denied = check("www.corp.example");
  EXPECT_EQ(word(denied), "caa");
  EXPECT_NE(denied.problem->detail.raw().find("host.cdn.example"), std::string::npos) << denied.problem->detail.raw();
  resolver.records.clear();
  set("cdn.example", {{"issue", ";"}});  // the alias' parent: never asked
  set("corp.example", {{"issue", mine}});
  resolver.queries.clear();
  EXPECT_EQ(word(check("www.corp.example")), "allowed");
  EXPECT_EQ(asked(), (std::vector<std::string>{"www.corp.example", "corp.example"}));
}

TEST_F(CaaCheck, CAA_04_WildcardsBeginAtTheBase) {
  EXPECT_EQ(word(check("corp.example", true)), "allowed");
  EXPECT_EQ(asked(), (std::vector<std::string>{"corp.example", "example"}));
}

TEST_F(CaaCheck, SF50_CAA_13_AnErrorNearerThanTheFirstSetForbids) {
  set("corp.example", {{"issue", mine}});
  resolver.broken_types.insert({"b.corp.example", RecordType::CAA});
  const auto verdict = check("a.b.corp.example");
  EXPECT_EQ(word(verdict), "dns");
  EXPECT_TRUE(verdict.transient);
  EXPECT_NE(verdict.problem->detail.raw().find("b.corp.example"), std::string::npos);
  resolver.broken_types = {{"example", RecordType::CAA}};  // above the first set: nobody's business
  EXPECT_EQ(word(check("a.b.corp.example")), "allowed");
}

TEST_F(CaaCheck, CAA_08_RecordsThatCannotBeReadForbid) {
  resolver.records[{"corp.example", RecordType::CAA}] = {Bytes{0}, dns::to_rdata({false, "issue", mine})};
  EXPECT_EQ(word(check("corp.example")), "caa");
}

TEST_F(CaaCheck, CAA_12_TheMethodThatWasUsed) {
  set("corp.example", {{"issue", mine + "; validationmethods=tls-alpn-01"}});
  EXPECT_EQ(word(check("corp.example", false, "tls-alpn-01")), "allowed");
  EXPECT_EQ(word(check("corp.example", false, "http-01")), "caa");
}

TEST_F(CaaCheck, CAA_15_ADenialNamesIdentifierAndPlace) {
  set("corp.example", {{"issue", "other.example"}});
  const auto verdict = check("www.corp.example", true);
  ASSERT_EQ(word(verdict), "caa");
  EXPECT_FALSE(verdict.transient);
  const auto& problem = *verdict.problem;
  EXPECT_NE(problem.detail.raw().find("*.www.corp.example"), std::string::npos) << problem.detail.raw();
  EXPECT_NE(problem.detail.raw().find("at corp.example"), std::string::npos) << problem.detail.raw();
  EXPECT_FALSE(problem.identifier);  // never at top level
  ASSERT_EQ(problem.subproblems.size(), 1u);
  ASSERT_TRUE(problem.subproblems[0].identifier);
  EXPECT_EQ(problem.subproblems[0].identifier->value, "*.www.corp.example");
}

TEST_F(CaaCheck, CAA_01_SwitchedOffAsAWholeOrForAZone) {
  set("example", {{"issue", ";"}});
  options.exempt_zones = {"lab.corp.example"};
  EXPECT_EQ(word(check("lab.corp.example")), "allowed");
  EXPECT_EQ(word(check("a.lab.corp.example", true)), "allowed");
  EXPECT_TRUE(resolver.queries.empty());
  EXPECT_EQ(word(check("xlab.corp.example")), "caa");
  EXPECT_EQ(word(check("corp.example")), "caa");
  options.enabled = false;
  EXPECT_EQ(word(check("corp.example")), "allowed");
}

TEST_F(CaaCheck, AddressesHaveNone) {
  const Caa caa(options, {resolver, clock});
  EXPECT_EQ(word(caa.check({.identifier = {acme::IdentifierType::ip, "192.0.2.1"}}, {})), "allowed");
  EXPECT_TRUE(resolver.queries.empty());
}

}  // namespace
}  // namespace crest::ca::va
