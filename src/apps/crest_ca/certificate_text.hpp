// Certificates of the CA's records, as text and as JSON.
#pragma once

#include <string>
#include <string_view>

#include "ca/store/store.hpp"
#include "encoding/json.hpp"

namespace crest::apps::crest_ca {

// "valid", "not yet valid", "expired", "revoked", "signing": what holds at `now`.
std::string_view state_of(const ca::store::CertificateRow& row, Time now);
std::string reason_text(int code);  // "keyCompromise"
// As docs/schema/ca-certificate.json has it.
encoding::Json to_json(const ca::store::CertificateRow& row, Time now);
std::string names_text(const ca::store::CertificateRow& row, std::size_t chars_max);

// A serial number as people and programs write it ("0x4A:0B", "4a0b") in the CA's own form. Error: usage.
Result<std::string> serial_from_user(std::string_view text);
Error no_such_certificate(const std::string& serial);

}  // namespace crest::apps::crest_ca
