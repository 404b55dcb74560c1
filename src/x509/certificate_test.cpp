#include "x509/certificate.hpp"

#include <gtest/gtest.h>

#include "encoding/base64.hpp"
#include "x509/general_names.hpp"
#include "x509/oid.hpp"
#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;

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

std::string fault_of(ByteView der) {
  const auto parsed = Certificate::from_der(der);
  return parsed ? "" : parsed.error().message;
}

Bytes san_extension(ByteView names) {
  return asn1::extension(oid::subject_alt_name, true, asn1::der::element(asn1::der::tag_sequence, names));
}

TEST(Certificate, V15_ExampleOfRfc9773) {
  const Certificate certificate = Certificate::from_pem(v15).value();
  EXPECT_EQ(encoding::hex(certificate.authority_key_id()), "69885b6b87464041e1b37b847ba0ae2cde01c8d4");
  EXPECT_EQ(certificate.serial(), (Bytes{0x00, 0x87, 0x65, 0x43, 0x21}));
  EXPECT_EQ(certificate.serial_hex(), "0087654321");
  EXPECT_EQ(certificate.subject(), "CN=example.com");
  EXPECT_EQ(certificate.common_name(), "example.com");
  EXPECT_EQ(certificate.issuer(), "CN=Example CA");
  EXPECT_EQ(to_rfc3339(certificate.not_before()), "0001-01-01T00:00:00Z");
  EXPECT_EQ(certificate.lifetime(), 1s);
  EXPECT_TRUE(certificate.names().empty());
  EXPECT_FALSE(certificate.is_ca());
  EXPECT_EQ(certificate.pem(), v15);
}

TEST(Certificate, ReadsALeaf) {
  const Certificate& leaf = pki().leaf;
  const std::vector<SubjectName> names = {dns("example.org"), dns("www.example.org"), ip("192.0.2.10"),
                                          ip("2001:db8::1")};
  EXPECT_EQ(leaf.names(), names);
  EXPECT_FALSE(leaf.has_other_names());
  EXPECT_EQ(leaf.subject(), "");
  EXPECT_EQ(leaf.common_name(), std::nullopt);
  EXPECT_EQ(leaf.issuer(), "CN=Test Issuing CA,O=Example Corp");
  EXPECT_EQ(leaf.issuer_der(), pki().intermediate.subject_der());
  EXPECT_EQ(leaf.authority_key_id(), pki().intermediate.subject_key_id());
  EXPECT_EQ(leaf.subject_key_id(), Bytes{});
  EXPECT_EQ(leaf.public_key(), pki().leaf_key.public_key());
  EXPECT_EQ(leaf.key_usage(), leaf_usage);
  EXPECT_FALSE(leaf.is_ca());
  EXPECT_EQ(leaf.lifetime(), day);
  EXPECT_EQ(leaf.fingerprint().size(), std::string_view("sha256:").size() + 64);
  EXPECT_EQ(Certificate::from_pem(leaf.pem())->der(), leaf.der());
}

TEST(Certificate, ReadsACa) {
  const Certificate& ca = pki().intermediate;
  EXPECT_TRUE(ca.is_ca());
  EXPECT_EQ(ca.key_usage(), ca_usage);
  EXPECT_EQ(ca.common_name(), "Test Issuing CA");
  EXPECT_FALSE(ca.is_self_issued());
  EXPECT_TRUE(pki().root.is_self_issued());
}

TEST(Certificate, KnowsWhoSignedIt) {
  EXPECT_TRUE(pki().leaf.signed_by(pki().intermediate));
  EXPECT_TRUE(pki().root.signed_by(pki().root));
  EXPECT_FALSE(pki().leaf.signed_by(pki().root));
  EXPECT_FALSE(pki().leaf.signed_by(pki().leaf));
}

TEST(Certificate, FromPemWantsExactlyOne) {
  EXPECT_FALSE(Certificate::from_pem(""));
  EXPECT_FALSE(Certificate::from_pem("no certificate\n"));
  EXPECT_TRUE(Certificate::from_pem("a note\n" + pki().leaf.pem()));
  EXPECT_FALSE(Certificate::from_pem(pki().chain().pem()));
}

