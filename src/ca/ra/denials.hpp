// What was refused is in the audit log, too (ENT-09). Asking costs little, so there are only so many lines in an hour for
// each account, and for all strangers together; the log of events has every one.
#pragma once

#include "ca/audit/chain.hpp"
#include "ca/ra/deps.hpp"

namespace crest::ca::ra {

struct Denial {
  std::string kind;   // "order_denied"
  store::Id account;  // "" for who has none
  std::string what;   // that was refused: the order, the serial, the name; or ""
  std::string error;  // in our words
};

// In the transaction that refuses, beside what else it writes. Error: storage.
Result<void> append_denial(store::Tx& tx, const std::string& audit_chain, const Denial& denial, Time now);
// Into both logs, when nothing else is to be written. A refusal stands whether or not it could be written down. Blocks for
// a read and at most one write; thread-safe.
void tell_denial(const Deps& deps, const Denial& denial, Time now);

}  // namespace crest::ca::ra
