// Keeps the secrets of this process where they belong: out of core files, of other processes and of the swap.
#pragma once

#include <string>

namespace crest::adapters {

// For a process that holds a CA's key; before the first key is read, once or again. No core file, no look from outside
// (PR_SET_DUMPABLE), and private keys that are read or made from then on lie in locked memory that no dump contains.
// What the system refused, for a line in the log; "" nothing: it is a help, not a condition.
std::string shield_secrets();

}  // namespace crest::adapters
