#include "ca/issuer/csr_check.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "ca/issuer/key_policy.hpp"
#include "ca/testing/acme_driver.hpp"
#include "crypto/test_keys.hpp"
#include "encoding/der.hpp"
#include "x509/csr.hpp"

namespace crest::ca::issuer {
namespace {

using x509::SubjectName;
namespace der = encoding::der;

const std::vector<crypto::KeyType> all_types = {crypto::KeyType::ec_p256, crypto::KeyType::ec_p384,
                                                crypto::KeyType::rsa_2048, crypto::KeyType::ed25519};

SubjectName dns(std::string value) { return {SubjectName::Type::dns, std::move(value)}; }
SubjectName ip(std::string value) { return {SubjectName::Type::ip, std::move(value)}; }

std::string verdict(ByteView csr, std::vector<SubjectName> names) {
  std::ranges::sort(names);
  const auto key = key_of_csr(csr, names, all_types);
  if (key) return "";
  EXPECT_NE(key.error().problem, nullptr);
  EXPECT_EQ(key.error().problem->acme_word(), "badCSR");
  return key.error().problem->detail.raw();
}

Bytes csr(const std::vector<SubjectName>& names, const std::string& common_name = {}) {
  return x509::make_csr(crypto::test_keys::p256(), names, common_name).value();
}

// A CSR put together by hand, for what make_csr() would never write: Ed25519, so that the signature is the plain one.
class HandMade {
 public:
  HandMade& common_name(std::string_view text, std::uint8_t tag = tag_utf8) { return rdn({0x55, 4, 3}, text, tag); }
  HandMade& organization(std::string_view text) { return rdn({0x55, 4, 10}, text); }
  HandMade& name(std::uint8_t tag, std::string_view value) {
    append(names_, der::element(tag, as_bytes(value)));
    return *this;
  }
  HandMade& extension(std::initializer_list<std::uint8_t> oid, const Bytes& value) {
    const Bytes id = der::element(der::tag_oid, Bytes(oid)), content = der::element(der::tag_octet_string, value);
    append(extensions_, der::sequence({id, content}));
    return *this;
  }
  Bytes made() {
    const auto key = crypto::test_keys::ed25519();
    if (!names_.empty()) extension({0x55, 0x1d, 0x11}, der::element(der::tag_sequence, names_));
    const Bytes version = {2, 1, 0}, subject = der::element(der::tag_sequence, subject_);
    const Bytes type = der::element(der::tag_oid, Bytes{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 14});
    const Bytes values = der::element(0x31, der::element(der::tag_sequence, extensions_));
    const Bytes attributes = der::element(0xa0, extensions_.empty() ? Bytes() : der::sequence({type, values}));
    const Bytes info = der::sequence({version, subject, key.public_key().spki(), attributes});
    const Bytes algorithm = {0x30, 5, 6, 3, 0x2b, 0x65, 0x70};
    Bytes signature = key.sign(info).value();
    signature.insert(signature.begin(), 0);
    const Bytes bits = der::element(der::tag_bit_string, signature);
    return der::sequence({info, algorithm, bits});
  }

