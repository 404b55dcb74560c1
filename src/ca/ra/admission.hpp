// Which identifiers an applicant may have a certificate for: what this CA can prove at all (SF20, SF22, SF23, IP-04), and
// what the policies about the applicant allow.
#pragma once

#include "acme/identifier.hpp"
#include "ca/ra/deps.hpp"

namespace crest::ca::ra {

// The policies of ca.toml that concern the applicant, and the one of the key that its account was made with.
class Policies {
 public:
  // `rules` outlives it. Error: internal, when the key's rules cannot be read.
  static Result<Policies> about(const Applicant& applicant, const Rules& rules,
                                const std::optional<store::EabKeyRow>& eab_key);
  Ruling rule_on(const acme::Identifier& identifier) const;

 private:
  std::vector<const Policy*> set_;
  std::optional<Policy> of_key_;
};

// Those about an account that asks for a profile. Blocks for at most one read. Errors: rejection invalidProfile, when the
// key its account was made with is not for that profile; storage.
Result<Policies> policies_about(const store::AccountRow& account, const std::string& profile, const Deps& deps);

// "" or why not, for the client to read. Pure.
std::string why_refused(const acme::Identifier& identifier, const Rules& rules, const Policies& policies);
// Pure. Errors: rejections rejectedIdentifier with a subproblem for each refused name (ORD-03), malformed for too many.
Result<void> admit(const std::vector<acme::Identifier>& identifiers, const Rules& rules, const Policies& policies);

}  // namespace crest::ca::ra
