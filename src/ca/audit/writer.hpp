// What happens is written to the audit log in the transaction in which it happens: no line, no change (SF66).
#pragma once

#include "ca/audit/chain.hpp"
#include "ca/store/store.hpp"

namespace crest::ca::audit {

// Appends to the chain of this name: each node has its own, so that nodes do not wait for each other. Nobody but a
// transaction that goes on to be rolled back may pass over the error: storage.
Result<void> append(store::Tx& tx, const std::string& chain, const Event& event, Time now);

}  // namespace crest::ca::audit
