#include "x509/certificate.hpp"

#include <algorithm>

#include <openssl/err.h>

#include "crypto/digest.hpp"
#include "crypto/openssl.hpp"
#include "encoding/base64.hpp"
#include "encoding/pem.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/fields.hpp"
#include "x509/general_names.hpp"
#include "x509/oid.hpp"
#include "x509/signature.hpp"

namespace crest::x509 {
namespace {

constexpr std::string_view pem_label = "CERTIFICATE";
constexpr int pss_security_bits_min = 112;  // what SHA-256 and a key of 2048 bits give at least

// RSASSA-PSS has its hashes in parameters, which OpenSSL reads; some Windows CAs sign with it.
bool verify_pss(ByteView der, const crypto::PublicKey& key) {
  const unsigned char* in = der.data();
  const crypto::X509Ptr certificate(d2i_X509(nullptr, &in, static_cast<long>(der.size())));
  int bits = 0;
  const bool good = certificate && key.native() &&
                    X509_get_signature_info(certificate.get(), nullptr, nullptr, &bits, nullptr) == 1 &&
                    bits >= pss_security_bits_min && X509_verify(certificate.get(), key.native()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

}  // namespace

Result<Certificate> Certificate::from_der(ByteView der) {
  const Fields fields = TRY(read_fields(der));
  DistinguishedName subject = TRY(read_distinguished_name(fields.subject, "the subject"));
  DistinguishedName issuer = TRY(read_distinguished_name(fields.issuer, "the issuer"));
  Certificate out;
  out.key_ = TRY(crypto::PublicKey::from_spki(fields.spki));
  TRY(out.take_extensions(fields));
  out.der_ = to_bytes(der);
  out.serial_ = to_bytes(fields.serial);
  out.not_before_ = fields.not_before;
  out.not_after_ = fields.not_after;
  out.subject_der_ = to_bytes(fields.subject);
  out.issuer_der_ = to_bytes(fields.issuer);
  out.subject_ = std::move(subject.text);
  out.issuer_ = std::move(issuer.text);
  if (!subject.common_names.empty()) out.common_name_ = std::move(subject.common_names.back());
  return out;
}

Result<void> Certificate::take_extensions(const Fields& fields) {
  if (const Extension* found = fields.find(oid::subject_alt_name)) {
    GeneralNames san = TRY(read_general_names(found->value));
    std::ranges::sort(san.names);
    names_ = std::move(san.names);
    has_other_names_ = san.has_others;
  }
  if (const Extension* found = fields.find(oid::authority_key_id)) {
    authority_key_id_ = TRY(read_authority_key_id(found->value));
  }
  if (const Extension* found = fields.find(oid::subject_key_id)) {
    subject_key_id_ = TRY(read_subject_key_id(found->value));
  }
  if (const Extension* found = fields.find(oid::basic_constraints)) {
    const BasicConstraints constraints = TRY(read_basic_constraints(found->value));
    is_ca_ = constraints.is_ca;
  }
  if (const Extension* found = fields.find(oid::key_usage)) {
    key_usage_ = TRY(read_key_usage(found->value));
  }
  return {};
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  std::vector<Certificate> found = TRY(certificates_from_pem(pem));
  if (found.size() > 1) {
    return make_error(ErrorKind::malformed, "expected one certificate and found " + std::to_string(found.size()) +
                                                "; give a file with exactly one");
  }
  return std::move(found.front());
}

std::string Certificate::pem() const { return encoding::to_pem(pem_label, der_); }
std::string Certificate::serial_hex() const { return encoding::hex(serial_); }
std::string Certificate::fingerprint() const { return "sha256:" + encoding::hex(crypto::sha256(der_)); }

Duration Certificate::lifetime() const { return not_after_ - not_before_ + std::chrono::seconds{1}; }

bool Certificate::signed_by(const Certificate& issuer) const {
  const auto fields = read_fields(der_);
  if (!fields || as_text(fields->inner_algorithm) != as_text(fields->outer_algorithm)) return false;
  if (is_pss_algorithm(fields->outer_algorithm)) return verify_pss(der_, issuer.key_);
  return verify_signature(fields->outer_algorithm, issuer.key_, fields->tbs, fields->signature);
}

}  // namespace crest::x509
