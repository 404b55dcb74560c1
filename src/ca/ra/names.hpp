// Which identifiers this CA issues for (SF20, SF22, SF23, IP-04). Pure.
#pragma once

#include "acme/identifier.hpp"
#include "ca/ra/rules.hpp"

namespace crest::ca::ra {

// "" or why not, for the client to read.
std::string why_refused(const acme::Identifier& identifier, const Rules& rules);
// Errors: rejections rejectedIdentifier with a subproblem for each refused name (ORD-03), malformed for too many.
Result<void> admit(const std::vector<acme::Identifier>& identifiers, const Rules& rules);

}  // namespace crest::ca::ra