 private:
  static void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }
  static constexpr std::uint8_t tag_utf8 = 0x0c;
  HandMade& rdn(std::initializer_list<std::uint8_t> oid, std::string_view text, std::uint8_t tag = tag_utf8) {
    const Bytes id = der::element(der::tag_oid, Bytes(oid)), value = der::element(tag, as_bytes(text));
    append(subject_, der::element(0x31, der::sequence({id, value})));
    return *this;
  }
  Bytes subject_, names_, extensions_;
};

constexpr std::uint8_t other_name = 0xa0, directory_name = 0xa4, rfc822_name = 0x81, dns_name = 0x82, uri_name = 0x86,
                       ip_name = 0x87;

TEST(CsrCheck, ORD_17_TheSameSetInAnyOrderPasses) {
  EXPECT_EQ(verdict(csr({dns("a.example")}), {dns("a.example")}), "");
  EXPECT_EQ(verdict(csr({dns("b.example"), ip("192.0.2.1"), dns("a.example")}),
                    {dns("a.example"), dns("b.example"), ip("192.0.2.1")}),
            "");
  EXPECT_EQ(verdict(csr({dns("a.example"), dns("b.example")}, "a.example"), {dns("a.example"), dns("b.example")}), "");
  EXPECT_EQ(verdict(csr({ip("2001:db8::1")}), {ip("2001:db8::1")}), "");
}

TEST(CsrCheck, ORD_17_ACommonNameMayStandAloneForAHost) {
  EXPECT_EQ(verdict(HandMade().common_name("a.example").made(), {dns("a.example")}), "");
  EXPECT_EQ(verdict(HandMade().common_name("A.Example").name(dns_name, "b.example").made(),
                    {dns("a.example"), dns("b.example")}),
            "");
  EXPECT_NE(verdict(HandMade().common_name("192.0.2.1").made(), {ip("192.0.2.1")}), "");
  EXPECT_EQ(verdict(HandMade().common_name("192.0.2.1").name(ip_name, std::string("\xc0\x00\x02\x01", 4)).made(),
                    {ip("192.0.2.1")}),
            "");
}

TEST(CsrCheck, ORD_18_SF24_SF27_AnyOtherSetIsRefused) {
  EXPECT_NE(verdict(csr({dns("a.example")}), {dns("a.example"), dns("b.example")}).find("b.example"),
            std::string::npos);
  EXPECT_NE(verdict(csr({dns("a.example"), dns("evil.example")}), {dns("a.example")}).find("evil.example"),
            std::string::npos);
  EXPECT_NE(verdict(csr({dns("a.example"), dns("evil.example")}), {dns("a.example"), dns("b.example")}), "");
  EXPECT_NE(verdict(csr({dns("*.example")}), {dns("a.example")}), "");
  EXPECT_NE(verdict(HandMade().common_name("evil.example").name(dns_name, "a.example").made(), {dns("a.example")}), "");
  EXPECT_NE(verdict(HandMade().common_name("a.example").common_name("evil.example").name(dns_name, "a.example").made(),
                    {dns("a.example")}),
            "");
  EXPECT_NE(verdict(HandMade().made(), {dns("a.example")}), "");
  EXPECT_NE(verdict(HandMade().name(dns_name, std::string_view("a.example\0evil", 14)).made(), {dns("a.example")}), "");
  EXPECT_NE(verdict(HandMade().name(dns_name, "192.0.2.1").made(), {ip("192.0.2.1")}), "");
  const std::vector<SubjectName> two = {dns("a.example"), dns("b.example")};
  EXPECT_NE(verdict(HandMade().name(dns_name, "a.example").name(dns_name, "a.example").made(), two), "");
}

// Of a common name in any other form than that of a host name of the order nothing is believed.
TEST(CsrCheck, ORD_18_SF27_CommonNamesInOtherForms) {
  constexpr std::uint8_t bmp_string = 0x1e, teletex_string = 0x14;
  const std::string wide("\0e\0v\0i\0l", 8);
  EXPECT_NE(verdict(HandMade().common_name(wide, bmp_string).name(dns_name, "a.example").made(), {dns("a.example")}),
            "");
  EXPECT_NE(verdict(HandMade().common_name("evil.example", teletex_string).name(dns_name, "a.example").made(),
                    {dns("a.example")}),
            "");
  EXPECT_NE(verdict(HandMade().common_name(std::string_view("a.example\0.evil", 15)).name(dns_name, "a.example").made(),
                    {dns("a.example")}),
            "");
  EXPECT_NE(
      verdict(HandMade().common_name(std::string(65, 'a')).name(dns_name, "a.example").made(), {dns("a.example")}), "");
}

TEST(CsrCheck, SF25_OtherKindsOfNamesAreRefused) {
  EXPECT_NE(
      verdict(HandMade().name(dns_name, "a.example").name(rfc822_name, "root@a.example").made(), {dns("a.example")}),
      "");
  EXPECT_NE(
      verdict(HandMade().name(dns_name, "a.example").name(uri_name, "https://a.example").made(), {dns("a.example")}),
      "");
  const std::string upn("\x06\x03\x2a\x03\x04\xa0\x06\x0c\x04root", 13), directory("\x30\x00", 2);
  EXPECT_NE(verdict(HandMade().name(dns_name, "a.example").name(other_name, upn).made(), {dns("a.example")}), "");
  EXPECT_NE(verdict(HandMade().name(dns_name, "a.example").name(directory_name, directory).made(), {dns("a.example")}),
            "");
}

TEST(CsrCheck, SF25_OtherSubjectPartsAreIgnored) {
  EXPECT_EQ(verdict(HandMade().organization("Evil Bank").name(dns_name, "a.example").made(), {dns("a.example")}), "");
}

TEST(CsrCheck, SF26_X509_08_ACaIsRefusedAndOtherExtensionsAreIgnored) {
  const Bytes ca_true = {0x30, 3, 1, 1, 0xff}, cert_sign = {3, 2, 2, 4};
  EXPECT_NE(
      verdict(HandMade().name(dns_name, "a.example").extension({0x55, 0x1d, 0x13}, ca_true).made(), {dns("a.example")})
          .find("CA"),
      std::string::npos);
  EXPECT_EQ(verdict(HandMade().name(dns_name, "a.example").extension({0x55, 0x1d, 0x0f}, cert_sign).made(),
                    {dns("a.example")}),
            "");
}

// What the whole CA makes of a request that asks for everything: the key is all that is taken from it.
TEST(CsrCheck, SF25_SF26_NothingButTheKeyIsInTheCertificate) {
  ca::testing::TestCa ca;
  ca::testing::AcmeDriver driver(ca);
  driver.new_account();
  ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  const Bytes cert_sign = {3, 2, 1, 6}, any_usage = {0x30, 6, 6, 4, 0x55, 0x1d, 0x25, 0}, policy = {0x30, 0};
  const auto asked = HandMade()
                         .organization("Evil Bank")
                         .common_name("a.corp.example")
                         .name(dns_name, "a.corp.example")
                         .extension({0x55, 0x1d, 0x0f}, cert_sign)
                         .extension({0x55, 0x1d, 0x25}, any_usage)
                         .extension({0x55, 0x1d, 0x20}, policy)
                         .extension({0x55, 0x1d, 0x1f}, policy)
                         .extension({0x2a, 3, 4}, Bytes{5, 0})
                         .made();
  const auto done = driver.post(order.text("finalize"), ca::testing::AcmeDriver::csr_payload(asked));
  ASSERT_EQ(done.text("status"), "valid") << done.response.body;
  const auto leaf = x509::Chain::from_pem(driver.read(done.text("certificate")).response.body)->leaf();
  EXPECT_EQ(leaf.public_key(), crypto::test_keys::ed25519().public_key());
  x509::CertificateTemplate parts{
      .serial = leaf.serial(), .not_before = leaf.not_before(), .not_after = leaf.not_after()};
  parts.names = {dns("a.corp.example")};
  parts.key_usage = static_cast<unsigned>(x509::KeyUsage::digital_signature);
  parts.extended_usages = {x509::ExtendedUsage::server_auth};
  EXPECT_EQ(x509::difference(leaf, parts), "");
}

TEST(CsrCheck, SF10_AWeakKeyIsGoodForNoAccountAndNoCertificate) {
  ca::testing::TestCa ca;
  ca::testing::AcmeDriver driver(ca), weak(ca);
  weak.use_key(crypto::PrivateKey::from_pem(crypto::test_keys::rsa_close_primes_pkcs8).value());
  driver.new_account();
  ca.add_host("a.corp.example", "192.0.2.1", driver.public_key());
  const auto url = ca::testing::AcmeDriver::url("/key-change");
  const auto change = acme::key_change_payload(weak.key(), driver.public_key(), driver.account_url(), url).value();
  for (const auto& refused : {weak.new_account(), driver.post(url, change)}) {
    EXPECT_EQ(refused.status(), 400);
    EXPECT_EQ(refused.type(), "badPublicKey") << refused.response.body;
    EXPECT_NE(refused.text("detail").find("close together"), std::string::npos) << refused.response.body;
  }
  const auto order = driver.new_order({std::string("a.corp.example")});
  driver.respond_all(order);
  ca.work_all();
  const auto refused = driver.finalize(order, weak.key(), {"a.corp.example"});
  EXPECT_EQ(refused.type(), "badCSR");
  EXPECT_NE(refused.text("detail").find("close together"), std::string::npos) << refused.response.body;
}

TEST(CsrCheck, ORD_19_SF28_BadFormsAreRefused) {
  auto good = csr({dns("a.example")});
  auto trailing = good, changed = good;
  trailing.push_back(0);
  changed[changed.size() - 1] ^= 1;
  for (const auto& bytes : {Bytes(), Bytes(10, 0x30), trailing, changed, Bytes(x509::csr_bytes_max + 1, 0)}) {
    EXPECT_NE(verdict(bytes, {dns("a.example")}), "");
  }
}

TEST(CsrCheck, ORD_19_KeysOutsideThePolicyAreRefused) {
  EXPECT_FALSE(key_of_csr(csr({dns("a.example")}), {dns("a.example")}, {crypto::KeyType::rsa_2048}));
}

TEST(KeyPolicy, SF10_ExactSizesAndExponent) {
  const auto rsa = crypto::PrivateKey::generate(crypto::KeyType::rsa_2048).value();
  EXPECT_EQ(why_refused(rsa.public_key(), all_types), "");
  auto parts = std::get<crypto::RsaNumbers>(rsa.public_key().components());
  parts.e = {3};
  EXPECT_NE(why_refused(crypto::PublicKey::from_components(crypto::KeyType::rsa_2048, parts).value(), all_types), "");
  parts = std::get<crypto::RsaNumbers>(rsa.public_key().components());
  parts.n.insert(parts.n.begin(), 1);  // 2049 bits, odd
  EXPECT_NE(why_refused(crypto::PublicKey::from_components(crypto::KeyType::rsa_2048, parts).value(), all_types), "");
  parts.n = Bytes(256, 0xff);  // as long as it should be, and a multiple of 3
  const auto weak = crypto::PublicKey::from_components(crypto::KeyType::rsa_2048, parts).value();
  EXPECT_NE(why_refused(weak, all_types).find("small factor 3"), std::string::npos);
  EXPECT_NE(why_refused(rsa.public_key(), {crypto::KeyType::ec_p256}), "");
  EXPECT_EQ(why_refused(crypto::test_keys::ed25519().public_key(), all_types), "");
}

}  // namespace
}  // namespace crest::ca::issuer
