#include <gtest/gtest.h>

#include "x509/test_certificates.hpp"

namespace crest::x509 {
namespace {

using namespace test;

std::string fault_of(std::string_view pem) {
  const auto chain = Chain::from_pem(pem);
  if (chain) return "";
  EXPECT_EQ(chain.error().kind, ErrorKind::malformed);
  return chain.error().describe();
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) (out += c == '\n' ? "\r" : "") += c;
  return out;
}

TEST(Chain, LeafFirstThenItsIssuers) {
  const Chain chain = Chain::from_pem(pki().chain().pem()).value();
  ASSERT_EQ(chain.certificates().size(), 2u);
  EXPECT_EQ(chain.leaf().der(), pki().leaf.der());
  EXPECT_EQ(chain.pem(), pki().leaf.pem() + pki().intermediate.pem());
  EXPECT_EQ(chain.issuers_pem(), pki().intermediate.pem());
}

TEST(Chain, ALeafAlone) {
  const Chain chain = Chain::from_pem(pki().leaf.pem()).value();
  EXPECT_EQ(chain.issuers_pem(), "");
  EXPECT_EQ(Chain::from_pem(pki().root.pem())->pem(), pki().root.pem());  // self-signed, and all there is
}

TEST(Chain, CF23_ATrailingRootIsDropped) {
  const Chain chain = Chain::from_pem(pki().chain().pem() + pki().root.pem()).value();
  EXPECT_EQ(chain.pem(), pki().chain().pem());
}

TEST(Chain, CRT_03_LineEndsAndBlankLines) {
  const std::string leaf = pki().leaf.pem();
  const std::string issuer = pki().intermediate.pem();
  const std::string expected = leaf + issuer;
  for (const std::string& pem : {with_crlf(expected), leaf + "\n" + issuer, "\n\n" + leaf + "\r\n\n" + issuer + "\n\n",
                                 expected.substr(0, expected.size() - 1)}) {
    const auto chain = Chain::from_pem(pem);
    ASSERT_TRUE(chain) << chain.error().describe();
    EXPECT_EQ(chain->pem(), expected);
  }
}

TEST(Chain, V23_CRT_02_AnyOtherBlockIsRefused) {
  const std::string key_block(key().to_pem().reveal());
  const std::string chain = pki().chain().pem();
  for (const std::string& pem :
       {chain + key_block, key_block + chain, pki().leaf.pem() + key_block + pki().intermediate.pem()}) {
    EXPECT_NE(fault_of(pem).find("PRIVATE KEY"), std::string::npos);
  }
  EXPECT_NE(fault_of(chain + "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"), "");
}

TEST(Chain, CF23_TextAroundTheBlocksIsRefused) {
  const std::string chain = pki().chain().pem();
  EXPECT_NE(fault_of("subject=CN = www\n" + chain), "");
  EXPECT_NE(fault_of(chain + std::string(1, '\0')), "");
  EXPECT_NE(fault_of(std::string(1, '\0') + chain), "");
  EXPECT_NE(fault_of(chain + "<html>"), "");
  EXPECT_NE(fault_of(""), "");
  EXPECT_NE(fault_of(chain.substr(0, chain.size() / 2 + 300)), "");
}

TEST(Chain, CF23_OrderAndLinksMatter) {
  const Certificate other_root =
      issue(root_template(), key(crypto::KeyType::ec_p256, 7).public_key(), nullptr, key(crypto::KeyType::ec_p256, 7));
  EXPECT_NE(fault_of(pki().intermediate.pem() + pki().leaf.pem()).find("out of order"), std::string::npos);
  EXPECT_NE(fault_of(pki().leaf.pem() + pki().root.pem()).find("out of order"), std::string::npos);
  // The same name, another key.
  EXPECT_NE(fault_of(pki().intermediate.pem() + other_root.pem()).find("did not sign it"), std::string::npos);
  EXPECT_NE(fault_of(pki().chain().pem() + pki().intermediate.pem()).find("twice"), std::string::npos);
  EXPECT_NE(fault_of(pki().root.pem() + pki().root.pem()).find("twice"), std::string::npos);
}

TEST(Chain, CF23_AnIssuerNeedsTheRightsOfACa) {
  CertificateTemplate parts = leaf_template();
  parts.subject.common_name = "www.example.org";
  const Certificate no_ca = issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key);
  const Certificate below = issue(leaf_template(), key().public_key(), &no_ca, key());
  EXPECT_NE(fault_of(below.pem() + no_ca.pem()).find("without the rights of a CA"), std::string::npos);
  CertificateTemplate only_crls = intermediate_template();
  only_crls.key_usage = static_cast<unsigned>(KeyUsage::crl_sign);
  const Certificate crl_signer = issue(only_crls, pki().intermediate_key.public_key(), &pki().root, pki().root_key);
  EXPECT_NE(fault_of(pki().leaf.pem() + crl_signer.pem()).find("without the rights of a CA"), std::string::npos);
}

