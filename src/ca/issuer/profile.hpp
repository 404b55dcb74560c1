// A Profile is what a certificate looks like, as data (X509-09); and the dates that follow from it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "crypto/key.hpp"
#include "x509/build.hpp"

namespace crest::ca::issuer {

// 1 to 64 characters of a-z, 0-9 and -: how a CA, its profiles and its issuers are called.
bool is_plain_name(std::string_view name);

struct Profile {
  std::string name = "default";
  std::string description;  // for people, in the directory
  Duration life{24h};
  Duration life_max{7 * 24h};  // for notAfter in an order
  Duration backdate{60s};      // for clocks that are behind (SF82)
  std::vector<crypto::KeyType> key_types;
  unsigned key_usage = static_cast<unsigned>(x509::KeyUsage::digital_signature);  // see usage_for()
  std::vector<x509::ExtendedUsage> extended_usages = {x509::ExtendedUsage::server_auth};
  bool must_staple = false;
  bool common_name = false;  // the subject is the first name that fits into one; else it is empty
  std::string subject;       // the common name of a certificate without names
  bool hosts = true, wildcards = true, addresses = true;
  std::vector<x509::ExtraExtension> extensions;
  std::string issuer;  // the name of the one that signs; "": see IssuerSet::choose()

  // The name and a digest of all that a certificate depends on: an order keeps it, so that no order changes its profile
  // on the way (SF36).
  std::string pin() const;
  // keyEncipherment is for RSA keys; an elliptic one must not have it (RFC 8813 section 3).
  unsigned usage_for(crypto::KeyType key) const;
  // What the subject holds; "" nothing.
  std::string common_name_for(const std::vector<x509::SubjectName>& names) const;
};
std::string_view name_in_pin(std::string_view pin);

// What no profile may say, each with the member's name. Pure.
struct OptionFault {
  std::string option, why;
};
std::vector<OptionFault> faults_of(const Profile& profile);

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
