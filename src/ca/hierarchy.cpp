#include "ca/hierarchy.hpp"

#include "x509/build.hpp"

namespace crest::ca {
namespace {

using x509::Certificate;
using x509::KeyUsage;

x509::CertificateTemplate authority_template(const HierarchyOptions& options, const char* title, Duration life,
                                             unsigned path_length, Random& random, Time now) {
  const Time begin = from_unix_seconds(unix_seconds(now - options.backdate));
  return {.serial = x509::new_serial(random),
          .not_before = begin,
          .not_after = x509::last_second(begin, life),
          .subject = {.common_name = options.name + title, .organization = options.name},
          .is_ca = true,
          .path_length = path_length,
          .key_usage = static_cast<unsigned>(KeyUsage::key_cert_sign) | static_cast<unsigned>(KeyUsage::crl_sign)};
}

Result<Certificate> made(const x509::CertificateTemplate& parts, const crypto::Signer& subject,
                         const Certificate* issuer, const crypto::Signer& signer) {
  const auto tbs = TRY(x509::to_be_signed(parts, subject.public_key(), issuer, signer.public_key()));
  auto certificate = TRY(x509::sign(tbs, signer));
  const std::string fault = x509::lint(certificate, issuer);
  if (!fault.empty()) return make_error(ErrorKind::internal, "the new CA certificate is not right: " + fault);
  return certificate;
}

}  // namespace

Result<Hierarchy> make_hierarchy(const HierarchyOptions& options, const crypto::Signer& root_key,
                                 const crypto::Signer& intermediate_key, Random& random, Time now) {
  const auto root_parts = authority_template(options, " Root CA", options.root_life, 1, random, now);
  auto root = TRY(made(root_parts, root_key, nullptr, root_key));
  auto parts = authority_template(options, " Intermediate CA", options.intermediate_life, 0, random, now);
  parts.extended_usages = {x509::ExtendedUsage::server_auth, x509::ExtendedUsage::client_auth};
  auto intermediate = TRY(made(parts, intermediate_key, &root, root_key));
  return Hierarchy{std::move(root), std::move(intermediate)};
}

}  // namespace crest::ca
