// Building certificates and CRLs in two steps, so that the to-be-signed octets can be recorded before they are signed.
#pragma once

#include <string>
#include <vector>

#include "core/random.hpp"
#include "x509/certificate.hpp"

namespace crest::x509 {

struct Subject {  // an empty one makes the SAN critical (RFC 5280 section 4.2.1.6)
  std::string common_name;
  std::string organization;
};

struct CertificateTemplate {
  Bytes serial;                // from new_serial()
  Time not_before, not_after;  // both inclusive, whole seconds
  Subject subject;
  std::vector<SubjectName> names;       // of the SAN in this order, each once
  bool is_ca = false;                   // adds critical basicConstraints, SKI
  std::optional<unsigned> path_length;  // with is_ca
  unsigned key_usage = 0;               // sum of KeyUsage; critical
  std::vector<ExtendedUsage> extended_usages;
  std::vector<std::string> permitted_dns;         // name constraints, with is_ca
  std::string ca_issuers_url, crl_url, ocsp_url;  // "" leaves each out
  bool must_staple = false;
  std::vector<Bytes> more_extensions;  // whole DER Extensions, behind the others
};

// 16 octets from `random`, top bit clear, not zero: as INTEGER content (RFC 5280 section 4.1.2.2).
Bytes new_serial(Random& random);
// not_before + life - 1 s (RFC 5280 section 4.1.2.5 counts both ends).
Time last_second(Time not_before, Duration life);

// A certificate ready to sign. `issuer` null: self-signed, `key` signs itself. The builder refuses what cannot be
// encoded (errors: internal; config for a bad subject or URL); whether the result is a good certificate, lint() says.
struct ToBeSigned {
  Bytes tbs;        // DER TBSCertificate
  Bytes algorithm;  // DER AlgorithmIdentifier, the same as inside
};
Result<ToBeSigned> to_be_signed(const CertificateTemplate& parts, const crypto::PublicKey& key,
                                const Certificate* issuer, const crypto::PublicKey& issuer_key);
Result<Certificate> sign(const ToBeSigned& tbs, const crypto::Signer& issuer);

struct RevokedEntry {
  Bytes serial;
  Time when;
  int reason = 0;  // RFC 5280 section 5.3.1; 0 is left out
};
struct CrlTemplate {
  Time this_update, next_update;
  std::uint64_t number = 0;
  std::vector<RevokedEntry> revoked;
  std::string partition_url;  // of a list that holds a part only: the leaves' crl_url (RFC 5280 section 5.2.5)
};
Result<Bytes> make_crl(const CrlTemplate& parts, const Certificate& issuer, const crypto::Signer& key);  // DER

// What is wrong with a certificate of ours before it goes out, every fault in one line; "" when nothing is. Rules of
// RFC 5280 for CAs or leaves, by what it is. `issuer` null: it must be self-signed.
// `all_but_signature` is for octets that a throw-away key signed, before the issuer's key may see them (SF37).
enum class LintScope { all, all_but_signature };
std::string lint(const Certificate& certificate, const Certificate* issuer, LintScope scope = LintScope::all);
// What of `certificate` is not exactly as `parts` have it, "" when nothing is: its subject, names, dates and usages, and
// each extension that is there or is missing (X509-09). Whether that makes a good certificate is lint()'s affair.
std::string difference(const Certificate& certificate, const CertificateTemplate& parts);

struct ExtraExtension {
  std::string oid;  // in dotted numbers
  bool critical = false;
  Bytes value;
  Bytes der;  // the whole Extension, for `more_extensions`
  friend bool operator==(const ExtraExtension&, const ExtraExtension&) = default;
};
// Errors: usage, for what is no OID, a value that is not one DER element, and an extension whose content is the CA's own
// affair: names, usages, rights, places of the status.
Result<ExtraExtension> extra_extension(std::string_view oid, bool critical, ByteView value);

// The tls-alpn-01 certificate (RFC 8737 section 3): self-signed, one SAN, critical acmeIdentifier with `digest`.
Result<Certificate> tls_alpn_certificate(const crypto::Signer& key, const SubjectName& name, ByteView digest,
                                         Bytes serial, Time now);
Bytes acme_identifier_extension(ByteView digest);  // the whole DER Extension (V7)
// The whole DER Extension (V8). Error: internal, when a name is not in SubjectName's form.
Result<Bytes> subject_names_extension(const std::vector<SubjectName>& names, bool critical);
// Whether `certificate` answers a tls-alpn-01 challenge for `name`: "" or what is wrong (RFC 8737 section 3).
std::string check_tls_alpn(const Certificate& certificate, const SubjectName& name, ByteView digest);

}  // namespace crest::x509
