#include <gtest/gtest.h>

#include "x509/distinguished_name.hpp"
#include "x509/general_names.hpp"
#include "x509/oid.hpp"
#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;
namespace der = asn1::der;

Bytes san(const std::vector<SubjectName>& names, bool critical = true) {
  return subject_names_extension(names, critical).value();
}
Bytes usage(std::uint8_t bits, bool critical = true) {  // REQUIRES: bits & 1 == 0
  return asn1::extension(oid::key_usage, critical, Bytes{3, 2, 1, bits});
}
Bytes authority(ByteView id, bool critical = false) {
  return asn1::extension(oid::authority_key_id, critical, der::sequence({der::element(asn1::implicit_tag(0), id)}));
}
Bytes server_usage() {
  return asn1::extension(oid::extended_key_usage, false, der::sequence({asn1::object_id(oid::server_auth)}));
}
Bytes constraints(ByteView content) {
  return asn1::extension(oid::basic_constraints, true, der::element(der::tag_sequence, content));
}

// A leaf without fault, whose extensions are: key usage, extended usage, AKI, SAN.
struct Leaf : Raw {
  Leaf() {
    extensions = {usage(0x80), server_usage(), authority(pki().intermediate.subject_key_id()),
                  san({dns("a.example.org"), dns("b.example.org")})};
    extensions[0] = asn1::extension(oid::key_usage, true, Bytes{3, 2, 7, 0x80});
  }
};

// An intermediate below the root; its extensions are: key usage, basic constraints, SKI, AKI.
struct Ca : Raw {
  Ca() {
    issuer = pki().root.subject_der();
    subject = write_distinguished_name("Example Corp", "Below").value();
    const Bytes id(20, 1);
    extensions = {usage(0x06), constraints(asn1::boolean_true()),
                  asn1::extension(oid::subject_key_id, false, asn1::octet_string(id)),
                  authority(pki().root.subject_key_id())};
  }
};

std::string verdict(const Leaf& leaf) {
  const auto parsed = Certificate::from_der(leaf.der());
  return parsed ? lint(*parsed, &pki().intermediate) : "not parsed: " + parsed.error().message;
}
std::string verdict(const Ca& ca) {
  const auto parsed = Certificate::from_der(ca.der(pki().root_key));
  return parsed ? lint(*parsed, &pki().root) : "not parsed: " + parsed.error().message;
}

TEST(Lint, FindsNothingInGoodOnes) {
  EXPECT_EQ(verdict(Leaf()), "");
  Leaf unsorted;
  unsorted.extensions[3] = san({ip("192.0.2.1"), dns("b.example.org"), dns("a.example.org")});
  EXPECT_EQ(verdict(unsorted), "");
  EXPECT_EQ(verdict(Ca()), "");
  EXPECT_EQ(lint(pki().leaf, &pki().intermediate), "");
  EXPECT_EQ(lint(pki().intermediate, &pki().root), "");
  EXPECT_EQ(lint(pki().root, nullptr), "");
}

TEST(Lint, NamesEveryFault) {
  Leaf leaf;
  leaf.serial = asn1::integer(std::uint64_t{5});
  leaf.extensions[3] = san({dns("b.example.org"), dns("a.example.org"), dns("b.example.org")});
  EXPECT_EQ(verdict(leaf), "the certificate has a serial number too short for 64 random bits; it has a name twice");
}

template <typename Subject>
struct Fault {
  const char* name;
  std::string_view words;
  void (*edit)(Subject&);
};

class LeafLint : public testing::TestWithParam<Fault<Leaf>> {};

TEST_P(LeafLint, Finds) {
  Leaf leaf;
  GetParam().edit(leaf);
  EXPECT_EQ(verdict(leaf), "the certificate " + std::string(GetParam().words));
}

Bytes ocsp_at(std::string_view url, bool critical) {
  const Bytes one =
      der::sequence({asn1::object_id(oid::access_ocsp), der::element(asn1::implicit_tag(6), as_bytes(url))});
  return asn1::extension(oid::authority_info_access, critical, der::sequence({one}));
}

