// A small PKI for tests: keys made once a process, a root, an intermediate, and certificates with any field replaced.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "x509/asn1.hpp"
#include "x509/build.hpp"
#include "x509/signature.hpp"
#include "x509/test_rsa_keys.hpp"

namespace crest::x509::test {

class CountingRandom final : public Random {  // the octets 1, 2, 3, ...
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& octet : out) octet = ++last_;
  }

 private:
  std::uint8_t last_ = 0;
};

inline Bytes serial() {
  static CountingRandom random;
  return new_serial(random);
}

inline crypto::PrivateKey new_key(crypto::KeyType type) {
  if (type == crypto::KeyType::rsa_2048) return crypto::PrivateKey::from_pem(rsa_2048_pem).value();
  if (type == crypto::KeyType::rsa_3072) return crypto::PrivateKey::from_pem(rsa_3072_pem).value();
  if (type == crypto::KeyType::rsa_4096) return crypto::PrivateKey::from_pem(rsa_4096_pem).value();
  return crypto::PrivateKey::generate(type).value();
}

// The first, second, ... key of a type; of RSA there is one of each size.
inline const crypto::PrivateKey& key(crypto::KeyType type = crypto::KeyType::ec_p256, int number = 0) {
  static std::map<std::pair<crypto::KeyType, int>, crypto::PrivateKey> keys;
  const auto found = keys.find({type, number});
  if (found != keys.end()) return found->second;
  return keys.emplace(std::pair(type, number), new_key(type)).first->second;
}

inline constexpr Time year_2026{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
inline constexpr Duration day{86'400'000};

inline SubjectName dns(std::string name) { return {SubjectName::Type::dns, std::move(name)}; }
inline SubjectName ip(std::string address) { return {SubjectName::Type::ip, std::move(address)}; }

inline constexpr unsigned ca_usage =
    static_cast<unsigned>(KeyUsage::key_cert_sign) | static_cast<unsigned>(KeyUsage::crl_sign);
inline constexpr unsigned leaf_usage = static_cast<unsigned>(KeyUsage::digital_signature);

inline CertificateTemplate root_template() {
  CertificateTemplate out;
  out.serial = serial();
  out.not_before = year_2026;
  out.not_after = last_second(year_2026, 3650 * day);
  out.subject = {.common_name = "Test Root", .organization = "Example Corp"};
  out.is_ca = true;
  out.key_usage = ca_usage;
  return out;
}

inline CertificateTemplate intermediate_template() {
  CertificateTemplate out = root_template();
  out.not_after = last_second(year_2026, 1095 * day);
  out.subject.common_name = "Test Issuing CA";
  out.path_length = 0;
  out.extended_usages = {ExtendedUsage::server_auth, ExtendedUsage::client_auth};
  out.ca_issuers_url = "http://ca.example/root.der";
  out.crl_url = "http://ca.example/root.crl";
  return out;
}

inline CertificateTemplate leaf_template() {
  CertificateTemplate out;
  out.serial = serial();
  out.not_before = year_2026;
  out.not_after = last_second(year_2026, day);
  out.names = {dns("www.example.org"), ip("192.0.2.10"), dns("example.org"), ip("2001:db8::1")};
  out.key_usage = leaf_usage;
  out.extended_usages = {ExtendedUsage::server_auth};
  return out;
}

// `issuer` null: self-signed by `issuer_key`.
inline Certificate issue(const CertificateTemplate& parts, const crypto::PublicKey& subject_key,
                         const Certificate* issuer, const crypto::Signer& issuer_key) {
  const auto tbs = to_be_signed(parts, subject_key, issuer, issuer_key.public_key()).value();
  return sign(tbs, issuer_key).value();
}

struct Pki {
  const crypto::PrivateKey& root_key;
  const crypto::PrivateKey& intermediate_key;
  const crypto::PrivateKey& leaf_key;
  Certificate root, intermediate, leaf;

  Chain chain() const { return Chain({leaf, intermediate}); }
};

// `ca_type`: of the intermediate.
inline Pki make_pki(crypto::KeyType ca_type, crypto::KeyType leaf_type) {
  const crypto::PrivateKey& root_key = key(crypto::KeyType::ec_p256, 1);
  const crypto::PrivateKey& intermediate_key = key(ca_type, 2);
  const crypto::PrivateKey& leaf_key = key(leaf_type, 0);
  Certificate root = issue(root_template(), root_key.public_key(), nullptr, root_key);
  Certificate intermediate = issue(intermediate_template(), intermediate_key.public_key(), &root, root_key);
  Certificate leaf = issue(leaf_template(), leaf_key.public_key(), &intermediate, intermediate_key);
  return {root_key, intermediate_key, leaf_key, std::move(root), std::move(intermediate), std::move(leaf)};
}

inline const Pki& pki() {
  static const Pki out = make_pki(crypto::KeyType::ec_p256, crypto::KeyType::ec_p256);
  return out;
}

inline Bytes joined(const std::vector<Bytes>& parts) {
  Bytes out;
  for (const Bytes& part : parts) asn1::append(out, part);
  return out;
}

// A certificate element by element; what a test does not replace makes a good leaf of pki().
struct Raw {
  Bytes version = asn1::der::element(asn1::constructed_tag(0), asn1::integer(std::uint64_t{2}));
  Bytes serial = asn1::integer(std::uint64_t{0x4142434445464748});
  Bytes inner_algorithm = to_bytes(signature_algorithm(crypto::KeyType::ec_p256));
  Bytes issuer = pki().intermediate.subject_der();
  Bytes not_before = asn1::time(year_2026), not_after = asn1::time(year_2026 + day);
  Bytes subject = asn1::der::element(asn1::der::tag_sequence, {});
  Bytes spki = pki().leaf_key.public_key().spki();
  std::vector<Bytes> extensions = {};  // none: the field is left out
  Bytes tail = {};                     // behind the extensions
  Bytes outer_algorithm = inner_algorithm;

  Bytes der(const crypto::Signer& signer = pki().intermediate_key) const {
    namespace der = asn1::der;
    const Bytes dates = der::sequence({not_before, not_after});
    const Bytes list = der::element(asn1::constructed_tag(3), der::element(der::tag_sequence, joined(extensions)));
    const Bytes tbs = der::element(der::tag_sequence, joined({version, serial, inner_algorithm, issuer, dates, subject,
                                                              spki, extensions.empty() ? Bytes{} : list, tail}));
    return der::sequence({tbs, outer_algorithm, asn1::bit_string(signer.sign(tbs).value())});
  }
  Certificate certificate() const { return Certificate::from_der(der()).value(); }
};

}  // namespace crest::x509::test
