// An AlternateChain leads from an issuer's key to another root than its own chain does: to the CA that cross-signed it
// (RFC 8555 section 7.4.2).
#pragma once

#include <string_view>

#include "ca/issuer/profile.hpp"
#include "x509/certificate.hpp"

namespace crest::ca::issuer {

struct AlternateChain {
  x509::Chain chain;  // a certificate for the issuer's name and key first, then what stands between it and the root
  x509::Certificate root;
};
inline constexpr std::size_t alternate_chains_max = 8;  // of an issuer

// A bundle with the chain, each certificate signed by the next, and its root last. Error: config.
Result<AlternateChain> alternate_chain_from_pem(std::string_view pem);

// Whether certificates of `issuer` verify through it, at any time: the same name and key, signatures, the rights of CAs,
// path lengths, a time at which all are valid. Error: config, naming what is in the way.
Result<void> check_alternate(const AlternateChain& alternate, const x509::Certificate& issuer);

// When all of it, the root too, is valid: nothing when the end comes first. Pure.
Validity validity_of(const AlternateChain& alternate);
bool is_good_at(const AlternateChain& alternate, Time now);

// "" or that `signer` may not stand above `below` CAs of a chain and the one that issues.
std::string path_fault(const x509::Certificate& signer, std::size_t below);

}  // namespace crest::ca::issuer