// Leaf, then `issuers` CAs, each signed by the next.
std::string long_chain(int issuers) {
  Certificate ca = pki().root;
  std::string out;
  for (int i = 0; i < issuers; ++i) {
    CertificateTemplate parts = root_template();
    parts.subject.common_name = "CA " + std::to_string(i);
    ca = issue(parts, pki().root_key.public_key(), &ca, pki().root_key);
    out = ca.pem() + out;
  }
  return issue(leaf_template(), key().public_key(), &ca, pki().root_key).pem() + out;
}

TEST(Chain, CF23_AtMostTenCertificates) {
  EXPECT_EQ(fault_of(long_chain(9)), "");
  EXPECT_NE(fault_of(long_chain(10)).find("at most 10"), std::string::npos);
  EXPECT_NE(fault_of(std::string(2u << 20, '\n')).find("longer than 1 MiB"), std::string::npos);
}

TEST(Chain, EveryCutIsRefused) {
  const std::string pem = pki().leaf.pem();
  for (std::size_t size = 0; size + 1 < pem.size(); ++size) EXPECT_NE(fault_of(pem.substr(0, size)), "") << size;
}

TEST(CertificatesFromPem, ABundleMayHoldNotes) {
  const auto found = certificates_from_pem("# Root\n" + pki().root.pem() + "\nIssuing:\n" + pki().intermediate.pem());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->size(), 2u);
  EXPECT_FALSE(certificates_from_pem("# nothing\n"));
  const auto damaged =
      certificates_from_pem(pki().root.pem() + "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
  ASSERT_FALSE(damaged);
  EXPECT_NE(damaged.error().describe().find("certificate 2"), std::string::npos) << damaged.error().describe();
}

std::string verdict(const Chain& chain, const std::vector<Certificate>& anchors, Time when) {
  const auto verified = verify_chain(chain, anchors, when);
  if (verified) return "";
  EXPECT_EQ(verified.error().kind, ErrorKind::cert_rejected);
  return verified.error().message;
}

TEST(VerifyChain, CRT_07_LeadsToAnAnchorAtATime) {
  EXPECT_EQ(verdict(pki().chain(), {pki().root}, year_2026), "");
  EXPECT_NE(verdict(pki().chain(), {pki().root}, year_2026 - 1s).find("not yet valid"), std::string::npos);
  EXPECT_NE(verdict(pki().chain(), {pki().root}, year_2026 + 2 * day).find("expired"), std::string::npos);
}

TEST(VerifyChain, CF24_OnlyTheGivenAnchorsCount) {
  const crypto::PrivateKey& other_key = key(crypto::KeyType::ec_p256, 7);
  const Certificate other = issue(root_template(), other_key.public_key(), nullptr, other_key);
  EXPECT_NE(verdict(pki().chain(), {other}, year_2026), "");
  EXPECT_EQ(verdict(pki().chain(), {other, pki().root}, year_2026), "");
  EXPECT_EQ(verdict(pki().chain(), {pki().root, pki().root}, year_2026), "");
  EXPECT_NE(verdict(pki().chain(), {}, year_2026).find("no trusted root"), std::string::npos);
  EXPECT_NE(verdict(pki().chain(), {pki().intermediate}, year_2026), "") << "an anchor is a root";
  EXPECT_NE(verdict(Chain({pki().leaf}), {pki().root}, year_2026), "") << "the intermediate is missing";
}

TEST(VerifyChain, CriticalExtensionsThatNobodyKnowsAreRefused) {
  CertificateTemplate parts = leaf_template();
  parts.more_extensions = {asn1::extension("\x2a\x03\x04", true, {})};
  const Certificate leaf = issue(parts, key().public_key(), &pki().intermediate, pki().intermediate_key);
  EXPECT_NE(verdict(Chain({leaf, pki().intermediate}), {pki().root}, year_2026).find("critical"), std::string::npos);
}

TEST(VerifyChain, EveryKeyTypeOfTheIssuer) {
  for (const crypto::KeyType type : {crypto::KeyType::ec_p384, crypto::KeyType::ec_p521, crypto::KeyType::rsa_2048,
                                     crypto::KeyType::rsa_4096, crypto::KeyType::ed25519}) {
    const Pki other = make_pki(type, crypto::KeyType::ec_p256);
    EXPECT_EQ(verdict(other.chain(), {other.root}, year_2026), "") << to_string(type);
    EXPECT_EQ(fault_of(other.chain().pem()), "") << to_string(type);
  }
}

}  // namespace
}  // namespace crest::x509
