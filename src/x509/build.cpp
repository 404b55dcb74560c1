#include "x509/build.hpp"

#include "x509/asn1.hpp"
#include "x509/distinguished_name.hpp"
#include "x509/extensions.hpp"
#include "x509/signature.hpp"

namespace crest::x509 {
namespace {

using namespace asn1;

constexpr std::size_t serial_octets = 16;
constexpr std::uint64_t version_3 = 2;

Error impossible(std::string why) {
  return make_error(ErrorKind::internal, "cannot build the certificate: " + std::move(why));
}

Result<void> check(const CertificateTemplate& parts, const Certificate* issuer, const crypto::PublicKey& issuer_key) {
  if (parts.serial.empty()) return impossible("it has no serial number");
  if (parts.not_after < parts.not_before) return impossible("it ends before it begins");
  if (parts.not_after > latest_time) return impossible("it ends after the year 9999");
  if (parts.path_length && !parts.is_ca) return impossible("it has a path length and is no CA");
  if (issuer && !(issuer->public_key() == issuer_key)) return impossible("the signing key is not the issuer's");
  return {};
}

Bytes validity(const CertificateTemplate& parts) {
  const Bytes first = time(parts.not_before);
  const Bytes last = time(parts.not_after);
  return der::sequence({first, last});
}

}  // namespace

// Bit 6 of the first octet is set, so that all serials have one length and none has a leading zero: 126 bits are left.
Bytes new_serial(Random& random) {
  Bytes out = random.bytes(serial_octets);
  out[0] = static_cast<std::uint8_t>((out[0] & 0x7f) | 0x40);
  return out;
}

Time last_second(Time not_before, Duration life) { return saturating_add(not_before, life - std::chrono::seconds{1}); }

Result<ToBeSigned> to_be_signed(const CertificateTemplate& parts, const crypto::PublicKey& key,
                                const Certificate* issuer, const crypto::PublicKey& issuer_key) {
  TRY(check(parts, issuer, issuer_key));
  const Bytes subject = TRY(write_distinguished_name(parts.subject.organization, parts.subject.common_name));
  const Bytes extensions = TRY(write_extensions(parts, key, issuer));
  const Bytes version = der::element(constructed_tag(0), integer(version_3));
  const Bytes serial = integer(ByteView(parts.serial));
  const Bytes dates = validity(parts);
  ToBeSigned out{.algorithm = to_bytes(signature_algorithm(issuer_key.type()))};
  out.tbs = der::sequence({version, serial, out.algorithm, issuer ? issuer->subject_der() : subject, dates, subject,
                           key.spki(), extensions});
  return out;
}

Result<Certificate> sign(const ToBeSigned& tbs, const crypto::Signer& issuer) {
  const Bytes signature = TRY(issuer.sign(tbs.tbs));
  const Bytes bits = bit_string(signature);
  return Certificate::from_der(der::sequence({tbs.tbs, tbs.algorithm, bits}));
}

}  // namespace crest::x509
