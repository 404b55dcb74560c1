#include "x509/ocsp.hpp"

#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include "crypto/openssl.hpp"
#include "encoding/der.hpp"
#include "x509/test_certificates.hpp"

namespace crest::x509::ocsp {
namespace {

using namespace test;

using RequestPtr = crypto::Owned<OCSP_REQUEST, OCSP_REQUEST_free>;
using ResponsePtr = crypto::Owned<OCSP_RESPONSE, OCSP_RESPONSE_free>;
using BasicPtr = crypto::Owned<OCSP_BASICRESP, OCSP_BASICRESP_free>;
using CertIdPtr = crypto::Owned<OCSP_CERTID, OCSP_CERTID_free>;

crypto::X509Ptr native(const Certificate& certificate) {
  const unsigned char* in = certificate.der().data();
  return crypto::X509Ptr(d2i_X509(nullptr, &in, static_cast<long>(certificate.der().size())));
}

CertIdPtr native_id(const EVP_MD* hash, const Certificate& leaf = pki().leaf) {
  return CertIdPtr(OCSP_cert_to_id(hash, native(leaf).get(), native(pki().intermediate).get()));
}

Bytes encoded(OCSP_REQUEST* request) {
  unsigned char* octets = nullptr;
  const int size = i2d_OCSP_REQUEST(request, &octets);
  const crypto::OctetsPtr owned(octets);
  return {octets, octets + size};
}

// A request as OpenSSL makes it.
struct Asked {
  RequestPtr native{OCSP_REQUEST_new()};
  Bytes der;
};
Asked ask(const EVP_MD* hash, bool nonce, int certificates = 1) {
  Asked out;
  for (int i = 0; i < certificates; ++i) OCSP_request_add0_id(out.native.get(), native_id(hash).release());
  if (nonce) OCSP_request_add1_nonce(out.native.get(), nullptr, -1);
  out.der = encoded(out.native.get());
  return out;
}

SingleResponse good(const CertId& id) {
  return {.id = id, .status = Status::good, .this_update = year_2026, .next_update = year_2026 + 7 * day};
}

BasicPtr basic_of(const Bytes& der) {
  const unsigned char* in = der.data();
  const ResponsePtr response(d2i_OCSP_RESPONSE(nullptr, &in, static_cast<long>(der.size())));
  if (!response || OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL) return nullptr;
  return BasicPtr(OCSP_response_get1_basic(response.get()));
}

Certificate responder(const crypto::PublicKey& key) {
  CertificateTemplate parts = leaf_template();
  parts.subject.common_name = "OCSP responder";
  parts.names.clear();
  parts.extended_usages = {ExtendedUsage::ocsp_signing};
  parts.more_extensions = {no_check_extension()};
  return issue(parts, key, &pki().intermediate, pki().intermediate_key);
}

bool verifies(OCSP_BASICRESP* basic) {
  const crypto::X509StorePtr store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), native(pki().root).get());
  X509_STORE_add_cert(store.get(), native(pki().intermediate).get());
  X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store.get());
  X509_VERIFY_PARAM_set_time(rules, static_cast<time_t>(unix_seconds(year_2026 + 1h)));
  const crypto::X509StackPtr untrusted(sk_X509_new_null());
  sk_X509_push(untrusted.get(), native(pki().intermediate).release());
  return OCSP_basic_verify(basic, untrusted.get(), store.get(), 0) == 1;
}

TEST(Ocsp, ReadsWhatOpenSslAsks) {
  for (const EVP_MD* hash : {EVP_sha1(), EVP_sha256()}) {
    for (const bool nonce : {false, true}) {
      const auto request = parse_request(ask(hash, nonce).der);
      ASSERT_TRUE(request) << request.error().describe();
      ASSERT_EQ(request->ids.size(), 1u);
      EXPECT_EQ(request->nonce.has_value(), nonce);
      EXPECT_EQ(request->ids[0].serial, pki().leaf.serial());
      EXPECT_TRUE(request->ids[0].is_of(pki().intermediate));
      EXPECT_FALSE(request->ids[0].is_of(pki().root));
    }
  }
  EXPECT_EQ(parse_request(ask(EVP_sha1(), true, 16).der)->ids.size(), 16u);
  EXPECT_FALSE(parse_request(ask(EVP_sha1(), true, 17).der));
}

TEST(Ocsp, RefusesWhatIsNoRequest) {
  const Bytes good = ask(EVP_sha1(), true).der;
  EXPECT_FALSE(parse_request(Bytes{}));
  EXPECT_FALSE(parse_request(Bytes{0x30, 0x00}));
  EXPECT_FALSE(parse_request(to_bytes("GET / HTTP/1.1")));
  EXPECT_FALSE(parse_request(Bytes(request_bytes_max + 1, 0x30)));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_request(ByteView(good).first(size))) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(parse_request(longer));
  EXPECT_FALSE(parse_request(ask(EVP_sha384(), false).der));
}

// RFC 9654 section 2.1.
TEST(Ocsp, ANonceHas1To128Octets) {
  for (const auto& [size, good] : {std::pair{0, false}, {1, true}, {32, true}, {128, true}, {129, false}}) {
    Asked asked;
    OCSP_request_add0_id(asked.native.get(), native_id(EVP_sha1()).release());
    const Bytes nonce(static_cast<std::size_t>(size), 0x2a);
    const auto octets = encoding::der::element(encoding::der::tag_octet_string, nonce);
    const crypto::Owned<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> value(ASN1_OCTET_STRING_new());
    ASN1_OCTET_STRING_set(value.get(), octets.data(), static_cast<int>(octets.size()));
    X509_EXTENSION* extension = X509_EXTENSION_create_by_NID(nullptr, NID_id_pkix_OCSP_Nonce, 0, value.get());
    OCSP_REQUEST_add_ext(asked.native.get(), extension, -1);
    X509_EXTENSION_free(extension);
    const auto request = parse_request(encoded(asked.native.get()));
    EXPECT_EQ(request.has_value(), good) << size;
    EXPECT_TRUE(!good || request->nonce == octets) << size;
  }
}

