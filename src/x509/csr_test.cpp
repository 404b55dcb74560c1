#include "x509/csr.hpp"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/oid.hpp"
#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;
using crypto::KeyType;
namespace der = asn1::der;

const std::vector<SubjectName> names = {dns("www.example.org"), dns("example.org"), ip("192.0.2.10"),
                                        dns("*.example.org"), dns("example.org")};
const std::vector<SubjectName> sorted_names = {dns("*.example.org"), dns("example.org"), dns("www.example.org"),
                                               ip("192.0.2.10")};

// A CSR element by element, like Raw.
struct RawCsr {
  Bytes version = asn1::integer(std::uint64_t{0});
  Bytes subject = der::element(der::tag_sequence, {});
  Bytes spki = key().public_key().spki();
  std::vector<Bytes> extensions = {subject_names_extension(names, false).value()};
  std::vector<Bytes> more_attributes = {};
  Bytes algorithm = to_bytes(signature_algorithm(KeyType::ec_p256));
  bool has_attributes = true;

  Bytes request() const {
    const Bytes list = der::element(der::tag_sequence, joined(extensions));
    return der::sequence({asn1::object_id(oid::extension_request), der::element(asn1::tag_set, list)});
  }
  Bytes encode() const {
    const Bytes attributes = der::element(asn1::constructed_tag(0),
                                          joined({extensions.empty() ? Bytes{} : request(), joined(more_attributes)}));
    const Bytes info = der::sequence({version, subject, spki, has_attributes ? attributes : Bytes{}});
    return der::sequence({info, algorithm, asn1::bit_string(key().sign(info).value())});
  }
};

std::string fault_of(ByteView csr) {
  const auto parsed = Csr::from_der(csr);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().kind, ErrorKind::malformed);
  return parsed.error().message;
}

// Made and signed with OpenSSL, by any digest.
Bytes csr_by_openssl(const crypto::PrivateKey& signer, const EVP_MD* digest) {
  const crypto::X509ReqPtr request(X509_REQ_new());
  X509_REQ_set_version(request.get(), 0);
  X509_REQ_set_pubkey(request.get(), signer.native());
  X509_NAME* subject = X509_REQ_get_subject_name(request.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("example.org"), -1, -1,
                             0);
  EXPECT_GT(X509_REQ_sign(request.get(), signer.native(), digest), 0);
  unsigned char* octets = nullptr;
  const int size = i2d_X509_REQ(request.get(), &octets);
  const crypto::OctetsPtr owner(octets);
  return Bytes(octets, octets + size);
}

TEST(Csr, ORD_17_IP_03_NamesComeBackSorted) {
  const Bytes made = make_csr(key(), names).value();
  const Csr csr = Csr::from_der(made).value();
  EXPECT_EQ(csr.names, sorted_names);
  EXPECT_EQ(csr.key, key().public_key());
  EXPECT_EQ(csr.der, made);
  EXPECT_TRUE(csr.common_names.empty());
  EXPECT_FALSE(csr.has_other_names || csr.has_other_subject || csr.asks_ca);
}

TEST(Csr, OpenSslReadsAndVerifiesOurs) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048, KeyType::rsa_3072,
                             KeyType::rsa_4096, KeyType::ed25519}) {
    const Bytes made = make_csr(key(type), names, "www.example.org").value();
    const unsigned char* in = made.data();
    const crypto::X509ReqPtr request(d2i_X509_REQ(nullptr, &in, static_cast<long>(made.size())));
    ASSERT_TRUE(request);
    EXPECT_EQ(X509_REQ_verify(request.get(), key(type).native()), 1) << to_string(type);
    const crypto::X509ExtensionStackPtr extensions(X509_REQ_get_extensions(request.get()));
    const crypto::GeneralNamesPtr san(
        static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
    EXPECT_EQ(sk_GENERAL_NAME_num(san.get()), 4);
    EXPECT_EQ(Csr::from_der(made)->common_names, std::vector<std::string>{"www.example.org"});
  }
}

