// A Certificate is a parsed X.509 certificate (RFC 5280): plain fields beside the exact DER.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "crypto/key.hpp"

namespace crest::x509 {

// A name a certificate speaks for; `value` is lower-case LDH text or canonical IP text.
struct SubjectName {
  enum class Type { dns, ip };
  Type type = Type::dns;
  std::string value;
  friend auto operator<=>(const SubjectName&, const SubjectName&) = default;
};

enum class KeyUsage : unsigned { digital_signature = 1, key_encipherment = 4, key_cert_sign = 32, crl_sign = 64 };
enum class ExtendedUsage { server_auth, client_auth, ocsp_signing, email_protection };

inline constexpr std::size_t certificate_bytes_max = 64u << 10;

struct Fields;  // in x509/fields.hpp, for this layer only

class Certificate {
 public:
  // Strict DER (see x509/fields.hpp for the two faults forgiven), no trailing octets, no extension twice; serials of
  // any sign and length, dates to the year 9999. Error: malformed, also for a key that crypto::PublicKey refuses.
  static Result<Certificate> from_der(ByteView der);
  static Result<Certificate> from_pem(std::string_view pem);  // exactly one CERTIFICATE block

  const Bytes& der() const { return der_; }
  std::string pem() const;
  const Bytes& serial() const { return serial_; }  // INTEGER content octets, a leading 00 included
  std::string serial_hex() const;
  Time not_before() const { return not_before_; }
  Time not_after() const { return not_after_; }            // the last second inside (RFC 5280 section 4.1.2.5)
  Duration lifetime() const;                               // inclusive: not_after - not_before + 1 s
  const std::string& subject() const { return subject_; }  // RFC 2253 text, printable ASCII; "" when empty
  const std::string& issuer() const { return issuer_; }
  const Bytes& subject_der() const { return subject_der_; }
  const Bytes& issuer_der() const { return issuer_der_; }
  // The last one of the subject; UTF-8, control characters as \XX.
  std::optional<std::string> common_name() const { return common_name_; }
  const std::vector<SubjectName>& names() const { return names_; }  // dNSName and iPAddress of the SAN, sorted
  bool has_other_names() const { return has_other_names_; }         // any other kind in the SAN
  const crypto::PublicKey& public_key() const { return key_; }
  const Bytes& authority_key_id() const { return authority_key_id_; }  // empty when absent
  const Bytes& subject_key_id() const { return subject_key_id_; }
  bool is_ca() const { return is_ca_; }
  unsigned key_usage() const { return key_usage_; }  // sum of KeyUsage; 0 when absent
  bool is_self_issued() const { return subject_der_ == issuer_der_; }
  // True when `issuer`'s key made the signature, by SHA-2 or Ed25519; says nothing about dates or rights.
  bool signed_by(const Certificate& issuer) const;
  std::string fingerprint() const;  // "sha256:" and hex of the DER

 private:
  Certificate() = default;
  Result<void> take_extensions(const Fields& fields);

  Bytes der_, serial_, subject_der_, issuer_der_, authority_key_id_, subject_key_id_;
  Time not_before_, not_after_;
  std::string subject_, issuer_;
  std::optional<std::string> common_name_;
  std::vector<SubjectName> names_;
  bool has_other_names_ = false, is_ca_ = false;
  unsigned key_usage_ = 0;
  crypto::PublicKey key_;
};

inline constexpr std::size_t chain_length_max = 10;

// A Chain is a leaf and its issuers in order, the root left out.
class Chain {
 public:
  // Only CERTIFICATE blocks, 1 to 10, leaf first, each signed by the next, issuers with CA rights; a trailing root is
  // dropped; LF or CRLF, blank lines allowed, text refused. Error: malformed (whose meaning the caller knows: cert_rejected).
  static Result<Chain> from_pem(std::string_view pem);
  explicit Chain(std::vector<Certificate> certificates) : certificates_(std::move(certificates)) {}

  const Certificate& leaf() const { return certificates_.front(); }
  const std::vector<Certificate>& certificates() const { return certificates_; }
  std::string pem() const;          // encoded anew: nothing that a server sent between the blocks survives
  std::string issuers_pem() const;  // without the leaf

 private:
  std::vector<Certificate> certificates_;
};

// Path validation of `chain` to one of `anchors` (roots) at `when`, with OpenSSL's verifier, to which notAfter itself is
// already outside. About 1 ms. Error: cert_rejected.
Result<void> verify_chain(const Chain& chain, const std::vector<Certificate>& anchors, Time when);
Result<std::vector<Certificate>> certificates_from_pem(std::string_view pem);  // a bundle; text between is ignored

}  // namespace crest::x509