const Fault<Leaf> leaf_faults[] = {
    {"CriticalAccess", "has a critical authorityInfoAccess",
     [](Leaf& c) { c.extensions.push_back(ocsp_at("http://ca.example/ocsp", true)); }},
    {"OcspByLdap", "has a place for its issuer, OCSP or CRL that is no http URL",
     [](Leaf& c) { c.extensions.push_back(ocsp_at("ldap://ca.example/ocsp", false)); }},
    {"X509_01_NegativeSerial", "has a serial number that is not positive",
     [](Leaf& c) { c.serial = asn1::integer(Bytes{0x81, 2, 3, 4, 5, 6, 7, 8}); }},
    {"X509_01_ZeroSerial",
     "has a serial number that is not positive; it has a serial number too short for 64 random bits",
     [](Leaf& c) { c.serial = asn1::integer(std::uint64_t{0}); }},
    {"X509_01_LongSerial", "has a serial number of more than 20 octets",
     [](Leaf& c) { c.serial = asn1::integer(Bytes(21, 1)); }},
    {"X509_02_GeneralizedTimeTooEarly", "has a date in the wrong form: UTCTime through 2049, GeneralizedTime from 2050",
     [](Leaf& c) { c.not_before = der::element(asn1::tag_generalized_time, as_bytes("20260101000000Z")); }},
    {"X509_04_BeforeItsIssuer", "is valid when its issuer is not",
     [](Leaf& c) { c.not_before = asn1::time(year_2026 - 1s); }},
    {"X509_04_AfterItsIssuer", "is valid when its issuer is not",
     [](Leaf& c) { c.not_after = asn1::time(pki().intermediate.not_after() + 1s); }},
    {"EndsBeforeItBegins", "ends before it begins",
     [](Leaf& c) {
       c.not_before = asn1::time(year_2026 + 2s);
       c.not_after = asn1::time(year_2026 + 1s);
     }},
    {"OtherIssuer", "names another issuer than the one that signs it",
     [](Leaf& c) { c.issuer = pki().root.subject_der(); }},
    {"X509_05_NoAuthorityKey", "has no authorityKeyIdentifier",
     [](Leaf& c) { c.extensions.erase(c.extensions.begin() + 2); }},
    {"X509_05_OtherAuthorityKey", "has an authorityKeyIdentifier that is not the issuer's subjectKeyIdentifier",
     [](Leaf& c) { c.extensions[2] = authority(pki().root.subject_key_id()); }},
    {"X509_05_CriticalAuthorityKey", "has a critical key identifier",
     [](Leaf& c) { c.extensions[2] = authority(pki().intermediate.subject_key_id(), true); }},
    {"X509_07_NamesNotCritical",
     "has a subject alternative name that is critical although there is a subject, or the reverse",
     [](Leaf& c) { c.extensions[3] = san({dns("a.example.org")}, false); }},
    {"X509_07_NamesCriticalBesideASubject",
     "has a subject alternative name that is critical although there is a subject, or the reverse",
     [](Leaf& c) { c.subject = write_distinguished_name({}, "a.example.org").value(); }},
    {"NoNames", "has no subject alternative name", [](Leaf& c) { c.extensions.pop_back(); }},
    {"X509_08_MaySignCertificates", "is no CA and may sign certificates or revocation lists",
     [](Leaf& c) { c.extensions[0] = usage(0x84); }},
    {"X509_08_MaySignLists", "is no CA and may sign certificates or revocation lists",
     [](Leaf& c) { c.extensions[0] = usage(0x82); }},
    {"X509_08_PathLength", "is no CA and has a path length or nameConstraints",
     [](Leaf& c) { c.extensions.push_back(constraints(asn1::integer(std::uint64_t{0}))); }},
    {"NoKeyUsage", "has no keyUsage", [](Leaf& c) { c.extensions.erase(c.extensions.begin()); }},
    {"KeyUsageNotCritical", "has a keyUsage that is not critical",
     [](Leaf& c) { c.extensions[0] = usage(0x80, false); }},
    {"NoExtendedUsage", "has no extendedKeyUsage", [](Leaf& c) { c.extensions.erase(c.extensions.begin() + 1); }},
    {"X509_10_AlgorithmsDiffer",
     "names another signature algorithm inside than outside; it is not signed by its issuer's key",
     [](Leaf& c) { c.inner_algorithm = to_bytes(signature_algorithm(crypto::KeyType::ec_p384)); }},
    {"X509_10_AlgorithmOfAnotherKey",
     "names a signature algorithm that does not fit the issuer's key; it is not signed by its issuer's key",
     [](Leaf& c) { c.inner_algorithm = c.outer_algorithm = to_bytes(signature_algorithm(crypto::KeyType::ed25519)); }},
    {"NamesTwice", "has a name twice",
     [](Leaf& c) { c.extensions[3] = san({dns("a.example.org"), dns("a.example.org")}); }},
    {"Underscore", "has a host name that is none", [](Leaf& c) { c.extensions[3] = san({dns("a_b.example.org")}); }},
    {"EmptyLabel", "has a host name that is none", [](Leaf& c) { c.extensions[3] = san({dns("a..example.org")}); }},
    {"TrailingDot", "has a host name that is none", [](Leaf& c) { c.extensions[3] = san({dns("example.org.")}); }},
    {"LeadingHyphen", "has a host name that is none", [](Leaf& c) { c.extensions[3] = san({dns("-a.example.org")}); }},
    {"LongLabel", "has a host name that is none",
     [](Leaf& c) { c.extensions[3] = san({dns(std::string(64, 'a') + ".example.org")}); }},
    {"LongName", "has a host name that is none",
     [](Leaf& c) {
       std::string name = "example.org";
       while (name.size() <= 253) name = "abcdefgh." + name;
       c.extensions[3] = san({dns(name)});
     }},
    {"WildcardInside", "has a host name that is none",
     [](Leaf& c) { c.extensions[3] = san({dns("a.*.example.org")}); }},
    {"PartialWildcard", "has a host name that is none",
     [](Leaf& c) { c.extensions[3] = san({dns("a*.example.org")}); }},
    {"WildcardAlone", "has a host name that is none", [](Leaf& c) { c.extensions[3] = san({dns("*")}); }},
    {"NameOfAnotherKind", "has names that are neither host names nor addresses",
     [](Leaf& c) {
       const Bytes uri = der::element(asn1::implicit_tag(6), as_bytes("spiffe://x"));
       c.extensions[3] = asn1::extension(oid::subject_alt_name, true, der::sequence({uri}));
     }},
    {"StrayCommonName", "has a common name that is none of its names",
     [](Leaf& c) {
       c.subject = write_distinguished_name({}, "c.example.org").value();
       c.extensions[3] = san({dns("a.example.org")}, false);
     }},
};

