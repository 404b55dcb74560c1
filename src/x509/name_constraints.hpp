// Name constraints (RFC 5280 section 4.2.1.10) on host names and addresses.
#pragma once

#include "x509/certificate.hpp"

namespace crest::x509 {

// Whether the extension's `value` lets a CA issue for `name`. Error: malformed; nobody may rely on such a CA.
Result<bool> permits_name(ByteView value, const SubjectName& name);

}  // namespace crest::x509
