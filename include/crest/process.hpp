// What a process that holds private keys may ask of the system for itself; the library does none of it unasked.
#pragma once

#include <string>

namespace crest {

// No core file, and no look into this process by another one of the same user (PR_SET_DUMPABLE); private keys that are
// read or made from then on lie in locked memory. Before the first Client, on one thread. Returns what the system
// refused, for a line in a log; "" when it refused nothing: it is a help, not a condition.
std::string shield_process();

}  // namespace crest
