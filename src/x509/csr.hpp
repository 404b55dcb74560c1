// A Csr is a PKCS#10 request (RFC 2986). A CA takes its key and compares its names; nothing else of it is trusted.
#pragma once

#include <string>
#include <vector>

#include "x509/certificate.hpp"

namespace crest::x509 {

inline constexpr std::size_t csr_bytes_max = 27'000;

struct Csr {
  Bytes der;
  crypto::PublicKey key;
  std::vector<SubjectName> names;         // SAN, sorted, without doubles
  std::vector<std::string> common_names;  // every CN of the subject, as Certificate::common_name() writes it
  bool has_other_names = false;           // rfc822Name, URI, otherName, ... in the SAN
  bool has_other_subject = false;         // any RDN but CN
  bool asks_ca = false;                   // basicConstraints CA:TRUE

  // Version 0, strict DER without trailing octets, self-signature verified (not SHA-1 or MD5). Error: malformed.
  static Result<Csr> from_der(ByteView der);
};

// All names in the SAN; the subject is empty unless `common_name` is given (one of the names, at most 64 characters).
Result<Bytes> make_csr(const crypto::Signer& key, const std::vector<SubjectName>& names,
                       const std::string& common_name = {});
// For a CA that signs leaves: asks for basicConstraints with path length 0 and for the key usages of a CA. Error: config,
// for a bad subject; the signer's.
Result<Bytes> make_ca_csr(const crypto::Signer& key, const std::string& organization, const std::string& common_name);

}  // namespace crest::x509
