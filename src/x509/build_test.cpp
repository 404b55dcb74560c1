#include "x509/build.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "crypto/digest.hpp"
#include "crypto/openssl.hpp"
#include "encoding/base64.hpp"
#include "x509/fields.hpp"
#include "x509/oid.hpp"
#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;
using crypto::KeyType;

constexpr KeyType all_types[] = {KeyType::ec_p256,  KeyType::ec_p384,  KeyType::ec_p521, KeyType::rsa_2048,
                                 KeyType::rsa_3072, KeyType::rsa_4096, KeyType::ed25519};

crypto::X509Ptr native(const Certificate& certificate) {
  const unsigned char* in = certificate.der().data();
  return crypto::X509Ptr(d2i_X509(nullptr, &in, static_cast<long>(certificate.der().size())));
}

// "critical keyUsage", "subjectAltName", ... in their order, as OpenSSL names them.
std::vector<std::string> extension_names(const Certificate& certificate) {
  const auto parsed = native(certificate);
  std::vector<std::string> out;
  for (int i = 0; i < X509_get_ext_count(parsed.get()); ++i) {
    X509_EXTENSION* extension = X509_get_ext(parsed.get(), i);
    const std::string name = OBJ_nid2sn(OBJ_obj2nid(X509_EXTENSION_get_object(extension)));
    out.push_back((X509_EXTENSION_get_critical(extension) ? "critical " : "") + name);
  }
  return out;
}

// The verifier with every rule of RFC 5280 it knows; "" or what it says.
std::string strict_verdict(const Pki& pki, Time when) {
  const crypto::X509StorePtr store(X509_STORE_new());
  const auto root = native(pki.root);
  const auto intermediate = native(pki.intermediate);
  const auto leaf = native(pki.leaf);
  X509_STORE_add_cert(store.get(), root.get());
  const crypto::X509StackPtr untrusted(sk_X509_new_null());
  X509_up_ref(intermediate.get());
  sk_X509_push(untrusted.get(), intermediate.get());
  const crypto::X509StoreCtxPtr context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), untrusted.get());
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set1_host(rules, "www.example.org", 0);
  X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(unix_seconds(when)));
  if (X509_verify_cert(context.get()) == 1) return "";
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

class EveryKeyType : public testing::TestWithParam<KeyType> {};

std::string type_name(const testing::TestParamInfo<KeyType>& tested) {
  std::string out(to_string(tested.param));
  std::erase(out, '-');
  return out;
}

TEST_P(EveryKeyType, X509_13_AsCaPleasesOpenSsl) {
  const Pki pki = make_pki(GetParam(), KeyType::ec_p256);
  EXPECT_EQ(strict_verdict(pki, year_2026), "");
  EXPECT_EQ(strict_verdict(pki, year_2026 + day - 2s), "");  // OpenSSL counts the last second as outside
  EXPECT_EQ(strict_verdict(pki, year_2026 + day), "certificate has expired");
  EXPECT_EQ(strict_verdict(pki, year_2026 - 1s), "certificate is not yet valid");
}

TEST_P(EveryKeyType, X509_12_X509_13_AsLeafIsCleanAndPleasesOpenSsl) {
  const Pki pki = make_pki(KeyType::ec_p256, GetParam());
  EXPECT_EQ(strict_verdict(pki, year_2026), "");
  EXPECT_EQ(lint(pki.leaf, &pki.intermediate), "");
  EXPECT_EQ(lint(pki.intermediate, &pki.root), "");
  EXPECT_EQ(lint(pki.root, nullptr), "");
}