TEST(Ocsp, OCSP_03_ADelegatedAnswerVerifies) {
  const Asked asked = ask(EVP_sha1(), true);
  const Request request = parse_request(asked.der).value();
  for (const crypto::KeyType type : {crypto::KeyType::ec_p256, crypto::KeyType::rsa_2048, crypto::KeyType::ed25519}) {
    const crypto::PrivateKey& signer = key(type, 1);
    const ResponseTemplate parts{year_2026, {good(request.ids[0])}, request.nonce};
    const auto der = make_response(parts, responder(signer.public_key()), signer, pki().intermediate);
    ASSERT_TRUE(der) << der.error().describe();
    const BasicPtr basic = basic_of(*der);
    ASSERT_TRUE(basic);
    EXPECT_TRUE(verifies(basic.get())) << to_string(type);
    EXPECT_EQ(OCSP_check_nonce(asked.native.get(), basic.get()), 1);
    int status = -1, reason = -1;
    ASN1_GENERALIZEDTIME *revoked = nullptr, *begins = nullptr, *ends = nullptr;
    ASSERT_EQ(
        OCSP_resp_find_status(basic.get(), native_id(EVP_sha1()).get(), &status, &reason, &revoked, &begins, &ends), 1);
    EXPECT_EQ(status, V_OCSP_CERTSTATUS_GOOD);
    const auto text = [](const ASN1_GENERALIZEDTIME* time) {
      return std::string(reinterpret_cast<const char*>(time->data), static_cast<std::size_t>(time->length));
    };
    EXPECT_EQ(text(begins), "20260101000000Z");
    EXPECT_EQ(text(ends), "20260108000000Z");
  }
}

TEST(Ocsp, TheIssuerMaySignItself) {
  const Request request = parse_request(ask(EVP_sha256(), false).der).value();
  const auto der = make_response({year_2026, {good(request.ids[0])}, {}}, pki().intermediate, pki().intermediate_key,
                                 pki().intermediate);
  const BasicPtr basic = basic_of(der.value());
  ASSERT_TRUE(basic);
  EXPECT_TRUE(verifies(basic.get()));
  EXPECT_EQ(OCSP_resp_get0_certs(basic.get()), nullptr);
}

TEST(Ocsp, REV_08_SaysWhenAndWhyItWasRevoked) {
  const Request request = parse_request(ask(EVP_sha1(), false).der).value();
  for (const int wanted : {0, 1, 4}) {
    SingleResponse revoked = good(request.ids[0]);
    revoked.status = Status::revoked;
    revoked.revoked_at = year_2026 - day;
    revoked.reason = wanted;
    const auto der =
        make_response({year_2026, {revoked}, {}}, pki().intermediate, pki().intermediate_key, pki().intermediate);
    const BasicPtr basic = basic_of(der.value());
    ASSERT_TRUE(basic);
    int status = -1, reason = -2;
    ASN1_GENERALIZEDTIME *when = nullptr, *begins = nullptr, *ends = nullptr;
    ASSERT_EQ(OCSP_resp_find_status(basic.get(), native_id(EVP_sha1()).get(), &status, &reason, &when, &begins, &ends),
              1);
    EXPECT_EQ(status, V_OCSP_CERTSTATUS_REVOKED);
    EXPECT_EQ(reason, wanted == 0 ? -1 : wanted);  // OpenSSL's word for "none given"
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(when->data)), "20251231000000Z");
  }
}

TEST(Ocsp, OCSP_02_UnknownIsNotGood) {
  const Request request = parse_request(ask(EVP_sha1(), false).der).value();
  SingleResponse unknown = good(request.ids[0]);
  unknown.status = Status::unknown;
  const auto der =
      make_response({year_2026, {unknown}, {}}, pki().intermediate, pki().intermediate_key, pki().intermediate);
  const BasicPtr basic = basic_of(der.value());
  int status = -1;
  ASSERT_EQ(
      OCSP_resp_find_status(basic.get(), native_id(EVP_sha1()).get(), &status, nullptr, nullptr, nullptr, nullptr), 1);
  EXPECT_EQ(status, V_OCSP_CERTSTATUS_UNKNOWN);
}

TEST(Ocsp, RefusesAKeyThatIsNotTheResponders) {
  const Request request = parse_request(ask(EVP_sha1(), false).der).value();
  EXPECT_FALSE(
      make_response({year_2026, {good(request.ids[0])}, {}}, pki().intermediate, pki().root_key, pki().intermediate));
  EXPECT_FALSE(make_response({year_2026, {}, {}}, pki().intermediate, pki().intermediate_key, pki().intermediate));
}

TEST(Ocsp, AFailureIsOneWord) {
  for (const auto failure :
       {Failure::malformed_request, Failure::internal_error, Failure::try_later, Failure::unauthorized}) {
    const Bytes der = failure_response(failure);
    const unsigned char* in = der.data();
    const ResponsePtr response(d2i_OCSP_RESPONSE(nullptr, &in, static_cast<long>(der.size())));
    ASSERT_TRUE(response);
    EXPECT_EQ(OCSP_response_status(response.get()), static_cast<int>(failure));
  }
}

}  // namespace
}  // namespace crest::x509::ocsp
