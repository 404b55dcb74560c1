// An Identifier is what a certificate is asked for (RFC 8555 section 9.7.7, RFC 8738).
#pragma once

#include <string>
#include <vector>

#include "encoding/json.hpp"
#include "x509/certificate.hpp"

namespace crest::acme {

enum class IdentifierType { dns, ip };
std::string_view to_string(IdentifierType type);

struct Identifier {
  IdentifierType type = IdentifierType::dns;
  std::string value;  // dns: A-label, lower case, maybe "*." in front; ip: RFC 1123 or RFC 5952 text

  bool is_wildcard() const { return value.starts_with("*."); }
  Identifier base() const;  // without "*."
  x509::SubjectName subject_name() const;
  friend auto operator<=>(const Identifier&, const Identifier&) = default;
};

// Whether control of the domain `ancestor` is control of `identifier` (RFC 9444): a name, or wildcard, that is it or is
// below it.
bool is_at_or_below(const Identifier& identifier, const Identifier& ancestor);
// The domains a name is at or below, itself (without "*.") first; none for an address.
std::vector<Identifier> ancestors_of(const Identifier& identifier);

// What a person typed: a name (IDN, any case, wildcard) or an address. Error: usage, saying which rule it breaks.
Result<Identifier> identifier_from_user(std::string_view text);
// What a request carries; strict and canonical (RFC 8555 section 7.1.4, RFC 8738 section 3). Error: malformed.
// An unknown type is malformed too, with message "unsupported identifier type": see is_unsupported_type().
Result<Identifier> identifier_from_wire(std::string_view type, std::string_view value);
bool is_unsupported_type(std::string_view type);
encoding::Json to_json(const Identifier& identifier);
Result<Identifier> identifier_from_json(const encoding::Json& json, std::string path = {});  // error: malformed
std::vector<x509::SubjectName> subject_names(const std::vector<Identifier>& identifiers);    // sorted, no doubles

}  // namespace crest::acme
