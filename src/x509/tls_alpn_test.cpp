#include <gtest/gtest.h>

#include "encoding/base64.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/oid.hpp"
#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;
namespace der = asn1::der;

const Bytes digest = encoding::from_hex("65a26016d215e16034b7633337b91b4a4d2c7d17761998dac51a9a49300aea52").value();

Bytes dns_entry(std::string_view text) { return der::element(asn1::implicit_tag(2), as_bytes(text)); }
Bytes san(const std::vector<Bytes>& entries) {
  return asn1::extension(oid::subject_alt_name, false, der::element(der::tag_sequence, joined(entries)));
}
Bytes identifier(bool critical, ByteView value) { return asn1::extension(oid::acme_identifier, critical, value); }

// A good answer for example.org, whose fields a test may replace.
struct Answer : Raw {
  Answer() {
    subject = issuer = write_distinguished_name({}, "anything").value();
    spki = key().public_key().spki();
    extensions = {san({dns_entry("example.org")}), acme_identifier_extension(digest)};
  }
};

std::string verdict(const Raw& raw, const crypto::Signer& signer = key()) {
  const auto parsed = Certificate::from_der(raw.der(signer));
  return parsed ? check_tls_alpn(*parsed, dns("example.org"), digest) : "not parsed: " + parsed.error().message;
}

TEST(TlsAlpn, V7_TLS_01_TheExtensionOctetForOctet) {
  EXPECT_EQ(encoding::hex(acme_identifier_extension(digest)),
            "303106082b0601050507011f0101ff0422042065a26016d215e16034b7633337b91b4a4d2c7d17761998dac51a9a49300aea52");
}

TEST(TlsAlpn, TLS_01_TLS_10_OursAnswers) {
  for (const SubjectName& name : {dns("example.org"), ip("192.0.2.10"), ip("2001:db8::1")}) {
    for (const crypto::KeyType type : {crypto::KeyType::ec_p256, crypto::KeyType::rsa_2048}) {
      const Certificate made = tls_alpn_certificate(key(type), name, digest, serial(), year_2026).value();
      EXPECT_EQ(check_tls_alpn(made, name, digest), "");
      EXPECT_EQ(made.names(), std::vector{name});
      EXPECT_LT(made.not_before(), year_2026);
      EXPECT_GT(made.not_after(), year_2026 + day);
      EXPECT_FALSE(made.is_ca());
    }
  }
  EXPECT_FALSE(tls_alpn_certificate(key(), dns("example.org"), Bytes(31), serial(), year_2026));
  EXPECT_FALSE(tls_alpn_certificate(key(), dns("Example.org"), digest, serial(), year_2026));
}

TEST(TlsAlpn, TLS_06_NamesCompareWithoutCase) {
  Answer answer;
  EXPECT_EQ(verdict(answer), "");
  answer.extensions[0] = san({dns_entry("EXAMPLE.Org")});
  EXPECT_EQ(verdict(answer), "");
}

TEST(TlsAlpn, DatesAreNobodysBusiness) {
  Answer answer;
  answer.not_before = answer.not_after = asn1::time(year_2026 - 1000 * day);
  EXPECT_EQ(verdict(answer), "");
}

struct BadAnswer {
  const char* name;
  std::string_view fault;
  void (*edit)(Raw&);
};

class TlsAlpnFault : public testing::TestWithParam<BadAnswer> {};

TEST_P(TlsAlpnFault, V7_SF46_TLS_06_TLS_08_TLS_09_IsRefused) {
  Answer answer;
  GetParam().edit(answer);
  EXPECT_NE(verdict(answer).find(GetParam().fault), std::string::npos) << verdict(answer);
}