TEST(Certificate, RefusesEveryTruncationAndAnyTail) {
  for (const Certificate* certificate : {&pki().leaf, &pki().intermediate}) {
    const Bytes& der = certificate->der();
    for (std::size_t size = 0; size < der.size(); ++size) {
      EXPECT_FALSE(Certificate::from_der(ByteView(der).first(size))) << size;
    }
    Bytes longer = der;
    longer.push_back(0);
    EXPECT_FALSE(Certificate::from_der(longer));
  }
}

// Whatever one octet is changed to, parsing ends well, and no changed certificate passes for a signed one.
TEST(Certificate, SurvivesEveryChangedOctet) {
  for (std::size_t i = 0; i < pki().leaf.der().size(); ++i) {
    for (const std::uint8_t change : {0x01, 0x20, 0x80, 0xff}) {
      Bytes der = pki().leaf.der();
      der[i] ^= change;
      const auto parsed = Certificate::from_der(der);
      EXPECT_FALSE(parsed && parsed->signed_by(pki().intermediate)) << i;
    }
  }
}

TEST(Certificate, RefusesLengthsLongerThanTheyNeedBe) {
  const Bytes& der = pki().leaf.der();
  ASSERT_EQ(der[1], 0x82);  // two octets of length follow
  Bytes longer = {der[0], 0x83, 0x00};
  asn1::append(longer, ByteView(der).subspan(2));
  EXPECT_FALSE(Certificate::from_der(longer));
  Bytes endless = {der[0], 0x80};
  asn1::append(endless, ByteView(der).subspan(4));
  asn1::append(endless, Bytes{0, 0});
  EXPECT_FALSE(Certificate::from_der(endless));
}

struct BadField {
  const char* name;
  std::string_view fault;
  void (*edit)(Raw&);
};

class CertificateField : public testing::TestWithParam<BadField> {};

TEST_P(CertificateField, IsRefused) {
  Raw raw;
  GetParam().edit(raw);
  EXPECT_NE(fault_of(raw.der()).find(GetParam().fault), std::string::npos) << fault_of(raw.der());
}

Bytes ia5_name(std::string_view text) { return asn1::der::element(asn1::implicit_tag(2), as_bytes(text)); }