TEST(Csr, WeReadOpenSsls) {
  for (const KeyType type : {KeyType::ec_p256, KeyType::ec_p384, KeyType::ec_p521, KeyType::rsa_2048}) {
    for (const EVP_MD* digest : {EVP_sha256(), EVP_sha384(), EVP_sha512()}) {
      EXPECT_EQ(fault_of(csr_by_openssl(key(type), digest)), "") << to_string(type) << EVP_MD_get0_name(digest);
    }
  }
  const Csr csr = Csr::from_der(csr_by_openssl(key(KeyType::ed25519), nullptr)).value();
  EXPECT_EQ(csr.common_names, std::vector<std::string>{"example.org"});
  EXPECT_TRUE(csr.names.empty());
}

TEST(Csr, SF28_OldDigestsAreRefusedByName) {
  EXPECT_NE(fault_of(csr_by_openssl(key(KeyType::rsa_2048), EVP_sha1())).find("sha1WithRSAEncryption"),
            std::string::npos);
  EXPECT_NE(fault_of(csr_by_openssl(key(KeyType::ec_p256), EVP_sha1())).find("ecdsa-with-SHA1"), std::string::npos);
  EXPECT_NE(fault_of(csr_by_openssl(key(KeyType::rsa_2048), EVP_md5())).find("md5WithRSAEncryption"),
            std::string::npos);
}

TEST(Csr, ORD_18_ORD_19_WhatIsAskedBesideNamesIsNoticed) {
  RawCsr raw;
  raw.subject = write_distinguished_name("Example Corp", "hidden.example.org").value();
  Bytes san = der::element(asn1::implicit_tag(2), as_bytes("a.example"));
  asn1::append(san, der::element(asn1::implicit_tag(6), as_bytes("spiffe://x")));
  raw.extensions = {asn1::extension(oid::subject_alt_name, false, der::element(der::tag_sequence, san)),
                    asn1::extension(oid::basic_constraints, true, der::sequence({asn1::boolean_true()}))};
  const Csr csr = Csr::from_der(raw.encode()).value();
  EXPECT_EQ(csr.common_names, std::vector<std::string>{"hidden.example.org"});
  EXPECT_EQ(csr.names, std::vector{dns("a.example")});
  EXPECT_TRUE(csr.has_other_names);
  EXPECT_TRUE(csr.has_other_subject);
  EXPECT_TRUE(csr.asks_ca);
}

TEST(Csr, EveryCommonNameIsSeen) {
  RawCsr raw;
  const Bytes one = write_distinguished_name({}, "a.example").value();
  const Bytes two = write_distinguished_name({}, "b.example").value();
  raw.subject = der::sequence({ByteView(one).subspan(2), ByteView(two).subspan(2)});
  EXPECT_EQ(Csr::from_der(raw.encode())->common_names, (std::vector<std::string>{"a.example", "b.example"}));
}

TEST(Csr, ORD_19_TruncationsTailsAndChangesAreRefused) {
  const Bytes good = make_csr(key(), names, "example.org").value();
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_NE(fault_of(ByteView(good).first(size)), "") << size;
  Bytes tail = good;
  tail.push_back(0);
  EXPECT_NE(fault_of(tail), "");
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const std::uint8_t change : {0x01, 0x80}) {
      Bytes changed = good;
      changed[i] ^= change;
      EXPECT_NE(fault_of(changed), "") << i;
    }
  }
}

struct BadCsr {
  const char* name;
  std::string_view fault;
  void (*edit)(RawCsr&);
};

class CsrField : public testing::TestWithParam<BadCsr> {};

TEST_P(CsrField, SF28_IsRefused) {
  RawCsr raw;
  GetParam().edit(raw);
  EXPECT_NE(fault_of(raw.encode()).find(GetParam().fault), std::string::npos) << fault_of(raw.encode());
}

// SubjectPublicKeyInfo of a P-256 key whose curve is written out in numbers.
Bytes explicit_curve_key() {
  const crypto::PkeyPtr pkey(EVP_EC_gen("P-256"));
  EVP_PKEY_set_utf8_string_param(pkey.get(), "encoding", "explicit");
  unsigned char* octets = nullptr;
  const int size = i2d_PUBKEY(pkey.get(), &octets);
  const crypto::OctetsPtr owner(octets);
  return Bytes(octets, octets + size);
}