INSTANTIATE_TEST_SUITE_P(Lint, LeafLint, testing::ValuesIn(leaf_faults),
                         [](const auto& tested) { return std::string(tested.param.name); });

class CaLint : public testing::TestWithParam<Fault<Ca>> {};

TEST_P(CaLint, Finds) {
  Ca ca;
  GetParam().edit(ca);
  EXPECT_EQ(verdict(ca), "the certificate " + std::string(GetParam().words));
}

const Fault<Ca> ca_faults[] = {
    {"X509_06_ConstraintsNotCritical", "has basicConstraints that are not critical",
     [](Ca& c) {
       c.extensions[1] = asn1::extension(oid::basic_constraints, false, der::sequence({asn1::boolean_true()}));
     }},
    {"X509_06_NoKeyCertSign", "is a CA without the key usage keyCertSign",
     [](Ca& c) { c.extensions[0] = usage(0x02); }},
    {"X509_06_NoSubjectKey", "is a CA without a subjectKeyIdentifier",
     [](Ca& c) { c.extensions.erase(c.extensions.begin() + 2); }},
    {"NoSubject", "is a CA without a subject", [](Ca& c) { c.subject = der::element(der::tag_sequence, {}); }},
    {"X509_08_HostNames", "has the rights of a CA and the names of a host",
     [](Ca& c) { c.extensions.push_back(san({dns("a.example.org")}, false)); }},
    {"NameConstraintsNotCritical", "has nameConstraints that are not critical",
     [](Ca& c) {
       const Bytes name = der::element(asn1::implicit_tag(2), as_bytes("corp.example"));
       const Bytes list = der::element(asn1::constructed_tag(0), der::sequence({name}));
       c.extensions.push_back(asn1::extension(oid::name_constraints, false, der::sequence({list})));
     }},
};

