// What a CA takes from a CSR: its key, after the names in it were compared with the order's (RFC 8555 section 7.4). Pure.
#pragma once

#include <vector>

#include "acme/identifier.hpp"
#include "crypto/key.hpp"

namespace crest::ca::issuer {

// The key of `csr_der`, when the CSR asks for exactly `names`, is signed by its own key, and the key is acceptable.
// Nothing else of the CSR ever reaches a certificate (SF25, SF26). Error: rejection badCSR.
Result<crypto::PublicKey> key_of_csr(ByteView csr_der, const std::vector<x509::SubjectName>& names,
                                     const std::vector<crypto::KeyType>& types);

}  // namespace crest::ca::issuer