const BadAnswer bad_answers[] = {
    {"NotCritical", "not critical", [](Raw& r) { r.extensions[1] = identifier(false, asn1::octet_string(digest)); }},
    {"CriticalWrittenFalse", "not critical",
     [](Raw& r) {
       r.extensions[1] = der::sequence(
           {asn1::object_id(oid::acme_identifier), Bytes{1, 1, 0}, asn1::octet_string(asn1::octet_string(digest))});
     }},
    {"DigestOf31Octets", "32 octets",
     [](Raw& r) { r.extensions[1] = identifier(true, asn1::octet_string(ByteView(digest).first(31))); }},
    {"DigestOf33Octets", "32 octets",
     [](Raw& r) {
       Bytes longer = digest;
       longer.push_back(0);
       r.extensions[1] = identifier(true, asn1::octet_string(longer));
     }},
    {"DigestEmpty", "32 octets", [](Raw& r) { r.extensions[1] = identifier(true, asn1::octet_string({})); }},
    {"ExtensionEmpty", "one OCTET STRING", [](Raw& r) { r.extensions[1] = identifier(true, {}); }},
    {"WithoutInnerOctetString", "one OCTET STRING", [](Raw& r) { r.extensions[1] = identifier(true, digest); }},
    {"DigestInBitString", "one OCTET STRING",
     [](Raw& r) { r.extensions[1] = identifier(true, asn1::bit_string(digest)); }},
    {"DigestInUtf8String", "one OCTET STRING",
     [](Raw& r) { r.extensions[1] = identifier(true, asn1::utf8_string(as_text(digest))); }},
    {"OctetsBehindTheDigest", "one OCTET STRING",
     [](Raw& r) {
       Bytes value = asn1::octet_string(digest);
       asn1::append(value, Bytes{5, 0});
       r.extensions[1] = identifier(true, value);
     }},
    {"TwoOctetStrings", "one OCTET STRING",
     [](Raw& r) {
       Bytes value = asn1::octet_string(digest);
       asn1::append(value, asn1::octet_string(digest));
       r.extensions[1] = identifier(true, value);
     }},
    {"LongFormLength", "one OCTET STRING",
     [](Raw& r) {
       Bytes value = {0x04, 0x81, 0x20};
       asn1::append(value, digest);
       r.extensions[1] = identifier(true, value);
     }},
    {"OtherDigest", "another key authorization",
     [](Raw& r) { r.extensions[1] = acme_identifier_extension(Bytes(32)); }},
    {"LastOctetOfTheDigest", "another key authorization",
     [](Raw& r) {
       Bytes other = digest;
       other.back() ^= 1;
       r.extensions[1] = acme_identifier_extension(other);
     }},
    {"DraftIdentifier", "draft",
     [](Raw& r) { r.extensions[1] = asn1::extension(oid::acme_identifier_draft, true, asn1::octet_string(digest)); }},
    {"DraftIdentifierBeside", "draft",
     [](Raw& r) {
       r.extensions.push_back(asn1::extension(oid::acme_identifier_draft, false, asn1::octet_string(digest)));
     }},
    {"NoIdentifier", "no acmeIdentifier", [](Raw& r) { r.extensions.pop_back(); }},
    {"IdentifierTwice", "one of them twice", [](Raw& r) { r.extensions.push_back(r.extensions[1]); }},
    {"NamesTwice", "one of them twice", [](Raw& r) { r.extensions.push_back(r.extensions[0]); }},
    {"NoNames", "no subject alternative name", [](Raw& r) { r.extensions.erase(r.extensions.begin()); }},
    {"NoExtensions", "no subject alternative name", [](Raw& r) { r.extensions.clear(); }},
    {"EmptyNames", "has no entry", [](Raw& r) { r.extensions[0] = san({}); }},
    {"TwoNames", "2 names",
     [](Raw& r) { r.extensions[0] = san({dns_entry("example.org"), dns_entry("example.net")}); }},
    {"TheNameTwice", "2 names",
     [](Raw& r) { r.extensions[0] = san({dns_entry("example.org"), dns_entry("example.org")}); }},
    {"NameAndAddress", "2 names",
     [](Raw& r) { r.extensions[0] = san({dns_entry("example.org"), Bytes{0x87, 4, 192, 0, 2, 1}}); }},
    {"NameAndMail", "2 names",
     [](Raw& r) { r.extensions[0] = san({dns_entry("example.org"), Bytes{0x81, 3, 'a', '@', 'b'}}); }},
    {"OnlyMail", "another name", [](Raw& r) { r.extensions[0] = san({Bytes{0x81, 3, 'a', '@', 'b'}}); }},
    {"NameAsMail", "another name",
     [](Raw& r) { r.extensions[0] = san({der::element(asn1::implicit_tag(1), as_bytes("example.org"))}); }},
    {"OtherName", "another name", [](Raw& r) { r.extensions[0] = san({dns_entry("example.net")}); }},
    {"Wildcard", "another name", [](Raw& r) { r.extensions[0] = san({dns_entry("*.example.org")}); }},
    {"Subdomain", "another name", [](Raw& r) { r.extensions[0] = san({dns_entry("www.example.org")}); }},
    {"TrailingDot", "another name", [](Raw& r) { r.extensions[0] = san({dns_entry("example.org.")}); }},
    {"NulInTheName", "not visible ASCII",
     [](Raw& r) { r.extensions[0] = san({dns_entry(std::string_view("example.org\0.evil", 17))}); }},
    {"AddressInsteadOfName", "another name", [](Raw& r) { r.extensions[0] = san({Bytes{0x87, 4, 192, 0, 2, 1}}); }},
    {"NameOnlyInTheCommonName", "another name",
     [](Raw& r) {
       r.subject = r.issuer = write_distinguished_name({}, "example.org").value();
       r.extensions[0] = san({dns_entry("example.net")});
     }},
    {"IssuedByAnother", "subject and issuer differ",
     [](Raw& r) { r.issuer = write_distinguished_name({}, "somebody else").value(); }},
    {"KeyThatDidNotSign", "its own key", [](Raw& r) { r.spki = key(crypto::KeyType::ec_p256, 5).public_key().spki(); }},
    {"AlgorithmsDiffer", "its own key",
     [](Raw& r) { r.inner_algorithm = to_bytes(signature_algorithm(crypto::KeyType::ec_p384)); }},
};

INSTANTIATE_TEST_SUITE_P(Broken, TlsAlpnFault, testing::ValuesIn(bad_answers),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(TlsAlpn, TLS_08_ASignatureByAnotherKeyIsRefused) {
  const std::string fault = verdict(Answer(), key(crypto::KeyType::ec_p256, 5));
  EXPECT_NE(fault.find("its own key"), std::string::npos) << fault;
}

TEST(TlsAlpn, TLS_10_AnAddressIsNotItsTextOrItsReverseName) {
  const SubjectName address = ip("192.0.2.10");
  Answer answer;
  for (const std::string_view text : {"192.0.2.10", "10.2.0.192.in-addr.arpa"}) {
    answer.extensions[0] = san({dns_entry(text)});
    EXPECT_NE(check_tls_alpn(Certificate::from_der(answer.der(key())).value(), address, digest), "");
  }
  answer.extensions[0] = san({Bytes{0x87, 4, 192, 0, 2, 10}});
  EXPECT_EQ(check_tls_alpn(Certificate::from_der(answer.der(key())).value(), address, digest), "");
}

}  // namespace
}  // namespace crest::x509
