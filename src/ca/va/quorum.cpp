#include "ca/va/quorum.hpp"

#include <algorithm>

namespace crest::ca::va {

std::size_t usual_quorum(std::size_t remote) {
  constexpr std::size_t two_may_differ = 6;
  if (remote <= 1) return remote;
  return remote < two_may_differ ? remote - 1 : remote - 2;
}

Finding finding_of(std::optional<Opinion> own, std::span<const Opinion> remote, std::size_t quorum) {
  const auto count = [&](Opinion opinion) { return static_cast<std::size_t>(std::ranges::count(remote, opinion)); };
  if (own == Opinion::disagrees) return Finding::refused;
  const std::size_t agree = count(Opinion::agrees), possible = agree + count(Opinion::outstanding);
  if (possible < quorum) return possible + count(Opinion::absent) < quorum ? Finding::refused : Finding::too_few;
  return agree < quorum || own == Opinion::outstanding ? Finding::open : Finding::proved;
}

}  // namespace crest::ca::va
