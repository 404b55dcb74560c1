// Which authorization an identifier needs, and which ones an account has already.
#pragma once

#include "ca/ra/deps.hpp"

namespace crest::ca::ra {

store::Scope scope_of(const acme::Identifier& identifier);

// A pending authorization with the challenges that fit; `identifier` without "*.".
store::AuthorizationRow fresh_authorization(const store::Id& account, const acme::Identifier& identifier,
                                            store::Scope scope, const Rules& rules, Random& random, Time now);

// A valid one of the account for exactly this identifier, or for a domain it is below. Error: storage.
Result<std::optional<store::AuthorizationRow>> find_exact(store::Tx& tx, const store::Id& account,
                                                          const acme::Identifier& identifier, Time now);
Result<std::optional<store::AuthorizationRow>> find_above(store::Tx& tx, const store::Id& account,
                                                          const acme::Identifier& identifier, Time now);

// Whether an order that is new may rest on it: a method that is no longer offered has lost what it proved (SF33).
bool is_proved_as_offered(const store::AuthorizationRow& row, const Rules& rules);

}  // namespace crest::ca::ra
