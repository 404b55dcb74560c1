// base64url without padding (RFC 4648 section 5), as ACME writes it; base64 for PEM; base32 for DNS labels.
#pragma once

#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace crest::encoding {

std::string base64url(ByteView data);
// Strict: no padding, no foreign character, trailing bits zero (RFC 8555 section 6.1). Error: malformed.
Result<Bytes> from_base64url(std::string_view text);
bool is_base64url(std::string_view text);  // only characters of the alphabet, and at least one

std::string base64(ByteView data);                 // padded, one line
Result<Bytes> from_base64(std::string_view text);  // strict: padded, one line. Error: malformed
// Either alphabet, padded or not, surrounding blanks dropped: for keys that people paste (EAB). Error:
// malformed.
Result<Bytes> from_base64_lenient(std::string_view text);

std::string base32_lower(ByteView data);  // no padding
std::string hex(ByteView data);           // lower case
Result<Bytes> from_hex(std::string_view text);

}  // namespace crest::encoding