TEST_P(EveryKeyType, X509_10_AlgorithmsInsideAndOutsideAreEqual) {
  const std::map<KeyType, std::string> expected = {
      {KeyType::ec_p256, "300a06082a8648ce3d040302"},        {KeyType::ec_p384, "300a06082a8648ce3d040303"},
      {KeyType::ec_p521, "300a06082a8648ce3d040304"},        {KeyType::ed25519, "300506032b6570"},
      {KeyType::rsa_2048, "300d06092a864886f70d01010b0500"}, {KeyType::rsa_3072, "300d06092a864886f70d01010b0500"},
      {KeyType::rsa_4096, "300d06092a864886f70d01010b0500"}};
  const Pki pki = make_pki(GetParam(), KeyType::ec_p256);
  const Fields fields = read_fields(pki.leaf.der()).value();
  EXPECT_EQ(encoding::hex(fields.inner_algorithm), expected.at(GetParam()));
  EXPECT_EQ(encoding::hex(fields.outer_algorithm), expected.at(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Build, EveryKeyType, testing::ValuesIn(all_types), type_name);

TEST(Build, V8_SubjectNamesExtension) {
  const auto hex = [](const SubjectName& name) {
    return encoding::hex(subject_names_extension({name}, false).value());
  };
  EXPECT_EQ(hex(dns("example.org")), "30160603551d11040f300d820b6578616d706c652e6f7267");
  EXPECT_EQ(hex(ip("192.0.2.10")), "300f0603551d11040830068704c000020a");  // IP-03, TLS-10
  EXPECT_EQ(hex(ip("2001:db8::1")), "301b0603551d1104143012871020010db8000000000000000000000001");
}

TEST(Build, NamesStandInTheOrderTheyWereGivenIn) {
  CertificateTemplate parts = leaf_template();
  parts.names = {dns("b.example.org"), ip("192.0.2.10"), dns("a.example.org"), dns("b.example.org")};
  const Certificate leaf = issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key);
  const Bytes wanted =
      subject_names_extension({dns("b.example.org"), ip("192.0.2.10"), dns("a.example.org")}, true).value();
  EXPECT_NE(std::ranges::search(leaf.der(), wanted).begin(), leaf.der().end());
  EXPECT_EQ(lint(leaf, &pki().intermediate), "");
}

TEST(Build, RefusesNamesNotInTheirForm) {
  for (const SubjectName& name : {dns(""), dns("Example.org"),
                                  dns("b\xc3\xbc"
                                      "cher.example"),
                                  dns("a\nb"), ip("192.0.2.010"), ip("2001:DB8::1"), ip("example.org"), ip("")}) {
    EXPECT_FALSE(subject_names_extension({name}, false)) << name.value;
  }
}

TEST(Build, V20_X509_03_ValidityIsInclusive) {
  EXPECT_EQ(to_rfc3339(last_second(year_2026, 90 * day)), "2026-03-31T23:59:59Z");
  EXPECT_EQ(to_rfc3339(last_second(year_2026, 160h)), "2026-01-07T15:59:59Z");
  EXPECT_EQ(to_rfc3339(last_second(year_2026, 47 * day)), "2026-02-16T23:59:59Z");
  EXPECT_EQ(pki().leaf.lifetime(), day);
}

TEST(Build, X509_02_TimesChangeTheirFormIn2050) {
  const auto hex_of = [](std::string_view text) { return asn1::time(from_rfc3339(text).value()); };
  EXPECT_EQ(hex_of("2049-12-31T23:59:59Z"), asn1::der::element(asn1::tag_utc_time, as_bytes("491231235959Z")));
  EXPECT_EQ(hex_of("2050-01-01T00:00:00Z"),
            asn1::der::element(asn1::tag_generalized_time, as_bytes("20500101000000Z")));
  EXPECT_EQ(hex_of("2026-01-02T03:04:05.999Z"), asn1::der::element(asn1::tag_utc_time, as_bytes("260102030405Z")));
  EXPECT_EQ(asn1::time(asn1::latest_time), asn1::der::element(asn1::tag_generalized_time, as_bytes("99991231235959Z")));
  CertificateTemplate parts = root_template();
  parts.not_after = asn1::latest_time;
  const Certificate root = issue(parts, key().public_key(), nullptr, key());
  EXPECT_EQ(to_rfc3339(root.not_after()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(lint(root, nullptr), "");
}

TEST(Build, X509_01_SerialsArePositiveLongAndDifferent) {
  crypto::SystemRandom random;
  std::set<Bytes> seen;
  for (int i = 0; i < 1000; ++i) {
    const Bytes serial = new_serial(random);
    EXPECT_EQ(serial.size(), 16u);
    EXPECT_LT(serial[0], 0x80);
    EXPECT_NE(serial[0], 0);  // no leading zero, which DER would not allow
    seen.insert(serial);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

struct ZeroRandom final : Random {
  void fill(std::span<std::uint8_t> out) override { std::fill(out.begin(), out.end(), std::uint8_t{0}); }
};

TEST(Build, X509_01_EvenABrokenGeneratorGivesASerialOfTheRightForm) {
  ZeroRandom random;
  CertificateTemplate parts = root_template();
  parts.serial = new_serial(random);
  EXPECT_EQ(lint(issue(parts, key().public_key(), nullptr, key()), nullptr), "");
}

TEST(Build, X509_05_X509_06_ExtensionsOfEachProfile) {
  using List = std::vector<std::string>;
  EXPECT_EQ(extension_names(pki().root),
            (List{"critical keyUsage", "critical basicConstraints", "subjectKeyIdentifier", "authorityKeyIdentifier"}));
  EXPECT_EQ(extension_names(pki().intermediate),
            (List{"critical keyUsage", "extendedKeyUsage", "critical basicConstraints", "subjectKeyIdentifier",
                  "authorityKeyIdentifier", "authorityInfoAccess", "crlDistributionPoints"}));
  EXPECT_EQ(extension_names(pki().leaf),
            (List{"critical keyUsage", "extendedKeyUsage", "authorityKeyIdentifier", "critical subjectAltName"}));
  EXPECT_EQ(pki().leaf.authority_key_id(), pki().intermediate.subject_key_id());
}

TEST(Build, X509_07_OnlyAnEmptySubjectMakesTheNamesCritical) {
  CertificateTemplate parts = leaf_template();
  parts.subject.common_name = "www.example.org";
  const Certificate leaf = issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key);
  EXPECT_EQ(extension_names(leaf).back(), "subjectAltName");
  EXPECT_EQ(leaf.subject(), "CN=www.example.org");
  EXPECT_EQ(lint(leaf, &pki().intermediate), "");
}

TEST(Build, KeyIdentifierIsTheOneOpenSslComputes) {
  const auto parsed = native(pki().intermediate);
  unsigned char expected[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ASSERT_EQ(X509_pubkey_digest(parsed.get(), EVP_sha1(), expected, &size), 1);
  EXPECT_EQ(pki().intermediate.subject_key_id(), Bytes(expected, expected + size));
}

TEST(Build, OptionalExtensionsReadBackByOpenSsl) {
  CertificateTemplate parts = leaf_template();
  parts.ca_issuers_url = "http://ca.example/ca.der";
  parts.ocsp_url = "http://ca.example/ocsp";
  parts.crl_url = "http://ca.example/crl/7";
  parts.must_staple = true;
  const auto parsed = native(issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key));
  const crypto::Owned<STACK_OF(OPENSSL_STRING), X509_email_free> ocsp(X509_get1_ocsp(parsed.get()));
  ASSERT_EQ(sk_OPENSSL_STRING_num(ocsp.get()), 1);
  EXPECT_STREQ(sk_OPENSSL_STRING_value(ocsp.get(), 0), "http://ca.example/ocsp");
  const crypto::Owned<CRL_DIST_POINTS, CRL_DIST_POINTS_free> points(
      static_cast<CRL_DIST_POINTS*>(X509_get_ext_d2i(parsed.get(), NID_crl_distribution_points, nullptr, nullptr)));
  ASSERT_TRUE(points);
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(sk_DIST_POINT_value(points.get(), 0)->distpoint->name.fullname, 0);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.uniformResourceIdentifier))),
            "http://ca.example/crl/7");
  const crypto::Owned<TLS_FEATURE, TLS_FEATURE_free> features(
      static_cast<TLS_FEATURE*>(X509_get_ext_d2i(parsed.get(), NID_tlsfeature, nullptr, nullptr)));
  ASSERT_TRUE(features);
  EXPECT_EQ(ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features.get(), 0)), 5);
}

