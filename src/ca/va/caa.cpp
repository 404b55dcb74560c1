#include "ca/va/caa.hpp"

#include <algorithm>

#include "dns/caa.hpp"
#include "dns/name.hpp"

namespace crest::ca::va {
namespace {

using acme::ProblemType;

// The problem is about one identifier, which may stand in a subproblem only (RFC 8555 section 6.7.1).
Verdict denied(const Claim& claim, const std::string& shown_name, std::string why) {
  Verdict verdict = failed(ProblemType::caa, "CAA forbids a certificate for " + shown_name + ": " + std::move(why));
  Problem sub = *verdict.problem;
  sub.identifier = Problem::Subject{std::string(acme::to_string(claim.identifier.type)), shown_name};
  verdict.problem->subproblems.push_back(std::move(sub));
  return verdict;
}

std::string location(const std::string& name, const dns::Answer& answer) {
  const bool aliased = !answer.final_name.empty() && answer.final_name != name;
  return "the CAA record set at " + name + (aliased ? " (an alias of " + answer.final_name + ")" : "");
}

}  // namespace

bool Caa::is_exempt(const dns::Name& name) const {
  return std::ranges::any_of(options_.exempt_zones, [&](const std::string& text) {
    const auto zone = dns::Name::from_user(text);
    return zone && name.is_within(*zone);
  });
}

Verdict Caa::check(const Claim& claim, std::stop_token stop) const {
  if (!options_.enabled || claim.identifier.type != acme::IdentifierType::dns) return {};
  const auto base = dns::Name::from_wire(claim.identifier.base().value);
  if (!base) return failed(ProblemType::rejectedIdentifier, base.error().message);
  if (is_exempt(*base)) return {};
  const std::string shown = (claim.wildcard ? "*." : "") + base->str();
  const Deadline deadline(deps_.clock, std::move(stop));
  // Sequential: the first set that is there decides, and an error before it is one at or below it.
  for (std::optional<dns::Name> name = *base; name; name = name->parent()) {
    const auto answer = deps_.resolver.query(name->str(), dns::RecordType::CAA, options_.resolvers, deadline.call());
    if (!answer) {
      return not_looked_up("looking up the CAA records of " + name->str() + " for " + shown +
                               " failed, and without them nothing is issued",
                           answer.error());
    }
    if (answer->records.empty()) continue;
    std::vector<dns::CaaProperty> set;
    for (const auto& record : answer->records) {
      auto property = dns::parse_caa(record.data);
      if (!property) return denied(claim, shown, location(name->str(), *answer) + ": " + property.error().message);
      set.push_back(*std::move(property));
    }
    const auto decision = dns::evaluate_caa(set, {.wildcard = claim.wildcard,
                                                  .issuers = options_.identities,
                                                  .account_url = claim.account_url,
                                                  .method = claim.method});
    if (decision.allowed) return {.reusable_for = good_for};
    return denied(claim, shown, location(name->str(), *answer) + ": " + decision.reason);
  }
  return {.reusable_for = good_for};
}

}  // namespace crest::ca::va
