#include "ca/ra/policy.hpp"

#include <algorithm>

#include "dns/name.hpp"

namespace crest::ca::ra {
namespace {

constexpr std::string_view below_word = "*.";

Ruling denied(const Policy& policy, const std::string& rule) { return {false, policy.label + ": " + rule}; }
Ruling allowed(const Policy& policy, const std::string& rule) { return {true, policy.label + ": " + rule}; }

// `denies` and `allows` tell whether a rule is about the identifier; each rule has a str().
template <typename Rule, typename Denies, typename Allows>
Ruling decide(const Policy& policy, const std::vector<Rule>& deny, const std::vector<Rule>& allow, bool any,
              const std::string& kind, Denies denies, Allows allows) {
  if (const auto rule = std::ranges::find_if(deny, denies); rule != deny.end()) {
    return denied(policy, "denied by \"" + rule->str() + "\"");
  }
  if (const auto rule = std::ranges::find_if(allow, allows); rule != allow.end()) {
    return allowed(policy, "allowed by \"" + rule->str() + "\"");
  }
  if (allow.empty() && any) return allowed(policy, "any " + kind + " is allowed");
  return denied(policy, allow.empty() ? "no " + kind + " is allowed" : "no rule allows it");
}

Result<void> add(std::string_view word, std::vector<NameRule>& names, std::vector<encoding::IpNetwork>& networks) {
  if (const auto network = encoding::IpNetwork::parse(word)) {
    networks.push_back(*network);
    return {};
  }
  const auto name = NameRule::parse(word);
  if (!name) {
    return make_error(ErrorKind::malformed, "\"" + Untrusted(std::string(word)).printable(80) +
                                                "\" is neither a name (\"corp.example\", \"=app.corp.example\") "
                                                "nor a network (\"10.0.0.0/8\"): " +
                                                name.error().message);
  }
  names.push_back(*name);
  return {};
}

bool is_below(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.';
}

bool is_child(std::string_view name, std::string_view domain) {
  return is_below(name, domain) && name.find('.') == name.size() - domain.size() - 1;
}

bool is_or_any(const std::string& wanted, const std::string& given) { return wanted.empty() || wanted == given; }

}  // namespace

Result<Policy> policy_from(const PolicyWords& words) {
  Policy policy{.label = words.label, .wildcards = words.wildcards};
  policy.any_name = policy.any_address = !words.allow;
  if (words.allow)
    for (const auto& word : *words.allow) TRY(add(word, policy.allow, policy.allow_networks));
  for (const auto& word : words.deny) TRY(add(word, policy.deny, policy.deny_networks));
  return policy;
}

std::string describe(const Applicant& applicant) {
  std::string text;
  for (const auto& [word, value] :
       {std::pair{"account ", applicant.account}, {"EAB key ", applicant.eab_key}, {"profile ", applicant.profile}}) {
    if (!value.empty()) text += (text.empty() ? "" : ", ") + (word + value);
  }
  return text;
}

bool ScopedPolicy::concerns(const Applicant& applicant) const {
  return is_or_any(who.account, applicant.account) && is_or_any(who.eab_key, applicant.eab_key) &&
         is_or_any(who.profile, applicant.profile);
}

Result<NameRule> NameRule::parse(std::string_view text) {
  NameRule rule;
  if (text.starts_with('=')) {
    rule.reach_ = Reach::exact;
    text.remove_prefix(1);
  } else if (text.starts_with(below_word)) {
    rule.reach_ = Reach::children;
    text.remove_prefix(below_word.size());
  }
  const dns::Name name = TRY(dns::Name::from_user(text));
  rule.name_ = name.str();
  return rule;
}

bool NameRule::covers(const acme::Identifier& identifier) const {
  const std::string base = identifier.base().value;
  if (reach_ == Reach::below) return base == name_ || is_below(base, name_);
  if (reach_ == Reach::exact) return base == name_ && !identifier.is_wildcard();
  return identifier.is_wildcard() ? base == name_ : is_child(base, name_);
}

bool NameRule::touches(const acme::Identifier& identifier) const {
  if (covers(identifier)) return true;
  return identifier.is_wildcard() && reach_ != Reach::children && is_child(name_, identifier.base().value);
}

std::string NameRule::str() const {
  const std::string front = reach_ == Reach::exact ? "=" : reach_ == Reach::children ? std::string(below_word) : "";
  return front + name_;
}

Ruling rule_on(const acme::Identifier& identifier, const Policy& policy) {
  if (identifier.type == acme::IdentifierType::ip) {
    const auto address = encoding::IpAddress::parse(identifier.value);
    if (!address) return denied(policy, "it is no IP address");
    const auto plain = address->unmapped();
    const auto contains = [&](const encoding::IpNetwork& network) { return network.contains(plain); };
    return decide(policy, policy.deny_networks, policy.allow_networks, policy.any_address, "address", contains,
                  contains);
  }
  if (identifier.is_wildcard() && !policy.wildcards) return denied(policy, "wildcards are not allowed");
  return decide(
      policy, policy.deny, policy.allow, policy.any_name, "name",
      [&](const NameRule& rule) { return rule.touches(identifier); },
      [&](const NameRule& rule) { return rule.covers(identifier); });
}

Ruling rule_on(const acme::Identifier& identifier, std::span<const Policy* const> policies) {
  Ruling last{false, "no policy is set"};
  for (const Policy* policy : policies) {
    last = rule_on(identifier, *policy);
    if (!last.allowed) return last;
  }
  return last;
}

}  // namespace crest::ca::ra
