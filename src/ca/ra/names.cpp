#include "ca/ra/names.hpp"

#include <algorithm>

#include "acme/challenge.hpp"
#include "acme/problem.hpp"

namespace crest::ca::ra {
namespace {

using acme::Identifier;
using acme::IdentifierType;
using acme::ProblemType;

Problem about(const Identifier& identifier, std::string why) {
  Problem problem = acme::make_problem(ProblemType::rejectedIdentifier, identifier.value + ": " + std::move(why));
  problem.identifier = Problem::Subject{std::string(acme::to_string(identifier.type)), identifier.value};
  return problem;
}

bool can_be_proved(const Identifier& identifier, const Rules& rules) {
  return std::ranges::any_of(rules.methods,
                             [&](const std::string& method) { return acme::method_fits(method, identifier); });
}

std::string why_name_refused(const Identifier& identifier, const Rules& rules) {
  const std::string& name = identifier.value;
  if (name.ends_with(".onion") || name == "onion") return "onion names are not validated here";
  if (!can_be_proved(identifier, rules)) {
    return identifier.is_wildcard() ? "a wildcard needs a DNS challenge, and this CA offers none; name each host"
                                    : "this CA offers no challenge that could prove it";
  }
  if (name.find('.') == std::string::npos && !rules.allow_single_label_names) {
    return "it has a single label, which no one CA can tell from another host's; use the full name";
  }
  return {};
}

}  // namespace

std::string why_refused(const Identifier& identifier, const Rules& rules) {
  if (identifier.type == IdentifierType::dns) return why_name_refused(identifier, rules);
  const auto address = encoding::IpAddress::parse(identifier.value);
  if (!address) return "it is no IP address";
  if (!can_be_proved(identifier, rules)) return "this CA offers no challenge that could prove an address";
  return rules.egress.why_denied(*address, identifier.value);
}

Result<void> admit(const std::vector<Identifier>& identifiers, const Rules& rules) {
  if (identifiers.size() > rules.identifiers_max) {
    return acme::rejection(ProblemType::malformed,
                           "an order may have at most " + std::to_string(rules.identifiers_max) + " identifiers");
  }
  std::vector<Problem> refused;
  for (const auto& identifier : identifiers) {
    std::string why = why_refused(identifier, rules);
    if (!why.empty()) refused.push_back(about(identifier, std::move(why)));
  }
  if (refused.empty()) return {};
  Problem problem = acme::make_problem(ProblemType::rejectedIdentifier,
                                       std::to_string(refused.size()) + " of " + std::to_string(identifiers.size()) +
                                           " identifiers are refused: " + refused.front().detail.raw());
  problem.subproblems = std::move(refused);
  return acme::rejection(std::move(problem));
}

}  // namespace crest::ca::ra
