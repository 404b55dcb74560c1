#include "ca/ra/admission.hpp"

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

// What standards set aside, so that no host has it: RFC 6761, RFC 9476, and what maps addresses and services to names,
// beside which home.arpa is for networks (RFC 8375).
bool is_reserved(const std::string& name) {
  const auto is_at_or_below = [&](std::string_view domain) {
    return name.ends_with(domain) && (name.size() == domain.size() || name[name.size() - domain.size() - 1] == '.');
  };
  if (is_at_or_below("home.arpa")) return false;
  return is_at_or_below("invalid") || is_at_or_below("alt") || is_at_or_below("arpa");
}

std::string why_name_refused(const Identifier& identifier, const Rules& rules) {
  const std::string name = identifier.base().value;
  if (static_cast<std::size_t>(std::ranges::count(name, '.')) >= rules.labels_max) {
    return "it has more than " + std::to_string(rules.labels_max) + " labels, the most that this CA's policy allows";
  }
  if (!rules.allow_reserved_names && is_reserved(name)) return "it is a reserved name, which no host has";
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

std::string why_address_refused(const Identifier& identifier, const Rules& rules) {
  const auto address = encoding::IpAddress::parse(identifier.value);
  if (!address) return "it is no IP address";
  if (!can_be_proved(identifier, rules)) return "this CA offers no challenge that could prove an address";
  return rules.egress.why_denied(*address, identifier.value);
}

bool is_for(const Asker& asker, const std::string& profile) {
  if (!asker.eab_key || asker.eab_key->profiles.empty()) return true;
  return std::ranges::find(asker.eab_key->profiles, profile) != asker.eab_key->profiles.end();
}

// Nullopt: the default one, or none of the key's is offered any more.
std::optional<std::string> first_of_key(const Asker& asker, const issuer::ProfileSet& profiles) {
  if (is_for(asker, profiles.for_no_wish().name)) return std::nullopt;
  const auto found =
      std::ranges::find_if(asker.eab_key->profiles, [&](const std::string& name) { return profiles.has(name); });
  return found == asker.eab_key->profiles.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

Result<Asker> asker_of(const store::AccountRow& account, const Deps& deps) {
  Asker asker{.account = account.id, .eab_key = {}};
  const auto work = [&](store::Tx& tx) -> Result<void> {
    asker.eab_key = TRY(tx.eab_keys.by_id(account.eab_key));
    return {};
  };
  if (!account.eab_key.empty()) TRY(deps.store.read(work));
  return asker;
}

Result<Policies> Policies::about(const Asker& asker, const std::string& profile, const Rules& rules) {
  const Applicant applicant{asker.account, asker.eab_key ? asker.eab_key->id : "", profile};
  Policies policies;
  policies.set_.push_back(&rules.policy);
  for (const auto& scoped : rules.scoped_policies)
    if (scoped.concerns(applicant)) policies.set_.push_back(&scoped.policy);
  if (!asker.eab_key || asker.eab_key->allow.empty()) return policies;
  auto of_key = policy_from({.label = "EAB key " + asker.eab_key->label, .allow = asker.eab_key->allow, .deny = {}});
  if (!of_key) return std::move(of_key).error().as(ErrorKind::internal);
  policies.of_key_ = *std::move(of_key);
  return policies;
}

Result<const issuer::Profile*> profile_for(const std::optional<std::string>& asked,
                                           const std::vector<Identifier>& identifiers, const Asker& asker,
                                           const Rules& rules) {
  const auto wish = asked ? asked : first_of_key(asker, rules.profiles);
  const auto* profile = TRY(rules.profiles.chosen(wish, identifiers));
  if (is_for(asker, profile->name)) return profile;
  std::string names;
  for (const auto& name : asker.eab_key->profiles) names += (names.empty() ? "" : ", ") + name;
  return acme::rejection(ProblemType::invalidProfile, "the account may not use the profile " + profile->name +
                                                          "; the key that it was made with is for " + names);
}

Ruling Policies::rule_on(const Identifier& identifier) const {
  Ruling ruling = ra::rule_on(identifier, set_);
  return ruling.allowed && of_key_ ? ra::rule_on(identifier, *of_key_) : ruling;
}

std::string why_refused(const Identifier& identifier, const Rules& rules, const Policies& policies) {
  const std::string why = identifier.type == IdentifierType::dns ? why_name_refused(identifier, rules)
                                                                 : why_address_refused(identifier, rules);
  if (!why.empty()) return why;
  const Ruling ruling = policies.rule_on(identifier);
  return ruling.allowed ? "" : "the CA's policy does not allow it (" + ruling.why + "); ask its operator";
}

Result<void> admit(const std::vector<Identifier>& identifiers, const Rules& rules, const Policies& policies) {
  if (identifiers.size() > rules.identifiers_max) {
    return acme::rejection(ProblemType::malformed,
                           "an order may have at most " + std::to_string(rules.identifiers_max) + " identifiers");
  }
  std::vector<Problem> refused;
  for (const auto& identifier : identifiers) {
    std::string why = why_refused(identifier, rules, policies);
    if (!why.empty()) refused.push_back(about(identifier, std::move(why)));
  }
  if (refused.empty()) return {};
  Problem problem = acme::make_problem(ProblemType::rejectedIdentifier,
                                       std::to_string(refused.size()) + " of " + std::to_string(identifiers.size()) +
                                           " identifiers are refused: " + refused.front().detail.raw());
  problem.subproblems = std::move(refused);
  return acme::rejection(std::move(problem));
}

Result<const issuer::Profile*> admit(const acme::NewOrder& request, const Asker& asker, const Rules& rules) {
  const auto* profile = TRY(profile_for(request.profile, request.identifiers, asker, rules));
  const auto policies = TRY(Policies::about(asker, profile->name, rules));
  TRY(admit(request.identifiers, rules, policies));
  return profile;
}

}  // namespace crest::ca::ra
