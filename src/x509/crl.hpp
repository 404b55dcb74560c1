// Looking into a revocation list of ours (RFC 5280 section 5.1). Building one: see x509/build.hpp.
#pragma once

#include "x509/build.hpp"

namespace crest::x509 {

// Whether an entry of a full list may give this reason: 8 (removeFromCRL) stands in delta lists only, 7 nowhere.
bool is_full_list_reason(int reason);
// The revokedCertificates as they stand in `crl`, DER; empty when nothing is revoked. A view into `crl`. Error: malformed.
Result<ByteView> revoked_octets(ByteView crl);
// The same as a list would hold them. Error: internal, for an entry that no full list has.
Result<Bytes> revoked_octets(const std::vector<RevokedEntry>& entries);

}  // namespace crest::x509
