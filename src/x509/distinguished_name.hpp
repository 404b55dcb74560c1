// Distinguished names (RFC 5280 section 4.1.2.4): read into text that is safe to show, written from two attributes.
#pragma once

#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace crest::x509 {

inline constexpr std::size_t name_attribute_chars_max = 64;  // ub-common-name, ub-organization-name (RFC 5280 A.1)

struct DistinguishedName {
  std::string text;                       // RFC 2253, escaped: printable ASCII only; "" for the empty name
  std::vector<std::string> common_names;  // in order of appearance, UTF-8; control characters as \XX
  bool has_others = false;                // attributes that are no common name
};

// Error: malformed. `what` names the name in it.
Result<DistinguishedName> read_distinguished_name(ByteView der, std::string_view what);
// UTF8Strings; an empty attribute is left out. Error: config, when a value is too long or no clean UTF-8.
Result<Bytes> write_distinguished_name(const std::string& organization, const std::string& common_name);
std::size_t utf8_chars(std::string_view text);

}  // namespace crest::x509
