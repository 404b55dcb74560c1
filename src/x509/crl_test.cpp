#include "x509/crl.hpp"

#include <gtest/gtest.h>
#include <openssl/x509v3.h>

#include "crypto/openssl.hpp"
#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;

using IssuingPointPtr = crypto::Owned<ISSUING_DIST_POINT, ISSUING_DIST_POINT_free>;

crypto::X509CrlPtr native(const Bytes& der) {
  const unsigned char* in = der.data();
  return crypto::X509CrlPtr(d2i_X509_CRL(nullptr, &in, static_cast<long>(der.size())));
}

CrlTemplate crl_template() {
  CrlTemplate out;
  out.this_update = year_2026;
  out.next_update = year_2026 + 7 * day;
  out.number = 0x1234567890;
  out.revoked = {{Bytes{0x01}, year_2026 - day, 0}, {Bytes{0x00, 0x87, 0x65}, year_2026 - 1h, 4}};
  return out;
}

Bytes crl(const CrlTemplate& parts) { return make_crl(parts, pki().intermediate, pki().intermediate_key).value(); }

TEST(Crl, CRL_01_HasVersionDatesNumberAndAuthority) {
  const auto parsed = native(crl(crl_template()));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(X509_CRL_get_version(parsed.get()), X509_CRL_VERSION_2);
  EXPECT_EQ(X509_CRL_verify(parsed.get(), pki().intermediate_key.native()), 1);
  EXPECT_NE(X509_CRL_verify(parsed.get(), pki().root_key.native()), 1);
  time_t this_update = static_cast<time_t>(unix_seconds(year_2026));
  EXPECT_EQ(X509_cmp_time(X509_CRL_get0_lastUpdate(parsed.get()), &this_update), -1);
  time_t before = this_update - 1;
  EXPECT_EQ(X509_cmp_time(X509_CRL_get0_lastUpdate(parsed.get()), &before), 1);
  int critical = -1;
  const crypto::Asn1IntegerPtr number(
      static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(parsed.get(), NID_crl_number, &critical, nullptr)));
  ASSERT_TRUE(number);
  EXPECT_EQ(critical, 0);
  std::uint64_t value = 0;
  ASSERT_EQ(ASN1_INTEGER_get_uint64(&value, number.get()), 1);
  EXPECT_EQ(value, 0x1234567890u);
  const crypto::AuthorityKeyidPtr authority(static_cast<AUTHORITY_KEYID*>(
      X509_CRL_get_ext_d2i(parsed.get(), NID_authority_key_identifier, nullptr, nullptr)));
  ASSERT_TRUE(authority && authority->keyid);
  EXPECT_EQ(Bytes(authority->keyid->data, authority->keyid->data + authority->keyid->length),
            pki().intermediate.subject_key_id());
}

TEST(Crl, CRL_03_ReasonZeroIsLeftOut) {
  const auto parsed = native(crl(crl_template()));
  STACK_OF(X509_REVOKED)* list = X509_CRL_get_REVOKED(parsed.get());
  ASSERT_EQ(sk_X509_REVOKED_num(list), 2);
  EXPECT_EQ(X509_REVOKED_get_ext_count(sk_X509_REVOKED_value(list, 0)), 0);
  const crypto::Asn1EnumeratedPtr reason(static_cast<ASN1_ENUMERATED*>(
      X509_REVOKED_get_ext_d2i(sk_X509_REVOKED_value(list, 1), NID_crl_reason, nullptr, nullptr)));
  ASSERT_TRUE(reason);
  EXPECT_EQ(ASN1_ENUMERATED_get(reason.get()), 4);
  const ASN1_INTEGER* serial = X509_REVOKED_get0_serialNumber(sk_X509_REVOKED_value(list, 1));
  EXPECT_EQ(Bytes(serial->data, serial->data + serial->length), (Bytes{0x87, 0x65}));
}

TEST(Crl, CRL_03_ReasonsThatNoFullListHas) {
  for (const int reason : {-1, 7, 8, 11}) {
    CrlTemplate parts = crl_template();
    parts.revoked[0].reason = reason;
    EXPECT_FALSE(make_crl(parts, pki().intermediate, pki().intermediate_key)) << reason;
  }
  for (const int reason : {1, 2, 3, 5, 6, 9, 10}) {
    CrlTemplate parts = crl_template();
    parts.revoked[0].reason = reason;
    EXPECT_TRUE(make_crl(parts, pki().intermediate, pki().intermediate_key)) << reason;
  }
}