TEST(Build, NameConstraintsAreCriticalAndHoldInOpenSsl) {
  CertificateTemplate parts = intermediate_template();
  parts.permitted_dns = {"corp.example"};
  Pki limited = make_pki(KeyType::ec_p256, KeyType::ec_p256);
  limited.intermediate = issue(parts, limited.intermediate_key.public_key(), &limited.root, limited.root_key);
  EXPECT_EQ(extension_names(limited.intermediate).back(), "critical nameConstraints");
  EXPECT_EQ(strict_verdict(limited, year_2026), "permitted subtree violation");
}

TEST(Build, KeyUsageBitsReadBackByOpenSsl) {
  for (const unsigned usage : {1u, 5u, 32u, 96u, 97u, 256u, 511u}) {
    CertificateTemplate parts = leaf_template();
    parts.key_usage = usage;
    const Certificate leaf = issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key);
    EXPECT_EQ(leaf.key_usage(), usage);
    const auto parsed = native(leaf);
    const crypto::Asn1BitStringPtr bits(
        static_cast<ASN1_BIT_STRING*>(X509_get_ext_d2i(parsed.get(), NID_key_usage, nullptr, nullptr)));
    unsigned read = 0;
    for (int bit = 0; bit < 9; ++bit) read |= static_cast<unsigned>(ASN1_BIT_STRING_get_bit(bits.get(), bit)) << bit;
    EXPECT_EQ(read, usage);
  }
}

