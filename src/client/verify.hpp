// What has to be true of an issued chain before it may be published (CRT-07, CF20-CF24).
#pragma once

#include <vector>

#include "acme/identifier.hpp"
#include "x509/certificate.hpp"

namespace crest::client {

inline constexpr Duration not_yet_valid_max{5 * 60'000};

// Key, exact names and dates of the leaf. Errors: cert_rejected, saying which; clock_suspect.
Result<void> verify_leaf(const x509::Certificate& leaf, const crypto::PublicKey& key,
                         const std::vector<acme::Identifier>& identifiers, Time now);
// All that, and of the chain: dates, signatures, and a pinned root where there is one. Error: cert_rejected, saying which.
Result<void> verify_issued(const x509::Chain& chain, const crypto::PublicKey& key,
                           const std::vector<acme::Identifier>& identifiers,
                           const std::vector<x509::Certificate>* pinned_roots, Time now);

}  // namespace crest::client
