#include "dns/caa.hpp"

#include <gtest/gtest.h>

#include "encoding/base64.hpp"

namespace crest::dns {
namespace {

constexpr const char* account = "https://ca.example.net/acme/acct/1";

CaaRequest request(bool wildcard) {
  return {.wildcard = wildcard, .issuers = {"ca.example.net"}, .account_url = account, .method = "dns-01"};
}
CaaProperty property(std::string tag, std::string value, bool critical = false) {
  return {.critical = critical, .tag = std::move(tag), .value = std::move(value)};
}
CaaProperty issue(std::string value) { return property("issue", std::move(value)); }
CaaProperty wild(std::string value) { return property("issuewild", std::move(value)); }

struct Row {
  const char* what;
  std::vector<CaaProperty> set;
  bool name, wildcard;  // allowed
};

void check(const std::vector<Row>& table) {
  for (const Row& row : table) {
    for (const bool wildcard : {false, true}) {
      const CaaDecision decision = evaluate_caa(row.set, request(wildcard));
      EXPECT_EQ(decision.allowed, wildcard ? row.wildcard : row.name) << row.what << ": " << decision.reason;
      EXPECT_FALSE(decision.reason.empty()) << row.what;
    }
  }
}

TEST(Caa, CAA_16_MatrixOfTheStandards) {
  const std::string mine = "ca.example.net", uri = "; accounturi=https://ca.example.net/acme/acct/";
  check({
      {"nothing up to the root", {}, true, true},
      {"our name", {issue(mine)}, true, true},
      {"nobody", {issue(";")}, false, false},
      {"another CA", {issue("other.example")}, false, false},
      {"another CA and us", {issue("other.example"), issue("CA.Example.NET")}, true, true},
      {"us, nobody for wildcards", {issue(mine), wild(";")}, true, false},
      {"wildcards by us, nothing about names", {wild(mine)}, true, true},
      {"nobody, but wildcards by us", {issue(";"), wild(mine)}, false, true},
      {"only iodef", {property("iodef", "mailto:a@example")}, true, true},
      {"critical unknown", {property("tbs", "x", true), issue(mine)}, false, false},
      {"unknown", {property("tbs", "x"), issue(mine)}, true, true},
      {"malformed", {issue("%%%%%")}, false, false},
      {"our account", {issue(mine + uri + "1")}, true, true},
      {"another account", {issue(mine + uri + "2")}, false, false},
      {"accounturi twice", {issue(mine + uri + "1" + uri + "1")}, false, false},
      {"method listed", {issue(mine + "; validationmethods=http-01,dns-01")}, true, true},
      {"method not listed", {issue(mine + "; validationmethods=http-01")}, false, false},
      {"unknown parameter", {issue(mine + "; unknownparam=1")}, true, true},
  });
}

TEST(Caa, CAA_05_CAA_06_TagsAndFlags) {
  check({
      {"critical and known", {property("issue", "ca.example.net", true)}, true, true},
      {"critical known tag in capitals", {property("ISSUE", "ca.example.net", true)}, true, true},
      {"tag in capitals restricts", {property("IsSuE", "other.example")}, false, false},
      {"critical iodef", {property("iodef", "mailto:a@example", true)}, true, true},
      {"critical mail tag", {property("issuemail", ";", true)}, true, true},
      {"critical unknown behind a good one", {issue("ca.example.net"), property("x", "", true)}, false, false},
  });
}

TEST(Caa, CAA_07_WildcardsByIssuewildWhereThereIsOne) {
  check({
      {"another CA's wildcard beside ours", {issue("ca.example.net"), wild("other.example")}, true, false},
      {"additive wildcards", {wild("other.example"), wild("ca.example.net")}, true, true},
      {"malformed wildcard", {issue("ca.example.net"), wild("%%")}, true, false},
  });
}

TEST(Caa, CAA_08_MalformedValuesPermitNobody) {
  for (const char* bad : {"ca.example.net policy=ev", "ca.example.net; policy", "ca..example.net", "-ca.example.net",
                          "ca.example.net-", "ca.example.net; a=b; ", "ca.example.net; ; a=b", "ca.example.net; a=b c",
                          "ca.example.net; =b", "ca.example.net; a_b=c", "ca.example.net;;", "ca.example.net.",
                          "ca.example.net; a=\x7f", "ca.example.net; a=\xc3\xa4", "ca example net", ".", "\x01"}) {
    EXPECT_FALSE(evaluate_caa({issue(bad)}, request(false)).allowed) << bad;
    EXPECT_TRUE(evaluate_caa({issue(bad), issue("ca.example.net")}, request(false)).allowed) << bad;
  }
  for (const char* good : {"  ca.example.net\t", "ca.example.net;", "ca.example.net ; ",
                           "ca.example.net;a=", "\tca.example.net ;\ta \t=\t b ;c=d", "ca.example.net; a=b=c"}) {
    EXPECT_TRUE(evaluate_caa({issue(good)}, request(false)).allowed) << good;
  }
  EXPECT_FALSE(evaluate_caa({issue("")}, request(false)).allowed);
  EXPECT_FALSE(evaluate_caa({issue("; a=b")}, request(false)).allowed);
}

TEST(Caa, CAA_09_CAA_10_AdditiveAndUnrestricted) {
  check({
      {"second of three", {issue(";"), issue("ca.example.net"), issue("other.example")}, true, true},
      {"same issuer, second one fits",
       {issue("ca.example.net; validationmethods=http-01"), issue("ca.example.net")},
       true,
       true},
      {"iodef and unknown only", {property("iodef", "x"), property("contactemail", "y")}, true, true},
  });
  EXPECT_FALSE(evaluate_caa({issue("ca.example.net")}, CaaRequest{}).allowed);  // a CA without a name of its own
}

TEST(Caa, CAA_11_AccountUri) {
  const auto allowed = [](const std::string& parameters) {
    return evaluate_caa({issue("ca.example.net" + parameters)}, request(false)).allowed;
  };
  EXPECT_TRUE(allowed(std::string(";accounturi=") + account));
  EXPECT_TRUE(allowed(std::string("; AccountURI = ") + account));
  EXPECT_FALSE(allowed("; accounturi="));
  EXPECT_FALSE(allowed("; accounturi=HTTPS://ca.example.net/acme/acct/1"));
  EXPECT_FALSE(allowed("; accounturi=urn:unknown"));
  EXPECT_FALSE(allowed(std::string("; accounturi=") + account + "; accounturi=urn:unknown"));
  EXPECT_FALSE(allowed(std::string("; accounturi=") + account + "; validationmethods=http-01"));
}

TEST(Caa, CAA_12_ValidationMethods) {
  const auto allowed = [](const std::string& list) {
    return evaluate_caa({issue("ca.example.net; validationmethods=" + list)}, request(false)).allowed;
  };
  EXPECT_TRUE(allowed("dns-01"));
  EXPECT_TRUE(allowed("ca-own,dns-01,http-01"));
  EXPECT_FALSE(allowed(""));
  EXPECT_FALSE(allowed("DNS-01"));
  EXPECT_FALSE(allowed("dns-01,"));
  EXPECT_FALSE(allowed("dns_01,dns-01"));
  EXPECT_FALSE(allowed("dns-011"));
  EXPECT_FALSE(allowed("dns-01; validationmethods=dns-01"));
}

TEST(Caa, V17_RdataBothWays) {
  const std::string hex =
      "0005697373756563612e6578616d706c652e6e65743b206163636f756e747572693d68747470733a2f2f63612e6578616d706c652e6e6574"
      "2f"
      "61636d652f616363742f313b2076616c69646174696f6e6d6574686f64733d646e732d3031";
  const std::string value = "ca.example.net; accounturi=https://ca.example.net/acme/acct/1; validationmethods=dns-01";
  const Bytes rdata = *encoding::from_hex(hex);
  const auto parsed = parse_caa(rdata);
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->critical);
  EXPECT_EQ(parsed->tag, "issue");
  EXPECT_EQ(parsed->value, value);
  EXPECT_EQ(encoding::hex(to_rdata(issue(value))), hex);
  EXPECT_TRUE(evaluate_caa({*parsed}, request(false)).allowed);
}

TEST(Caa, CAA_06_ReadsFlagsAndTag) {
  const auto parse = [](const char* hex) { return parse_caa(*encoding::from_hex(hex)); };
  EXPECT_TRUE(parse("8003746273")->critical);
  EXPECT_FALSE(parse("7f03746273")->critical);  // reserved bits mean nothing
  EXPECT_EQ(parse("0003544253")->tag, "tbs");
  EXPECT_EQ(parse("0003544253")->value, "");
  for (const char* bad : {"", "00", "0000", "00006161", "000561", "0001", "00012d61", "000220"}) {
    ASSERT_FALSE(parse(bad)) << bad;
    EXPECT_EQ(parse(bad).error().kind, ErrorKind::malformed);
  }
}

TEST(Caa, CF16_ReasonsCarryNoControlCharacters) {
  const std::string reason = evaluate_caa({issue("\x1b[31m\r\n")}, request(false)).reason;
  EXPECT_EQ(reason.find_first_of("\x1b\r\n"), std::string::npos) << reason;
}

}  // namespace
}  // namespace crest::dns
