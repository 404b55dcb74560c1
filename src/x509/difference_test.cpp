#include <gtest/gtest.h>

#include "encoding/base64.hpp"
#include "x509/build.hpp"
#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;

Bytes some_extension(const char* oid = "1.3.6.1.4.1.311.20.2", bool critical = false) {
  return extra_extension(oid, critical, encoding::from_hex("0c0161").value())->der;
}

CertificateTemplate full_template() {
  auto parts = leaf_template();
  parts.subject = {.common_name = parts.names.front().value};
  parts.must_staple = true;
  parts.crl_url = "http://ca.example/crl/7";
  parts.ocsp_url = "http://ca.example/ocsp";
  parts.more_extensions = {some_extension()};
  return parts;
}

Certificate made(const CertificateTemplate& parts) {
  return issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key);
}

TEST(Difference, X509_09_NoneFromWhatItWasMadeOf) {
  for (const auto& parts : {full_template(), leaf_template()}) EXPECT_EQ(difference(made(parts), parts), "");
  const auto parts = intermediate_template();
  EXPECT_EQ(difference(issue(parts, key().public_key(), &pki().root, pki().root_key), parts), "");
}

TEST(Difference, X509_09_SF37_EachWay) {
  using Change = void (*)(CertificateTemplate&);
  const std::pair<const char*, Change> cases[] = {
      {"serial number", [](CertificateTemplate& p) { p.serial.back() ^= 1; }},
      {"dates", [](CertificateTemplate& p) { p.not_after -= 1s; }},
      {"dates", [](CertificateTemplate& p) { p.not_before += 1s; }},
      {"subject", [](CertificateTemplate& p) { p.subject = {}; }},
      {"subject", [](CertificateTemplate& p) { p.subject.organization = "Corp"; }},
      {"other names", [](CertificateTemplate& p) { p.names.push_back({SubjectName::Type::dns, "z.example"}); }},
      {"keyUsage", [](CertificateTemplate& p) { p.key_usage |= 4; }},
      {"extendedKeyUsage", [](CertificateTemplate& p) { p.extended_usages = {ExtendedUsage::client_auth}; }},
      {"extendedKeyUsage",
       [](CertificateTemplate& p) { p.extended_usages.push_back(ExtendedUsage::email_protection); }},
      {"must-staple", [](CertificateTemplate& p) { p.must_staple = false; }},
      {"places", [](CertificateTemplate& p) { p.crl_url = ""; }},
      {"places", [](CertificateTemplate& p) { p.crl_url = "http://ca.example/crl/8"; }},
      {"places", [](CertificateTemplate& p) { p.ocsp_url = "http://other.example/"; }},
      {"that its profile has not", [](CertificateTemplate& p) { p.more_extensions = {}; }},
      {"that its profile has not", [](CertificateTemplate& p) { p.more_extensions = {some_extension("1.2.3")}; }},
      {"that its profile has not",
       [](CertificateTemplate& p) { p.more_extensions = {some_extension("1.3.6.1.4.1.311.20.2", true)}; }},
  };
  const auto whole = full_template();
  const auto certificate = made(whole);
  for (const auto& [what, change] : cases) {
    auto parts = whole;
    change(parts);
    EXPECT_NE(difference(certificate, parts).find(what), std::string::npos)
        << what << ": " << difference(certificate, parts);
    EXPECT_NE(difference(made(parts), whole), "") << what;
  }
}

TEST(ExtraExtension, WhatMayBeAdded) {
  EXPECT_EQ(encoding::hex(extra_extension("2.5.29.32", true, encoding::from_hex("3000").value())->der),
            "300c0603551d200101ff04023000");
  EXPECT_EQ(encoding::hex(extra_extension("1.3.6.1.4.1.311.20.2", false, encoding::from_hex("0500").value())->der),
            "300f06092b060104018237140204020500");
  EXPECT_TRUE(extra_extension("2.999.4294967295", false, encoding::from_hex("0500").value()));
  const struct {
    const char *oid, *value;
  } refused[] = {{"", "0500"},
                 {"1", "0500"},
                 {"3.1", "0500"},
                 {"1.40", "0500"},
                 {"1.2.", "0500"},
                 {".1.2", "0500"},
                 {"1..2", "0500"},
                 {"1.02", "0500"},
                 {"1.2.4294967296", "0500"},
                 {"1.2.-3", "0500"},
                 {"1.2 .3", "0500"},
                 {"serverAuth", "0500"},
                 {"1.2.3", ""},
                 {"1.2.3", "05"},
                 {"1.2.3", "050000"},
                 {"2.5.29.15", "030100"},        // keyUsage
                 {"2.5.29.17", "3000"},          // subjectAltName
                 {"2.5.29.19", "30030101ff"},    // basicConstraints
                 {"2.5.29.30", "3000"},          // nameConstraints
                 {"2.5.29.31", "3000"},          // cRLDistributionPoints
                 {"2.5.29.37", "3000"},          // extendedKeyUsage
                 {"1.3.6.1.5.5.7.1.1", "3000"},  // authorityInfoAccess
                 {"1.3.6.1.5.5.7.1.24", "3000"},
                 {"1.3.6.1.5.5.7.1.31", "0500"}};
  for (const auto& [oid, value] : refused) {
    const auto made = extra_extension(oid, false, encoding::from_hex(value).value());
    ASSERT_FALSE(made) << oid;
    EXPECT_EQ(made.error().kind, ErrorKind::usage);
  }
}

}  // namespace
}  // namespace crest::x509