INSTANTIATE_TEST_SUITE_P(Lint, CaLint, testing::ValuesIn(ca_faults),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Lint, X509_06_PathLengthsShrink) {
  CertificateTemplate parts = intermediate_template();
  const Certificate below_zero = issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key);
  EXPECT_NE(lint(below_zero, &pki().intermediate).find("path length"), std::string::npos);
  parts.path_length = 2;
  const Certificate two = issue(parts, pki().intermediate_key.public_key(), &pki().root, pki().root_key);
  for (const auto& [length, good] :
       std::vector<std::pair<std::optional<unsigned>, bool>>{{0, true}, {1, true}, {2, false}, {std::nullopt, false}}) {
    parts.path_length = length;
    parts.not_after = two.not_after();
    const Certificate below = issue(parts, key().public_key(), &two, pki().intermediate_key);
    EXPECT_EQ(lint(below, &two).empty(), good) << lint(below, &two);
  }
}

TEST(Lint, ALeafIsNoIssuer) {
  CertificateTemplate parts = leaf_template();
  parts.subject.common_name = "www.example.org";
  const Certificate leaf = issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key);
  const Certificate below = issue(leaf_template(), key().public_key(), &leaf, key());
  EXPECT_NE(lint(below, &leaf).find("an issuer that may not sign certificates"), std::string::npos);
  EXPECT_NE(lint(leaf, nullptr).find("names another issuer"), std::string::npos) << "it is not self-signed";
}

TEST(Lint, SignedByAnotherKeyOfTheSameName) {
  const Leaf leaf;
  const Certificate forged = Certificate::from_der(leaf.der(key(crypto::KeyType::ec_p256, 9))).value();
  EXPECT_EQ(lint(forged, &pki().intermediate), "the certificate is not signed by its issuer's key");
  EXPECT_EQ(lint(forged, &pki().intermediate, LintScope::all_but_signature), "");  // SF37
}

TEST(Lint, AnOcspResponderNeedsNoNames) {
  CertificateTemplate parts = leaf_template();
  parts.names.clear();
  parts.subject.common_name = "Test OCSP Responder";
  parts.extended_usages = {ExtendedUsage::ocsp_signing};
  EXPECT_EQ(lint(issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key), &pki().intermediate),
            "");
}

TEST(Lint, X509_11_NameConstraintsOfTheIssuerHold) {
  CertificateTemplate parts = intermediate_template();
  parts.permitted_dns = {"corp.example"};
  const Certificate limited = issue(parts, pki().intermediate_key.public_key(), &pki().root, pki().root_key);
  CertificateTemplate inside = leaf_template();
  inside.names = {dns("*.corp.example"), dns("a.corp.example"), dns("corp.example"), ip("192.0.2.1")};
  EXPECT_EQ(lint(issue(inside, key().public_key(), &limited, pki().intermediate_key), &limited), "");
  for (const char* name : {"example.org", "xcorp.example", "example", "corp.example.org"}) {
    CertificateTemplate outside = leaf_template();
    outside.names = {dns("a.corp.example"), dns(name)};
    const std::string fault = lint(issue(outside, key().public_key(), &limited, pki().intermediate_key), &limited);
    EXPECT_NE(fault.find("nameConstraints do not permit"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace crest::x509
