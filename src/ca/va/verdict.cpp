#include "ca/va/verdict.hpp"

namespace crest::ca::va {

Verdict failed(acme::ProblemType type, std::string detail, bool transient) {
  return {.problem = acme::make_problem(type, std::move(detail)), .transient = transient};
}

}  // namespace crest::ca::va
