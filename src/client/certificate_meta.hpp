// A CertificateMeta is the small record beside each generation: 10,000 can be looked over without parsing a certificate.
#pragma once

#include <optional>
#include <string>

#include "client/backoff.hpp"
#include "client/order_record.hpp"
#include "x509/certificate.hpp"

namespace crest::client {

struct CertificateMeta {
  CertificateRequest request;  // what a renewal asks for again
  std::string directory, account_url, order_url;
  std::string serial;  // hex
  std::string issuer;  // RFC 2253 text, untrusted
  std::string ari_id;  // RFC 9773 section 4.1; "" without one
  Time not_before, not_after;
  Time issued_at;
  std::uint64_t generation = 0;  // set by the vault
};
encoding::Json to_json(const CertificateMeta& meta);
Result<CertificateMeta> certificate_meta_from_json(const encoding::Json& json);
CertificateMeta make_meta(const OrderRecord& record, const x509::Certificate& leaf, Time now);
Result<std::optional<CertificateMeta>> live_meta(Vault& vault, std::string_view name);  // error: storage
std::optional<Serving> serving(Vault& vault, std::string_view name, Time now);  // none, or none readable: nullopt

// Pure. A clock before not_before by more than a day, or before `earliest_now`, is not believed (CF62).
inline constexpr Time earliest_now{std::chrono::sys_days(std::chrono::year(2025) / 1 / 1)};
Result<void> check_clock(Time now, const CertificateMeta* meta);  // error: clock_suspect

enum class Due { not_due, due, expired };
struct Renewal {
  Due due = Due::not_due;
  Time renew_at;  // 2/3 of the inclusive lifetime (ENT-03)
};
Renewal renewal(const CertificateMeta& meta, Time now);

}  // namespace crest::client