TEST(Build, NamesAreSortedAndWithoutDoubles) {
  CertificateTemplate parts = leaf_template();
  parts.names = {dns("b.example"), ip("192.0.2.1"), dns("a.example"), dns("b.example")};
  const Certificate leaf = issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key);
  EXPECT_EQ(lint(leaf, &pki().intermediate), "");
  EXPECT_EQ(leaf.names(), (std::vector{dns("a.example"), dns("b.example"), ip("192.0.2.1")}));
}

TEST(Build, TheSameTemplateGivesTheSameOctetsToSign) {
  const CertificateTemplate parts = leaf_template();
  const auto first = to_be_signed(parts, key().public_key(), &pki().intermediate, pki().intermediate_key.public_key());
  const auto again = to_be_signed(parts, key().public_key(), &pki().intermediate, pki().intermediate_key.public_key());
  EXPECT_EQ(first->tbs, again->tbs);
  const Certificate leaf = sign(*first, pki().intermediate_key).value();
  EXPECT_EQ(to_bytes(read_fields(leaf.der())->tbs), first->tbs);
  EXPECT_EQ(leaf.serial(), parts.serial);
}

TEST(Build, AnIssuerWithoutSkiGivesItsKeyIdentifier) {
  Raw raw;
  raw.extensions = {asn1::extension(oid::basic_constraints, true, asn1::der::sequence({asn1::boolean_true()}))};
  raw.spki = pki().intermediate_key.public_key().spki();
  raw.subject = pki().intermediate.subject_der();
  const Certificate old = raw.certificate();
  const Certificate leaf = issue(leaf_template(), key().public_key(), &old, pki().intermediate_key);
  EXPECT_EQ(leaf.authority_key_id(), pki().intermediate.subject_key_id());
}

struct BadTemplate {
  const char* name;
  ErrorKind kind;
  void (*edit)(CertificateTemplate&);
};

class TemplateFault : public testing::TestWithParam<BadTemplate> {};

TEST_P(TemplateFault, IsRefused) {
  CertificateTemplate parts = leaf_template();
  GetParam().edit(parts);
  const auto tbs = to_be_signed(parts, key().public_key(), &pki().intermediate, pki().intermediate_key.public_key());
  ASSERT_FALSE(tbs);
  EXPECT_EQ(tbs.error().kind, GetParam().kind) << tbs.error().describe();
}

const BadTemplate bad_templates[] = {
    {"NoSerial", ErrorKind::internal, [](CertificateTemplate& t) { t.serial.clear(); }},
    {"EndsBeforeItBegins", ErrorKind::internal, [](CertificateTemplate& t) { t.not_after = t.not_before - 1s; }},
    {"EndsAfterTheYear9999", ErrorKind::internal, [](CertificateTemplate& t) { t.not_after = asn1::latest_time + 1s; }},
    {"PathLengthOfALeaf", ErrorKind::internal, [](CertificateTemplate& t) { t.path_length = 0; }},
    {"BadName", ErrorKind::internal, [](CertificateTemplate& t) { t.names.push_back(dns("a b")); }},
    {"LongCommonName", ErrorKind::config, [](CertificateTemplate& t) { t.subject.common_name = std::string(65, 'a'); }},
    {"ControlInOrganization", ErrorKind::config, [](CertificateTemplate& t) { t.subject.organization = "a\x1b[0m"; }},
    {"C1ControlInOrganization", ErrorKind::config,
     [](CertificateTemplate& t) { t.subject.organization = "a\xc2\x9b"; }},
    {"OrganizationNotUtf8", ErrorKind::config, [](CertificateTemplate& t) { t.subject.organization = "a\xff"; }},
    {"UrlWithBlank", ErrorKind::config, [](CertificateTemplate& t) { t.crl_url = "http://a b/"; }},
};

INSTANTIATE_TEST_SUITE_P(Build, TemplateFault, testing::ValuesIn(bad_templates),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Build, RefusesAKeyThatIsNotTheIssuers) {
  EXPECT_FALSE(to_be_signed(leaf_template(), key().public_key(), &pki().intermediate, pki().root_key.public_key()));
}

TEST(Build, ACommonNameOf64CharactersFits) {
  CertificateTemplate parts = root_template();
  parts.subject.common_name.clear();
  for (int i = 0; i < 64; ++i) parts.subject.common_name += "\xc3\xbc";
  EXPECT_TRUE(to_be_signed(parts, key().public_key(), nullptr, key().public_key()));
}

}  // namespace
}  // namespace crest::x509
