#include "ca/va/verdict.hpp"

namespace crest::ca::va {

Verdict failed(acme::ProblemType type, std::string detail, bool transient) {
  return {.problem = acme::make_problem(type, std::move(detail)), .transient = transient};
}

Verdict not_looked_up(const std::string& what, const Error& error) {
  const bool is_of_the_zone = error.kind == ErrorKind::dns || error.kind == ErrorKind::timeout;
  auto verdict =
      failed(acme::ProblemType::dns,
             what + ": " + (is_of_the_zone ? error.message : "this CA cannot look names up now; try later"), true);
  if (!is_of_the_zone) verdict.for_operator = error.describe();
  return verdict;
}

}  // namespace crest::ca::va
