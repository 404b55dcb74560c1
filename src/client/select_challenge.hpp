// Which challenge of an authorization to answer: pure.
#pragma once

#include <string>
#include <vector>

#include "acme/authorization.hpp"

namespace crest::client {

// The first of `methods` that is offered, fits the identifier and is still open; one of `failed` only when no other is.
// Unknown types are passed over (CHL-16). Error: no_challenge, listing what was offered (CF41); bad_token (CF18).
Result<const acme::Challenge*> select_challenge(const acme::Authorization& authorization,
                                                const std::vector<std::string_view>& methods,
                                                const std::vector<std::string>& failed);

}  // namespace crest::client
