// OCSP (RFC 6960, RFC 5019) as values: what a request asks, and the answer to sign. Pure but for the signature.
#pragma once

#include <optional>
#include <vector>

#include "x509/certificate.hpp"

namespace crest::x509::ocsp {

inline constexpr std::size_t request_bytes_max = 4u << 10, certificates_max = 16;
inline constexpr std::size_t nonce_bytes_max = 128;  // RFC 9654 section 2.1; none at all is as bad

// Which certificate is meant (RFC 6960 section 4.1.1).
struct CertId {
  Bytes der;  // as it came: an answer repeats it octet for octet
  bool sha256 = false;
  Bytes issuer_name_hash, issuer_key_hash;
  Bytes serial;  // INTEGER content octets

  bool is_of(const Certificate& issuer) const;
};

struct Request {
  std::vector<CertId> ids;     // 1 to certificates_max
  std::optional<Bytes> nonce;  // the extension's value, DER as it came
};
// A signature on it is not looked at. Error: malformed; also for a hash other than SHA-1 and SHA-256.
Result<Request> parse_request(ByteView der);

enum class Status { good, revoked, unknown };
struct SingleResponse {
  CertId id;
  Status status = Status::unknown;
  Time revoked_at;
  int reason = 0;  // RFC 5280 section 5.3.1; 0 is left out (REV-08)
  Time this_update, next_update;
};
struct ResponseTemplate {
  Time produced_at;
  std::vector<SingleResponse> responses;
  std::optional<Bytes> nonce;
};
// DER OCSPResponse, "successful", signed by `key`, with `responder`'s certificate inside unless the issuer signs itself.
// Errors: internal, when key and certificate do not belong together; those of the signer.
Result<Bytes> make_response(const ResponseTemplate& parts, const Certificate& responder, const crypto::Signer& key,
                            const Certificate& issuer);

enum class Failure : std::uint8_t { malformed_request = 1, internal_error = 2, try_later = 3, unauthorized = 6 };
Bytes failure_response(Failure failure);  // unsigned, as RFC 6960 section 2.3 has it

// The id-pkix-ocsp-nocheck extension (RFC 6960 section 4.2.2.2.1): the whole DER Extension, for a responder's
// certificate.
Bytes no_check_extension();

}  // namespace crest::x509::ocsp
