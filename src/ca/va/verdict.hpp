// What a validation is about, and what it found.
#pragma once

#include <optional>
#include <string>

#include "acme/identifier.hpp"
#include "core/error.hpp"

namespace crest::ca::va {

struct Claim {
  acme::Identifier identifier;  // without "*."
  std::string token;
  std::string key_authorization;  // of the account key at response time (CHL-17)
};

struct Verdict {
  std::optional<Problem> problem;  // none: proven
  bool transient = false;          // the target or its name could not be reached: another attempt may find it
};

}  // namespace crest::ca::va
