#include "x509/status_places.hpp"

#include <gtest/gtest.h>

#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;

Certificate with(const StatusPlaces& places) {
  CertificateTemplate parts = leaf_template();
  parts.ca_issuers_url = places.ca_issuers;
  parts.ocsp_url = places.ocsp;
  parts.crl_url = places.crl;
  return issue(parts, pki().leaf_key.public_key(), &pki().intermediate, pki().intermediate_key);
}

TEST(StatusPlaces, AreReadAsTheyWereWritten) {
  const StatusPlaces all{"http://ca.example/issuer/1.crt", "http://ca.example/ocsp", "http://ca.example/crl/1.crl"};
  for (const StatusPlaces& places : {all, StatusPlaces{}, StatusPlaces{all.ca_issuers, "", ""},
                                     StatusPlaces{"", all.ocsp, ""}, StatusPlaces{"", "", all.crl}}) {
    const auto found = status_places(with(places));
    ASSERT_TRUE(found) << found.error().describe();
    EXPECT_EQ(*found, places);
  }
}

TEST(StatusPlaces, TheJournalsOctetsCanBeLookedInto) {
  CertificateTemplate parts = leaf_template();
  const auto key = pki().leaf_key.public_key();
  const auto tbs = to_be_signed(parts, key, &pki().intermediate, pki().intermediate_key.public_key()).value();
  const auto found = unsigned_certificate(tbs.tbs);
  ASSERT_TRUE(found) << found.error().describe();
  EXPECT_EQ(found->public_key(), key);
  EXPECT_EQ(found->serial(), parts.serial);
  EXPECT_FALSE(found->signed_by(pki().intermediate));
  EXPECT_FALSE(unsigned_certificate(pki().leaf.der()));
  EXPECT_FALSE(unsigned_certificate(ByteView(tbs.tbs).first(40)));
  EXPECT_FALSE(unsigned_certificate({}));
}

}  // namespace
}  // namespace crest::x509