const BadField bad_fields[] = {
    {"Version1WrittenOut", "the version is neither 2 nor 3",
     [](Raw& r) { r.version = asn1::der::element(0xa0, asn1::integer(std::uint64_t{0})); }},
    {"Version4", "the version is neither 2 nor 3",
     [](Raw& r) { r.version = asn1::der::element(0xa0, asn1::integer(std::uint64_t{3})); }},
    {"PaddedSerial", "the serial number is an INTEGER longer than it need be",
     [](Raw& r) { r.serial = asn1::integer(Bytes{0, 1}); }},
    {"EmptySerial", "the serial number is not an INTEGER", [](Raw& r) { r.serial = asn1::integer(Bytes{}); }},
    {"SerialOfOtherType", "the serial number has another type than it must have",
     [](Raw& r) { r.serial = asn1::octet_string(Bytes{1}); }},
    {"SubjectOfOtherType", "the subject has another type than it must have",
     [](Raw& r) { r.subject = asn1::utf8_string("CN=x"); }},
    {"SubjectWithEmptySet", "the subject has an empty part",
     [](Raw& r) { r.subject = asn1::der::sequence({Bytes{0x31, 0}}); }},
    {"UtcTimeWithoutSeconds", "notAfter is not a date",
     [](Raw& r) { r.not_after = asn1::der::element(asn1::tag_utc_time, as_bytes("2601020000Z")); }},
    {"UtcTimeWithOffset", "notAfter is not a date",
     [](Raw& r) { r.not_after = asn1::der::element(asn1::tag_utc_time, as_bytes("260102000000+0100")); }},
    {"GeneralizedTimeWithFraction", "notAfter is not a date",
     [](Raw& r) { r.not_after = asn1::der::element(asn1::tag_generalized_time, as_bytes("20260102000000.5Z")); }},
    {"Month13", "notAfter is not a date",
     [](Raw& r) { r.not_after = asn1::der::element(asn1::tag_utc_time, as_bytes("261302000000Z")); }},
    {"February30", "notAfter is not a date",
     [](Raw& r) { r.not_after = asn1::der::element(asn1::tag_utc_time, as_bytes("260230000000Z")); }},
    {"Hour24", "notAfter is not a date",
     [](Raw& r) { r.not_after = asn1::der::element(asn1::tag_utc_time, as_bytes("260102240000Z")); }},
    {"TimeThatIsText", "notAfter is not a date", [](Raw& r) { r.not_after = asn1::utf8_string("260102000000Z"); }},
    {"KeyOfUnknownKind", "its algorithm is not supported",
     [](Raw& r) { r.spki = asn1::der::sequence({r.inner_algorithm, asn1::bit_string({})}); }},
    {"ExtensionsInVersion1", "not of version 3",
     [](Raw& r) {
       r.version = {};
       r.extensions = {asn1::extension(oid::key_usage, true, Bytes{3, 2, 7, 0x80})};
     }},
    {"ExtensionTwice", "one of them twice",
     [](Raw& r) { r.extensions = {san_extension(ia5_name("a")), san_extension(ia5_name("a"))}; }},
    {"UnknownExtensionTwice", "one of them twice",
     [](Raw& r) { r.extensions = {asn1::extension("\x2a\x03", false, {}), asn1::extension("\x2a\x03", false, {})}; }},
    {"CriticalNeitherTrueNorFalse", "an extension is neither 00 nor FF",
     [](Raw& r) {
       r.extensions = {asn1::der::sequence({asn1::object_id("\x2a\x03"), Bytes{1, 1, 1}, asn1::octet_string({})})};
     }},
    {"TooManyExtensions", "the list of extensions is longer than 64",
     [](Raw& r) {
       for (char c = 0; c < 65; ++c) r.extensions.push_back(asn1::extension(std::string{'\x2a', c}, false, {}));
     }},
    {"SanWithoutEntry", "the subject alternative name has no entry",
     [](Raw& r) { r.extensions = {san_extension({})}; }},
    {"SanNameWithNul", "not visible ASCII",
     [](Raw& r) { r.extensions = {san_extension(ia5_name(std::string("a\0.example", 10)))}; }},
    {"SanNameWithLineEnd", "not visible ASCII",
     [](Raw& r) { r.extensions = {san_extension(ia5_name("a\n.example"))}; }},
    {"SanNameEmpty", "not visible ASCII", [](Raw& r) { r.extensions = {san_extension(ia5_name(""))}; }},
    {"SanNameInUtf8", "not visible ASCII",
     [](Raw& r) {
       r.extensions = {
           san_extension(ia5_name("b\xc3\xbc"
                                  "cher.example"))};
     }},
    {"SanAddressOf5Octets", "neither 4 nor 16 octets",
     [](Raw& r) { r.extensions = {san_extension(Bytes{0x87, 5, 1, 2, 3, 4, 5})}; }},
    {"SanOfNoKind", "the subject alternative name has an entry of no kind that exists",
     [](Raw& r) { r.extensions = {san_extension(Bytes{0x04, 1, 1})}; }},
    {"SanWithTail", "the subject alternative name has octets behind its end",
     [](Raw& r) { r.extensions = {asn1::extension(oid::subject_alt_name, true, Bytes{0x30, 3, 0x82, 1, 'a', 0})}; }},
    {"KeyUsageWithStrayBits", "keyUsage has bits behind its end",
     [](Raw& r) { r.extensions = {asn1::extension(oid::key_usage, true, Bytes{3, 2, 7, 0x81})}; }},
    {"ConstraintsOfOtherType", "basicConstraints has another type than it must have",
     [](Raw& r) { r.extensions = {asn1::extension(oid::basic_constraints, true, Bytes{5, 0})}; }},
    {"SomethingBehindTheExtensions", "the certificate has octets behind its end", [](Raw& r) { r.tail = Bytes{5, 0}; }},
    {"UniqueIdInVersion1", "although it is of version 1",
     [](Raw& r) {
       r.version = {};
       r.tail = Bytes{0x81, 2, 0, 1};
     }},
};

