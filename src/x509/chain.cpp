#include "encoding/pem.hpp"
#include "x509/certificate.hpp"

namespace crest::x509 {
namespace {

constexpr std::string_view pem_label = "CERTIFICATE";
constexpr std::size_t chain_pem_bytes_max = 1u << 20;
constexpr std::size_t bundle_pem_bytes_max = 16u << 20;

std::string nth(std::size_t index) { return "certificate " + std::to_string(index + 1); }

Error too_long(std::size_t bytes_max) {
  return make_error(ErrorKind::malformed,
                    "the PEM text is longer than " + std::to_string(bytes_max >> 20) + " MiB; no real one is");
}

Result<std::vector<Certificate>> read_certificates(std::string_view pem, encoding::PemText outside) {
  const std::vector<encoding::PemBlock> blocks = TRY(encoding::parse_pem(pem, outside));
  std::vector<Certificate> out;
  for (const encoding::PemBlock& block : blocks) {
    if (block.label != pem_label) {  // a private key here would end up where certificates are published (CRT-02)
      return make_error(ErrorKind::malformed,
                        "a block that is no CERTIFICATE but \"" + block.label + "\" among certificates; remove it",
                        nth(out.size()));
    }
    auto certificate = Certificate::from_der(block.der);
    if (!certificate) return std::move(certificate).error().at(nth(out.size()));
    out.push_back(std::move(*certificate));
  }
  if (out.empty())
    return make_error(ErrorKind::malformed, "no certificate in the PEM text; is the file the right one?");
  return out;
}

bool may_issue(const Certificate& certificate) {
  const bool key_may =
      certificate.key_usage() == 0 || (certificate.key_usage() & static_cast<unsigned>(KeyUsage::key_cert_sign)) != 0;
  return certificate.is_ca() && key_may;
}

bool is_root(const Certificate& certificate) {
  return certificate.is_self_issued() && certificate.signed_by(certificate);
}

Error bad_chain(std::string why, std::size_t index, const Certificate& certificate) {
  return make_error(ErrorKind::malformed, "the chain " + std::move(why),
                    nth(index) + " (" + certificate.subject() + ")");
}

// That certificate `index` was issued by the one behind it.
Result<void> check_link(const std::vector<Certificate>& chain, std::size_t index) {
  const Certificate& subject = chain[index];
  const Certificate& issuer = chain[index + 1];
  for (std::size_t i = 0; i <= index; ++i) {
    if (chain[i].der() == issuer.der()) return bad_chain("has a certificate twice", index + 1, issuer);
  }
  if (subject.issuer_der() != issuer.subject_der()) {
    return bad_chain("is out of order: the issuer's name is not the subject of the certificate behind it", index,
                     subject);
  }
  if (!may_issue(issuer)) return bad_chain("has an issuer without the rights of a CA", index + 1, issuer);
  if (!subject.signed_by(issuer)) {
    return bad_chain("does not hold: the key of the certificate behind it did not sign it", index, subject);
  }
  return {};
}

}  // namespace

Result<Chain> Chain::from_pem(std::string_view pem) {
  if (pem.size() > chain_pem_bytes_max) return too_long(chain_pem_bytes_max);
  std::vector<Certificate> chain = TRY(read_certificates(pem, encoding::PemText::refuse));
  if (chain.size() > chain_length_max) {
    return make_error(ErrorKind::malformed, "a chain of " + std::to_string(chain.size()) + " certificates; at most " +
                                                std::to_string(chain_length_max) + " are believed");
  }
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) TRY(check_link(chain, i));
  while (chain.size() > 1 && is_root(chain.back())) chain.pop_back();
  return Chain(std::move(chain));
}

std::string Chain::pem() const { return leaf().pem() + issuers_pem(); }

std::string Chain::issuers_pem() const {
  std::string out;
  for (std::size_t i = 1; i < certificates_.size(); ++i) out += certificates_[i].pem();
  return out;
}

Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem) {
  if (pem.size() > bundle_pem_bytes_max) return too_long(bundle_pem_bytes_max);
  return read_certificates(pem, encoding::PemText::ignore);
}

}  // namespace crest::x509
