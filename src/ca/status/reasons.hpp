// Why a certificate may be revoked: the one list, for clients, for the operators' listener and for the command line.
//
// Of RFC 5280 section 5.3.1 this CA does without certificateHold, since it has no way to take a hold back, without
// removeFromCRL, which stands in delta lists only, and without those that tell of other authorities.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/revocation.hpp"

namespace crest::ca::status {

// Subscribers may state what is theirs to know; privileges are the operator's to withdraw (acme.md section 8).
enum class Asker { subscriber, ca_operator };

bool may_state(Asker who, acme::RevocationReason reason);
std::vector<acme::RevocationReason> reasons_for(Asker who);
// "unspecified, keyCompromise, ...": for messages.
std::string reason_words(Asker who);
// Error: usage, with the words there are.
Result<acme::RevocationReason> reason_from_operator(std::string_view word);

}  // namespace crest::ca::status
