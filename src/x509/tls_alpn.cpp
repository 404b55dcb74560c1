// The certificate of tls-alpn-01 (RFC 8737 section 3), made and judged.
#include <algorithm>

#include "x509/asn1.hpp"
#include "x509/build.hpp"
#include "x509/fields.hpp"
#include "x509/general_names.hpp"
#include "x509/oid.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr std::size_t digest_octets = 32;
constexpr Duration backdate = 1h, life = 24h * 7;  // nobody looks at it, but a server may refuse to load an old one
constexpr std::string_view subject_text = "ACME challenge";

bool same(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

std::string check_names(const Fields& fields, const SubjectName& name) {
  const Extension* san = fields.find(oid::subject_alt_name);
  if (!san) return "the certificate has no subject alternative name";
  const auto found = read_general_names(san->value);
  if (!found) return found.error().message;
  if (found->entries != 1) return "the certificate has " + std::to_string(found->entries) + " names instead of one";
  if (found->names.size() != 1 || found->names.front() != name) {
    return "the certificate is for another name than the one being validated";
  }
  return {};
}

std::string check_digest(const Fields& fields, ByteView digest) {
  if (fields.find(oid::acme_identifier_draft)) {
    return "the certificate uses the object identifier of a draft, 1.3.6.1.5.5.7.1.30.1";
  }
  const Extension* found = fields.find(oid::acme_identifier);
  if (!found) return "the certificate has no acmeIdentifier extension";
  if (!found->critical) return "the acmeIdentifier extension is not critical";
  ByteView rest = found->value;
  const auto inner = der::read(rest);
  if (!inner || inner->tag != der::tag_octet_string || !rest.empty()) {
    return "the acmeIdentifier extension does not hold one OCTET STRING";
  }
  if (inner->content.size() != digest_octets) return "the acmeIdentifier extension does not hold 32 octets";
  if (!same(inner->content, digest)) return "the acmeIdentifier extension holds another key authorization's digest";
  return {};
}

}  // namespace

Bytes acme_identifier_extension(ByteView digest) { return extension(oid::acme_identifier, true, octet_string(digest)); }

Result<Certificate> tls_alpn_certificate(const crypto::Signer& key, const SubjectName& name, ByteView digest,
                                         Bytes serial, Time now) {
  if (digest.size() != digest_octets) {
    return make_error(ErrorKind::internal, "the digest of a key authorization has 32 octets");
  }
  const CertificateTemplate parts{.serial = std::move(serial),
                                  .not_before = saturating_add(now, -backdate),
                                  .not_after = saturating_add(now, life),
                                  .subject = {.common_name = std::string(subject_text)},
                                  .names = {name},
                                  .more_extensions = {acme_identifier_extension(digest)}};
  const ToBeSigned tbs = TRY(to_be_signed(parts, key.public_key(), nullptr, key.public_key()));
  return sign(tbs, key);
}

std::string check_tls_alpn(const Certificate& certificate, const SubjectName& name, ByteView digest) {
  const auto fields = read_fields(certificate.der());
  if (!fields) return fields.error().message;
  std::string wrong = check_names(*fields, name);
  if (wrong.empty()) wrong = check_digest(*fields, digest);
  if (!wrong.empty()) return wrong;
  if (!certificate.is_self_issued()) return "the certificate is not self-signed: subject and issuer differ";
  if (!certificate.signed_by(certificate)) return "the certificate is not signed by its own key";
  return {};
}

}  // namespace crest::x509
