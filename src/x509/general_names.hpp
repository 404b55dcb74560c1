// GeneralNames (RFC 5280 section 4.2.1.6): the value of the subject alternative name.
#pragma once

#include <vector>

#include "x509/certificate.hpp"

namespace crest::x509 {

struct GeneralNames {
  std::vector<SubjectName> names;  // dNSName, lower-cased, and iPAddress; in their order, doubles kept
  std::size_t entries = 0;         // of every kind
  bool has_others = false;
};

// Error: malformed, also for no entry at all, a dNSName that is not visible ASCII and an iPAddress that is none.
Result<GeneralNames> read_general_names(ByteView value);
// In the order given. Error: internal, when a name is not in the form SubjectName asks for.
Result<Bytes> write_general_names(const std::vector<SubjectName>& names);

}  // namespace crest::x509