TEST(Crl, AnEmptyListIsAbsent) {
  CrlTemplate parts = crl_template();
  parts.revoked.clear();
  const auto parsed = native(crl(parts));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(X509_CRL_get_REVOKED(parsed.get()), nullptr);
  EXPECT_EQ(X509_CRL_verify(parsed.get(), pki().intermediate_key.native()), 1);
}

TEST(Crl, WhatAListHoldsIsFoundInIt) {
  CrlTemplate parts = crl_template();
  const Bytes held = revoked_octets(parts.revoked).value();
  const Bytes list = crl(parts);
  const ByteView found = revoked_octets(ByteView(list)).value();
  EXPECT_EQ(to_bytes(found), held);
  parts.revoked[0].reason = 1;
  EXPECT_NE(revoked_octets(parts.revoked).value(), held);
  parts.revoked.clear();
  const Bytes empty = crl(parts);
  EXPECT_TRUE(revoked_octets(ByteView(empty)).value().empty());
  EXPECT_FALSE(revoked_octets(ByteView(list).first(20)));
  EXPECT_FALSE(revoked_octets(as_bytes("-----BEGIN X509 CRL-----")));
}

TEST(Crl, CRL_05_APartSaysWhichPartItIs) {
  CrlTemplate parts = crl_template();
  parts.partition_url = "http://ca.example/crl/7.crl";
  const auto parsed = native(crl(parts));
  int critical = -1;
  const IssuingPointPtr point(static_cast<ISSUING_DIST_POINT*>(
      X509_CRL_get_ext_d2i(parsed.get(), NID_issuing_distribution_point, &critical, nullptr)));
  ASSERT_TRUE(point && point->distpoint);
  EXPECT_EQ(critical, 1);
  ASSERT_EQ(point->distpoint->type, 0);
  const GENERAL_NAMES* names = point->distpoint->name.fullname;
  ASSERT_EQ(sk_GENERAL_NAME_num(names), 1);
  const ASN1_IA5STRING* url = sk_GENERAL_NAME_value(names, 0)->d.uniformResourceIdentifier;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(url->data), static_cast<std::size_t>(url->length)),
            parts.partition_url);
}

TEST(Crl, EveryKeyTypeSigns) {
  for (const crypto::KeyType type : {crypto::KeyType::ec_p384, crypto::KeyType::rsa_2048, crypto::KeyType::ed25519}) {
    const crypto::PrivateKey& signer = key(type, 1);
    const Certificate ca = issue(root_template(), signer.public_key(), nullptr, signer);
    const auto parsed = native(make_crl(crl_template(), ca, signer).value());
    EXPECT_EQ(X509_CRL_verify(parsed.get(), signer.native()), 1) << to_string(type);
  }
}

TEST(Crl, RefusesWhoMayNotSignAndDatesThatCannotBe) {
  EXPECT_FALSE(make_crl(crl_template(), pki().intermediate, pki().root_key));
  const auto by_leaf = make_crl(crl_template(), pki().leaf, pki().leaf_key);
  ASSERT_FALSE(by_leaf);
  EXPECT_EQ(by_leaf.error().kind, ErrorKind::config);
  CrlTemplate parts = crl_template();
  parts.next_update = parts.this_update;
  EXPECT_FALSE(make_crl(parts, pki().intermediate, pki().intermediate_key));
}

// OpenSSL refuses the revoked leaf and accepts the other.
TEST(Crl, DecidesInOpenSslsVerifier) {
  for (const bool revoked : {false, true}) {
    CrlTemplate parts = crl_template();
    if (revoked) parts.revoked.push_back({pki().leaf.serial(), year_2026, 1});
    const auto list = native(crl(parts));
    const crypto::X509StorePtr store(X509_STORE_new());
    const unsigned char* in = pki().intermediate.der().data();
    const crypto::X509Ptr ca(d2i_X509(nullptr, &in, static_cast<long>(pki().intermediate.der().size())));
    in = pki().leaf.der().data();
    const crypto::X509Ptr leaf(d2i_X509(nullptr, &in, static_cast<long>(pki().leaf.der().size())));
    X509_STORE_add_cert(store.get(), ca.get());
    X509_STORE_add_crl(store.get(), list.get());
    const crypto::X509StoreCtxPtr context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), nullptr);
    X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(unix_seconds(year_2026 + 1h)));
    X509_verify_cert(context.get());
    EXPECT_EQ(X509_STORE_CTX_get_error(context.get()), revoked ? X509_V_ERR_CERT_REVOKED : X509_V_OK);
  }
}

}  // namespace
}  // namespace crest::x509
