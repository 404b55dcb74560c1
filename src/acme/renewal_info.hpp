// RenewalInfo is when a CA would like a certificate renewed (ARI, RFC 9773); CertId is how it is asked for.
#pragma once

#include <optional>
#include <string>

#include "core/random.hpp"
#include "encoding/json.hpp"
#include "x509/certificate.hpp"

namespace crest::acme {

struct CertId {
  Bytes authority_key_id;
  Bytes serial;  // INTEGER content octets

  static std::optional<CertId> of(const x509::Certificate& certificate);  // nullopt without an AKI
  static Result<CertId> parse(std::string_view text);                     // error: malformed
  std::string str() const;                                                // RFC 9773 section 4.1
  friend bool operator==(const CertId&, const CertId&) = default;
};

struct RenewalInfo {
  Time start, end;  // the suggested window
  std::optional<std::string> explanation_url;
};
encoding::Json to_json(const RenewalInfo& info);
Result<RenewalInfo> renewal_info_from_json(const encoding::Json& json);  // end <= start is malformed (ARI-03)
std::string renewal_info_url(std::string_view base, const CertId& id);

struct RenewalInfoPolicy {  // RFC 9773 section 4.3.2, clamped
  static constexpr Duration fetch_min = std::chrono::minutes(1), fetch_max = std::chrono::hours(24);
  static constexpr Duration long_term_retry = std::chrono::hours(6);
};
Time pick_instant(const RenewalInfo& info, Random& random);  // uniform in the window

// When a certificate is due without ARI: not_before + share of the inclusive lifetime (ENT-03).
inline constexpr double renew_share_default = 2.0 / 3.0;
Time renewal_due(Time not_before, Time not_after, double share = renew_share_default);

}  // namespace crest::acme
