// A Policy says which names somebody may have certificates for. Pure; several hold at once, and all must agree.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "acme/identifier.hpp"
#include "encoding/ip.hpp"

namespace crest::ca::ra {

// "corp.example" is that name and every name below it; "=app.corp.example" is that one name and no wildcard;
// "*.corp.example" is every name one label below it, and so the wildcard.
class NameRule {
 public:
  static Result<NameRule> parse(std::string_view text);  // error: malformed, saying which rule of names it breaks
  // A wildcard stands for every name one label below its base: whether the rule is about all that `name` stands for (what
  // allows it), or about some of it (what denies it).
  bool covers(const acme::Identifier& name) const;
  bool touches(const acme::Identifier& name) const;
  std::string str() const;
  friend bool operator==(const NameRule&, const NameRule&) = default;

 private:
  std::string name_;
  enum class Reach { below, exact, children } reach_ = Reach::below;
};

struct Policy {
  std::string label;  // "ca.toml", "EAB key team-7": who has to be asked
  std::vector<NameRule> allow, deny;
  std::vector<encoding::IpNetwork> allow_networks, deny_networks;
  bool any_name = false, any_address = false;  // where there is no allow rule
  bool wildcards = true;
};

// What people write: names, as NameRule reads them, and networks ("10.0.0.0/8") in one list. Without an allow list
// anything is allowed; with one only what it lists.
struct PolicyWords {
  std::string label;
  std::optional<std::vector<std::string>> allow;
  std::vector<std::string> deny;
  bool wildcards = true;
};
Result<Policy> policy_from(const PolicyWords& words);  // error: malformed, with the word that is neither

// Who asks for a certificate, as far as policies tell people apart.
struct Applicant {
  std::string account;  // id
  std::string eab_key;  // id of the key that its account was made with, or ""
  std::string profile;  // name
  friend bool operator==(const Applicant&, const Applicant&) = default;
};
std::string describe(const Applicant& applicant);  // "account x, profile y"
// A policy for some applicants only; what is empty is anybody's.
struct ScopedPolicy {
  Applicant who;
  Policy policy;
  bool concerns(const Applicant& applicant) const;
};

struct Ruling {
  bool allowed = false;
  std::string why;  // which rule of which policy, for people
};
// Deny comes before allow; a policy without an allow rule for the kind of identifier allows what its any_... says.
Ruling rule_on(const acme::Identifier& identifier, const Policy& policy);
// The first that denies, or the last that allows. No policy at all allows nothing.
Ruling rule_on(const acme::Identifier& identifier, std::span<const Policy* const> policies);

}  // namespace crest::ca::ra
