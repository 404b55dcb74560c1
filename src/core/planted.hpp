// Bugs planted on purpose, so that the simulator can show that it would catch them. They exist in one test library
// only (crest_client_planted, built with CREST_PLANTED); everywhere else planted() is a constant false.
#pragma once

namespace crest {

enum class Planted { none, skip_key_sync, reuse_nonce, publish_key_before_certificate };

#ifdef CREST_PLANTED
inline namespace with_planted_bugs {
inline Planted planted_bug = Planted::none;  // chosen by the test, before it starts
inline bool planted(Planted bug) { return planted_bug == bug; }
}  // namespace with_planted_bugs
#else
constexpr bool planted(Planted) { return false; }
#endif

}  // namespace crest
