// What ends together with an account (RFC 8555 section 7.3.6): its open orders and the authorizations it holds.
#pragma once

#include "ca/store/store.hpp"

namespace crest::ca::ra {

inline constexpr std::size_t closed_in_step_max = 300;  // orders, and as many authorizations that stand alone

// One step: the open orders of the account become invalid, what they wait for and what the account has proved becomes
// deactivated, and no validation of it goes on. True: nothing is left; false: another step is needed. For a
// transaction in which the account is not valid any more, so that nothing new comes after it.
Result<bool> close_some(store::Tx& tx, const store::Id& account, Time now);

// Error: rejection unauthorized, when the account is not valid (any more), for transactions that give it something.
Result<void> must_be_valid(store::Tx& tx, const store::Id& account);

}  // namespace crest::ca::ra
