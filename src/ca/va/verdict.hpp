// What a validation is about, and what it found.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/identifier.hpp"
#include "acme/problem.hpp"
#include "core/error.hpp"
#include "core/time.hpp"

namespace crest::ca::va {

struct Claim {
  acme::Identifier identifier;  // without "*."
  std::string token;
  std::string key_authorization;  // of the account key at response time (CHL-17)
  std::string method;             // "http-01"
  bool wildcard = false;          // it is "*." and the identifier that is to be proved
  std::string account_url;
};

struct Verdict {
  std::optional<Problem> problem;        // none: proven
  bool transient = false;                // the target or its name could not be reached: another attempt may find it
  std::optional<Duration> reusable_for;  // the proof is good for no longer than this
  std::string for_operator;              // what the log says beyond the problem: the account is not told (SF54)
};

Verdict failed(acme::ProblemType type, std::string detail, bool transient = false);
// `what` could not be looked up. The account reads what its own zone did wrong, and nothing of what ails the CA.
Verdict not_looked_up(const std::string& what, const Error& error);

}  // namespace crest::ca::va