const BadCsr bad_csrs[] = {
    {"Version3", "must be 0", [](RawCsr& r) { r.version = asn1::integer(std::uint64_t{3}); }},
    {"NoAttributes", "attributes", [](RawCsr& r) { r.has_attributes = false; }},
    {"OtherKey", "its own key did not make", [](RawCsr& r) { r.spki = key(KeyType::ec_p256, 5).public_key().spki(); }},
    {"KeyOfOtherFamily", "its own key did not make",
     [](RawCsr& r) { r.spki = key(KeyType::ed25519).public_key().spki(); }},
    {"WrongDigest", "its own key did not make",
     [](RawCsr& r) { r.algorithm = to_bytes(signature_algorithm(KeyType::ec_p384)); }},
    {"AlgorithmWithParameters", "not accepted",
     [](RawCsr& r) {
       r.algorithm = der::sequence({asn1::object_id("\x2a\x86\x48\xce\x3d\x04\x03\x02"), Bytes{5, 0}});
     }},
    {"UnknownAlgorithm", "not accepted (1.2.3.4)",
     [](RawCsr& r) { r.algorithm = der::sequence({asn1::object_id("\x2a\x03\x04")}); }},
    {"ExplicitCurve", "explicit parameters", [](RawCsr& r) { r.spki = explicit_curve_key(); }},
    {"ExtensionsTwice", "asks for extensions twice", [](RawCsr& r) { r.more_attributes = {r.request()}; }},
    {"ExtensionTwice", "one of them twice", [](RawCsr& r) { r.extensions.push_back(r.extensions[0]); }},
    {"NameWithNul", "not visible ASCII",
     [](RawCsr& r) {
       const Bytes name = der::element(asn1::implicit_tag(2), as_bytes(std::string_view("a\0b", 3)));
       r.extensions = {asn1::extension(oid::subject_alt_name, false, der::sequence({name}))};
     }},
    {"TooManyAttributes", "more than 32",
     [](RawCsr& r) {
       const Bytes attribute = der::sequence({asn1::object_id("\x2a\x03"), der::element(asn1::tag_set, Bytes{5, 0})});
       r.more_attributes.assign(40, attribute);
     }},
    {"TooLarge", "27,000",
     [](RawCsr& r) { r.extensions.push_back(asn1::extension("\x2a\x03", false, Bytes(csr_bytes_max))); }},
};

INSTANTIATE_TEST_SUITE_P(Broken, CsrField, testing::ValuesIn(bad_csrs),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(Csr, UnknownAttributesAreSkipped) {
  RawCsr raw;
  raw.more_attributes = {der::sequence({asn1::object_id("\x2b\x06\x01\x04\x01\x82\x37\x0d\x02\x03"),
                                        der::element(asn1::tag_set, asn1::utf8_string("10.0.20348.2"))})};
  EXPECT_EQ(Csr::from_der(raw.encode())->names, sorted_names);
}

TEST(Csr, VersionsThatClientsWriteInTheFieldAreForgiven) {
  for (const std::uint64_t version : {1u, 2u}) {  // Ruby's acme-client writes 2
    RawCsr raw;
    raw.version = asn1::integer(version);
    EXPECT_TRUE(Csr::from_der(raw.encode())) << version;
  }
}

TEST(Csr, MakeRefusesWhatNoCaWouldTake) {
  EXPECT_FALSE(make_csr(key(), {}));
  EXPECT_FALSE(make_csr(key(), names, "other.example.org"));
  EXPECT_FALSE(make_csr(key(), {dns("a b")}));
  const std::string long_name = std::string(60, 'a') + ".example.org";
  EXPECT_TRUE(make_csr(key(), {dns(long_name)}));
  EXPECT_FALSE(make_csr(key(), {dns(long_name)}, long_name));
}

}  // namespace
}  // namespace crest::x509