INSTANTIATE_TEST_SUITE_P(Broken, CertificateField, testing::ValuesIn(bad_fields),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Certificate, ForgivesWhatManyCasHaveWritten) {
  Raw raw;
  raw.serial = asn1::integer(Bytes{0xff});  // negative
  raw.not_before = asn1::der::element(asn1::tag_generalized_time, as_bytes("20260101000000Z"));
  const Bytes no_ca = asn1::der::sequence({Bytes{1, 1, 0}});
  raw.extensions = {
      asn1::der::sequence({asn1::object_id(oid::basic_constraints), Bytes{1, 1, 0}, asn1::octet_string(no_ca)})};
  const Certificate certificate = Certificate::from_der(raw.der()).value();
  EXPECT_EQ(certificate.serial(), Bytes{0xff});
  EXPECT_EQ(certificate.not_before(), year_2026);
  EXPECT_FALSE(certificate.is_ca());
  raw.serial = asn1::integer(Bytes{0});
  EXPECT_EQ(fault_of(raw.der()), "");
}

TEST(Certificate, ReadsVersion1) {
  Raw raw;
  raw.version = {};
  EXPECT_EQ(fault_of(raw.der()), "");
}

TEST(Certificate, ReadsDatesToTheYear9999) {
  Raw raw;
  raw.not_before = asn1::der::element(asn1::tag_utc_time, as_bytes("500101000000Z"));
  raw.not_after = asn1::der::element(asn1::tag_generalized_time, as_bytes("99991231235959Z"));
  const Certificate certificate = raw.certificate();
  EXPECT_EQ(to_rfc3339(certificate.not_before()), "1950-01-01T00:00:00Z");
  EXPECT_EQ(to_rfc3339(certificate.not_after()), "9999-12-31T23:59:59Z");
  EXPECT_EQ(certificate.not_after(), asn1::latest_time);
}

TEST(Certificate, NamesOfOtherKindsAreOnlyNoticed) {
  Raw raw;
  Bytes names = ia5_name("UPPER.example.org");
  asn1::append(names, asn1::der::element(asn1::implicit_tag(1), as_bytes("who@example.org")));
  raw.extensions = {san_extension(names)};
  const Certificate certificate = raw.certificate();
  EXPECT_TRUE(certificate.has_other_names());
  EXPECT_EQ(certificate.names(), std::vector{dns("upper.example.org")});
}

TEST(Certificate, ATerminalIsSafeFromTheSubject) {
  const auto attribute = [](std::string_view oid, std::uint8_t tag, std::string_view text) {
    const Bytes pair = asn1::der::sequence({asn1::object_id(oid), asn1::der::element(tag, as_bytes(text))});
    return asn1::der::element(asn1::tag_set, pair);
  };
  Raw raw;
  raw.subject = asn1::der::sequence({attribute(oid::organization, asn1::tag_utf8_string,
                                               "B\xc3\xbc"
                                               "cher\r\n, Inc"),
                                     attribute(oid::common_name, asn1::tag_utf8_string, "\x1b[31mred\x7f")});
  const Certificate certificate = raw.certificate();
  EXPECT_EQ(certificate.subject(), "CN=\\1B[31mred\\7F,O=B\\C3\\BCcher\\0D\\0A\\, Inc");
  EXPECT_EQ(certificate.common_name(), "\\1B[31mred\\7F");
}

TEST(Certificate, AKeyThatIsNotAcceptedIsSaid) {
  Raw raw;
  const Bytes number = asn1::integer(Bytes(64, 0x7f));  // far too short for RSA
  const Bytes algorithm = asn1::der::sequence({asn1::object_id("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), Bytes{5, 0}});
  raw.spki = asn1::der::sequence(
      {algorithm, asn1::bit_string(asn1::der::sequence({number, asn1::integer(std::uint64_t{65537})}))});
  EXPECT_NE(fault_of(raw.der()).find("2048"), std::string::npos) << fault_of(raw.der());
}

}  // namespace
}  // namespace crest::x509
