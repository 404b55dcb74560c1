// A Profile is what a certificate looks like, as data (X509-09); and the dates that follow from it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "crypto/key.hpp"
#include "x509/certificate.hpp"

namespace crest::ca::issuer {

struct Profile {
  std::string name = "default";
  Duration life{24h};
  Duration life_max{7 * 24h};  // for notAfter in an order
  Duration backdate{60s};      // for clocks that are behind (SF82)
  unsigned key_usage = static_cast<unsigned>(x509::KeyUsage::digital_signature);
  std::vector<x509::ExtendedUsage> extended_usages = {x509::ExtendedUsage::server_auth};
  std::vector<crypto::KeyType> key_types;

  // The name and a digest of all else: an order keeps it, so that no order changes its profile on the way (SF36).
  std::string pin() const;
};

struct Validity {  // both inclusive, whole seconds (RFC 5280 section 4.1.2.5)
  Time not_before, not_after;
};

struct RequestedValidity {
  std::optional<Time> not_before, not_after;
};

// Whether a new order may ask for these dates: refused rather than cut when they are senseless or not to be had
// (ORD-06, SF35). Errors: rejection malformed.
Result<void> check_requested(const RequestedValidity& requested, const Profile& profile, const Validity& issuer,
                             Time now);
// The dates of a certificate signed now: as requested, or by the profile, inside the issuer's own (X509-04). Errors:
// rejection malformed when the requested end has passed; clock_suspect when the issuer is not valid now.
Result<Validity> validity_for(const RequestedValidity& requested, const Profile& profile, const Validity& issuer,
                              Time now);

}  // namespace crest::ca::issuer
