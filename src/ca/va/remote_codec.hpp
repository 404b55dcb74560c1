// What a CA asks a remote validator, and what that answers: JSON, read strictly on both ends.
#pragma once

#include "ca/va/verdict.hpp"
#include "encoding/json.hpp"

namespace crest::ca::va {

inline constexpr std::size_t claim_bytes_max = 8u << 10, verdict_bytes_max = 64u << 10;

encoding::Json to_json(const Claim& claim);
// Nothing in it reaches a path, a name or a look-up unchecked. Error: malformed, also for a member that is not known.
Result<Claim> claim_from_json(std::string_view text);

encoding::Json to_json(const Verdict& verdict);
// The problem is rebuilt from a type that is known and text that can be shown. Error: malformed.
Result<Verdict> verdict_from_json(std::string_view text);

}  // namespace crest::ca::va
