// Object identifiers as their DER content octets; the arcs stand behind each.
#pragma once

#include <string_view>

namespace crest::x509::oid {

using namespace std::string_view_literals;

// Attributes of names (RFC 5280 section 4.1.2.4)
inline constexpr auto common_name = "\x55\x04\x03"sv;   // 2.5.4.3
inline constexpr auto organization = "\x55\x04\x0a"sv;  // 2.5.4.10

// Extensions (RFC 5280 section 4.2)
inline constexpr auto subject_key_id = "\x55\x1d\x0e"sv;                             // 2.5.29.14
inline constexpr auto key_usage = "\x55\x1d\x0f"sv;                                  // 2.5.29.15
inline constexpr auto subject_alt_name = "\x55\x1d\x11"sv;                           // 2.5.29.17
inline constexpr auto basic_constraints = "\x55\x1d\x13"sv;                          // 2.5.29.19
inline constexpr auto crl_number = "\x55\x1d\x14"sv;                                 // 2.5.29.20
inline constexpr auto reason_code = "\x55\x1d\x15"sv;                                // 2.5.29.21
inline constexpr auto issuing_distribution_point = "\x55\x1d\x1c"sv;                 // 2.5.29.28
inline constexpr auto name_constraints = "\x55\x1d\x1e"sv;                           // 2.5.29.30
inline constexpr auto crl_distribution_points = "\x55\x1d\x1f"sv;                    // 2.5.29.31
inline constexpr auto authority_key_id = "\x55\x1d\x23"sv;                           // 2.5.29.35
inline constexpr auto extended_key_usage = "\x55\x1d\x25"sv;                         // 2.5.29.37
inline constexpr auto authority_info_access = "\x2b\x06\x01\x05\x05\x07\x01\x01"sv;  // 1.3.6.1.5.5.7.1.1
inline constexpr auto tls_feature = "\x2b\x06\x01\x05\x05\x07\x01\x18"sv;            // 1.3.6.1.5.5.7.1.24
inline constexpr auto acme_identifier = "\x2b\x06\x01\x05\x05\x07\x01\x1f"sv;        // 1.3.6.1.5.5.7.1.31
// Of the drafts before RFC 8737; never accepted (TLS-09).
inline constexpr auto acme_identifier_draft = "\x2b\x06\x01\x05\x05\x07\x01\x1e\x01"sv;  // 1.3.6.1.5.5.7.1.30.1

// Extended key usages and access methods
inline constexpr auto server_auth = "\x2b\x06\x01\x05\x05\x07\x03\x01"sv;        // 1.3.6.1.5.5.7.3.1
inline constexpr auto client_auth = "\x2b\x06\x01\x05\x05\x07\x03\x02"sv;        // 1.3.6.1.5.5.7.3.2
inline constexpr auto email_protection = "\x2b\x06\x01\x05\x05\x07\x03\x04"sv;   // 1.3.6.1.5.5.7.3.4
inline constexpr auto ocsp_signing = "\x2b\x06\x01\x05\x05\x07\x03\x09"sv;       // 1.3.6.1.5.5.7.3.9
inline constexpr auto access_ocsp = "\x2b\x06\x01\x05\x05\x07\x30\x01"sv;        // 1.3.6.1.5.5.7.48.1
inline constexpr auto access_ca_issuers = "\x2b\x06\x01\x05\x05\x07\x30\x02"sv;  // 1.3.6.1.5.5.7.48.2

// OCSP (RFC 6960)
inline constexpr auto ocsp_basic = "\x2b\x06\x01\x05\x05\x07\x30\x01\x01"sv;     // 1.3.6.1.5.5.7.48.1.1
inline constexpr auto ocsp_nonce = "\x2b\x06\x01\x05\x05\x07\x30\x01\x02"sv;     // 1.3.6.1.5.5.7.48.1.2
inline constexpr auto ocsp_no_check = "\x2b\x06\x01\x05\x05\x07\x30\x01\x05"sv;  // 1.3.6.1.5.5.7.48.1.5
inline constexpr auto sha1 = "\x2b\x0e\x03\x02\x1a"sv;                           // 1.3.14.3.2.26
inline constexpr auto sha256 = "\x60\x86\x48\x01\x65\x03\x04\x02\x01"sv;         // 2.16.840.1.101.3.4.2.1

// PKCS#9
inline constexpr auto extension_request = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e"sv;  // 1.2.840.113549.1.9.14

inline constexpr auto rsa_pss = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"sv;  // 1.2.840.113549.1.1.10

}  // namespace crest::x509::oid
