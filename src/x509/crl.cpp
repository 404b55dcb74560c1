#include "x509/crl.hpp"

#include "x509/asn1.hpp"
#include "x509/build.hpp"
#include "x509/extensions.hpp"
#include "x509/oid.hpp"
#include "x509/signature.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr std::uint64_t version_2 = 1;
constexpr int reason_unused = 7, reason_remove_from_crl = 8, reason_last = 10;  // RFC 5280 section 5.3.1

Error impossible(std::string why) {
  return make_error(ErrorKind::internal, "cannot build the revocation list: " + std::move(why));
}

Result<void> check(const CrlTemplate& parts, const Certificate& issuer, const crypto::Signer& key) {
  if (!(issuer.public_key() == key.public_key())) return impossible("the signing key is not the issuer's");
  if ((issuer.key_usage() & static_cast<unsigned>(KeyUsage::crl_sign)) == 0) {
    return make_error(ErrorKind::config,
                      "cannot sign a revocation list: the CA certificate lacks the key usage "
                      "cRLSign; renew it with that usage",
                      issuer.subject());
  }
  if (parts.next_update <= parts.this_update) return impossible("it ends before it begins");
  if (parts.next_update > latest_time) return impossible("it ends after the year 9999");
  return {};
}

Result<Bytes> revoked_entry(const RevokedEntry& entry) {
  if (entry.serial.empty()) return impossible("an entry has no serial number");
  if (!is_full_list_reason(entry.reason))
    return impossible("reason " + std::to_string(entry.reason) + " is not for full lists");
  const Bytes serial = integer(ByteView(entry.serial));
  const Bytes when = time(entry.when);
  if (entry.reason == 0) return der::sequence({serial, when});
  const auto code = static_cast<std::uint8_t>(entry.reason);
  const Bytes reason = extension(oid::reason_code, false, der::element(tag_enumerated, ByteView(&code, 1)));
  return der::sequence({serial, when, der::sequence({reason})});
}

// Critical: whoever does not know it must not take a part for the whole (CRL-05).
Bytes partition_extension(const std::string& url) {
  if (url.empty()) return {};
  const Bytes names = der::element(constructed_tag(0), der::element(implicit_tag(6), as_bytes(url)));
  const Bytes point = der::element(constructed_tag(0), names);
  return extension(oid::issuing_distribution_point, true, der::sequence({point}));
}

Result<Bytes> crl_extensions(const CrlTemplate& parts, const Certificate& issuer) {
  const Bytes id = TRY(issuer_key_identifier(issuer));
  const Bytes authority = authority_key_id_extension(id);
  const Bytes number = extension(oid::crl_number, false, integer(parts.number));
  const Bytes partition = partition_extension(parts.partition_url);
  return der::element(constructed_tag(0), der::sequence({authority, number, partition}));
}

}  // namespace

bool is_full_list_reason(int reason) {
  return reason >= 0 && reason <= reason_last && reason != reason_unused && reason != reason_remove_from_crl;
}

Result<Bytes> revoked_octets(const std::vector<RevokedEntry>& entries) {
  if (entries.empty()) return Bytes{};  // absent, never empty (RFC 5280 section 5.1.2.6)
  Bytes list;
  for (const RevokedEntry& entry : entries) {
    const Bytes one = TRY(revoked_entry(entry));
    append(list, one);
  }
  return der::element(der::tag_sequence, list);
}

Result<ByteView> revoked_octets(ByteView crl) {
  Reader outer(crl);
  Reader list = TRY(outer.enter(der::tag_sequence, "CertificateList"));
  Reader tbs = TRY(list.enter(der::tag_sequence, "tbsCertList"));
  for (const char* part : {"version", "signature", "issuer", "thisUpdate", "nextUpdate"}) TRY(tbs.take(part));
  if (!tbs.next_is(der::tag_sequence)) return ByteView{};
  const Element revoked = TRY(tbs.take("revokedCertificates"));
  return revoked.whole;
}

Result<Bytes> make_crl(const CrlTemplate& parts, const Certificate& issuer, const crypto::Signer& key) {
  TRY(check(parts, issuer, key));
  const Bytes version = integer(version_2);
  const ByteView algorithm = signature_algorithm(key.public_key().type());
  const Bytes this_update = time(parts.this_update);
  const Bytes next_update = time(parts.next_update);
  const Bytes revoked = TRY(revoked_octets(parts.revoked));
  const Bytes extensions = TRY(crl_extensions(parts, issuer));
  const Bytes tbs =
      der::sequence({version, algorithm, issuer.subject_der(), this_update, next_update, revoked, extensions});
  const Bytes signature = TRY(key.sign(tbs));
  const Bytes bits = bit_string(signature);
  return der::sequence({tbs, algorithm, bits});
}

}  // namespace crest::x509
