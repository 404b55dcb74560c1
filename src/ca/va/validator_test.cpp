#include "ca/va/validator.hpp"

#include <gtest/gtest.h>

#include "acme/challenge.hpp"
#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"
#include "dns/caa.hpp"
#include "x509/test_certificates.hpp"

namespace crest::ca::va {
namespace {

using dns::RecordType;

const std::string key_authorization =
    "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA.oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U";
const std::string account = "https://ca.test/acme/corp/account/1";

class ValidatorTest : public ::testing::Test {
 protected:
  testing::FakeResolver resolver;
  testing::FakeEgress egress;
  testing::FakeProbe probe;
  testing::ManualClock clock;
  bool with_probe = true;
  Validator::Options options;

  ValidatorTest() {  // a host that answers to every method
    options.caa.identities = {"ca.test"};
    options.persist.issuer_names = {"ca.test"};
    resolver.hosts["a.example"] = {"192.0.2.1"};
    egress.at["192.0.2.1"] = testing::FakeEgress::answers(200, key_authorization);
    const auto digest = acme::key_authorization_digest(key_authorization);
    const auto certificate = x509::tls_alpn_certificate(x509::test::key(), x509::test::dns("a.example"), digest,
                                                        x509::test::serial(), x509::test::year_2026)
                                 .value();
    probe.at["192.0.2.1"] = [=](const x509::TlsTarget&) -> Result<x509::TlsAnswer> {
      return x509::TlsAnswer{"TLSv1.3", "acme-tls/1", {certificate.der()}};
    };
    resolver.add_txt("_acme-challenge.a.example", acme::txt_value(key_authorization));
    resolver.add_txt(acme::dns_account01_label(account) + "._acme-challenge.a.example",
                     acme::txt_value(key_authorization));
    resolver.add_txt("_validation-persist.a.example", "ca.test; accounturi=" + account + "; policy=wildcard");
  }

  Validator validator() { return {options, {resolver, egress, with_probe ? &probe : nullptr, clock}}; }
  Claim claim(std::string_view method, bool wildcard = false) const {
    return {.identifier = {.value = "a.example"},
            .token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA",
            .key_authorization = key_authorization,
            .method = std::string(method),
            .wildcard = wildcard,
            .account_url = account};
  }
  std::string word(const Claim& claim) {
    const auto verdict = validator().validate(claim, {});
    return verdict.problem ? std::string(verdict.problem->acme_word()) : "valid";
  }
};

TEST_F(ValidatorTest, EveryMethodProves) {
  ASSERT_EQ(validator().methods(), Validator::default_methods());
  for (const auto& method : Validator::default_methods()) EXPECT_EQ(word(claim(method)), "valid") << method;
}

TEST_F(ValidatorTest, SF15_WhatIsNotOfferedProvesNothing) {
  for (const char* method : {"", "http-02", "tls-sni-01", "HTTP-01"}) EXPECT_EQ(word(claim(method)), "malformed");
  options.methods = {"http-01"};
  EXPECT_EQ(word(claim("http-01")), "valid");
  EXPECT_EQ(word(claim("dns-01")), "malformed");
  EXPECT_EQ(word(claim("tls-alpn-01")), "malformed");
}

TEST_F(ValidatorTest, SF23_TLS_11_WildcardsByDnsOnly) {
  EXPECT_EQ(word(claim("http-01", true)), "malformed");
  EXPECT_EQ(word(claim("tls-alpn-01", true)), "malformed");
  EXPECT_EQ(word(claim("dns-01", true)), "valid");
  EXPECT_EQ(word(claim("dns-account-01", true)), "valid");
  EXPECT_EQ(word(claim("dns-persist-01", true)), "valid");
}

TEST_F(ValidatorTest, DNS_09_AddressesNeverByDns) {
  for (const char* method : {"dns-01", "dns-account-01", "dns-persist-01"}) {
    auto address = claim(method);
    address.identifier = {acme::IdentifierType::ip, "192.0.2.1"};
    EXPECT_EQ(word(address), "malformed") << method;
  }
  auto address = claim("http-01");
  address.identifier = {acme::IdentifierType::ip, "192.0.2.1"};
  EXPECT_EQ(word(address), "valid");
}

TEST_F(ValidatorTest, SF47_MethodsThatLackWhatTheyNeedAreNotOffered) {
  with_probe = false;
  options.persist.issuer_names.clear();
  EXPECT_EQ(validator().methods(), (std::vector<std::string>{"http-01", "dns-01", "dns-account-01"}));
  EXPECT_EQ(word(claim("tls-alpn-01")), "malformed");
  options.methods = {"dns-01", "nonsense", "http-01", "dns-01"};
  EXPECT_EQ(validator().methods(), (std::vector<std::string>{"dns-01", "http-01"}));
}

TEST_F(ValidatorTest, CAA_01_EveryMethodIsFollowedByCaa) {
  const auto record = [](const char* value) { return std::vector<Bytes>{dns::to_rdata({false, "issue", value})}; };
  resolver.records[{"example", RecordType::CAA}] = record("other.example");
  for (const auto& method : Validator::default_methods()) EXPECT_EQ(word(claim(method)), "caa") << method;
  resolver.records[{"a.example", RecordType::CAA}] = record("ca.test; validationmethods=dns-01");
  EXPECT_EQ(word(claim("dns-01")), "valid");
  EXPECT_EQ(word(claim("http-01")), "caa");
  options.caa.enabled = false;
  EXPECT_EQ(word(claim("http-01")), "valid");
}

TEST_F(ValidatorTest, CAA_IsNotAskedBeforeTheProof) {
  egress.at.clear();
  resolver.queries.clear();
  EXPECT_EQ(word(claim("http-01")), "connection");
  for (const auto& [name, type] : resolver.queries) EXPECT_NE(type, RecordType::CAA);
}

TEST_F(ValidatorTest, DNP_08_TheCapOnReuseIsHandedOn) {
  options.caa.enabled = false;
  EXPECT_EQ(validator().validate(claim("dns-persist-01"), {}).reusable_for, Duration(60s * 5));
  EXPECT_FALSE(validator().validate(claim("dns-01"), {}).reusable_for);
}

TEST_F(ValidatorTest, CAA_14_SF34_AProofLastsNoLongerThanWhatCaaSaid) {
  for (const auto& method : {"http-01", "dns-01", "tls-alpn-01"}) {
    EXPECT_EQ(validator().validate(claim(method), {}).reusable_for, Caa::good_for) << method;
  }
  EXPECT_EQ(validator().validate(claim("dns-persist-01"), {}).reusable_for, DnsPersist01::reuse_min);
  options.caa.exempt_zones = {"example"};
  EXPECT_FALSE(validator().validate(claim("http-01"), {}).reusable_for);
}

}  // namespace
}  // namespace crest::ca::va
