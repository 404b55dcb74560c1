// A quorum decides what places in the network see together: a network path that lies must not be enough (SF51). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace crest::ca::va {

enum class Opinion { outstanding, agrees, disagrees, absent };
enum class Finding {
  open,     // the rest has to be waited for
  proved,   // enough agree
  refused,  // too many see something else
  too_few,  // too many could not be asked: nothing is known of the proof
};

// Of `remote` places so many: all but one of 2 to 5, all but two from 6 on (CA/Browser Forum, Baseline Requirements
// 3.2.2.9).
std::size_t usual_quorum(std::size_t remote);

// `own` is the CA itself, which must agree; nullopt: it has no say.
Finding finding_of(std::optional<Opinion> own, std::span<const Opinion> remote, std::size_t quorum);

}  // namespace crest::ca::va
