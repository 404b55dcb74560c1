#include "ca/hierarchy.hpp"

#include "ca/issuer/alternate_chain.hpp"
#include "ca/issuer/local_issuer.hpp"
#include "x509/build.hpp"
#include "x509/csr.hpp"

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

constexpr const char *root_title = " Root CA", *intermediate_title = " Intermediate CA";
constexpr Duration clock_tolerance{5 * 60'000};

std::string usage_fault(const Certificate& issuing) {
  constexpr auto needed = static_cast<unsigned>(KeyUsage::key_cert_sign) | static_cast<unsigned>(KeyUsage::crl_sign);
  if ((issuing.key_usage() & needed) != needed) return "lacks the key usage keyCertSign or cRLSign";
  return issuing.subject_key_id().empty() ? "has no subjectKeyIdentifier" : "";
}

std::string dates_fault(const Certificate& certificate, Time now) {
  if (now + clock_tolerance < certificate.not_before())
    return "is valid only from " + to_rfc3339(certificate.not_before());
  return now >= certificate.not_after() ? "was valid until " + to_rfc3339(certificate.not_after()) : std::string();
}

}  // namespace

Result<Bytes> intermediate_request(const std::string& name, const crypto::Signer& key) {
  return x509::make_ca_csr(key, name, name + intermediate_title);
}

std::string why_unfit(const x509::Chain& chain, const Certificate& root, Time now) {
  const auto facts = issuer::chain_facts(chain, root);
  if (!facts) return facts.error().message;
  const auto& all = chain.certificates();
  std::string faults;
  const auto add = [&](const Certificate& certificate, const std::string& fault) {
    if (!fault.empty()) faults += (faults.empty() ? "" : "; ") + certificate.subject() + " " + fault;
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& signer = i + 1 < all.size() ? all[i + 1] : root;
    add(all[i], dates_fault(all[i], now));
    add(all[i], all[i].not_after() > signer.not_after() ? "outlives " + signer.subject() : "");
    add(signer, issuer::path_fault(signer, i));
  }
  add(root, root.is_self_issued() && root.signed_by(root) ? "" : "is no root: it does not sign itself");
  add(root, dates_fault(root, now));
  add(chain.leaf(), usage_fault(chain.leaf()));
  if (faults.empty() && !x509::verify_chain(chain, {root}, now)) faults = "the chain does not verify against the root";
  return faults;
}

Result<Hierarchy> make_hierarchy(const HierarchyOptions& options, const crypto::Signer& root_key,
                                 const crypto::Signer& intermediate_key, Random& random, Time now) {
  const auto root_parts = authority_template(options, root_title, options.root_life, 1, random, now);
  auto root = TRY(made(root_parts, root_key, nullptr, root_key));
  auto parts = authority_template(options, intermediate_title, options.intermediate_life, 0, random, now);
  parts.extended_usages = {x509::ExtendedUsage::server_auth, x509::ExtendedUsage::client_auth};
  auto intermediate = TRY(made(parts, intermediate_key, &root, root_key));
  return Hierarchy{std::move(root), std::move(intermediate)};
}

}  // namespace crest::ca
