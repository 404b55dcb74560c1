// The extensions a CertificateTemplate asks for (RFC 5280 section 4.2), in DER.
#pragma once

#include "x509/build.hpp"

namespace crest::x509 {

// The whole "[3] EXPLICIT Extensions". `issuer` null: self-signed. Error: internal or config.
Result<Bytes> write_extensions(const CertificateTemplate& parts, const crypto::PublicKey& key,
                               const Certificate* issuer);
// SHA-1 of the key's BIT STRING (RFC 5280 section 4.2.1.2, method 1).
Result<Bytes> key_identifier(const crypto::PublicKey& key);
// What a certificate issued by `issuer` carries as AKI: its SKI, or where it has none the identifier of its key.
Result<Bytes> issuer_key_identifier(const Certificate& issuer);
Bytes authority_key_id_extension(ByteView id);

}  // namespace crest::x509
