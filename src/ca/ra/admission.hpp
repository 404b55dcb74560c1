// Which identifiers an applicant may have a certificate for: what this CA can prove at all (SF20, SF22, SF23, IP-04), and
// what the policies about the applicant allow.
#pragma once

#include "acme/order.hpp"
#include "ca/ra/deps.hpp"

namespace crest::ca::ra {

// Who asks for a certificate, as far as rules tell people apart.
struct Asker {
  store::Id account;                        // "" for somebody who has none yet
  std::optional<store::EabKeyRow> eab_key;  // that the account was made with
};
// Blocks for at most one read. Error: storage.
Result<Asker> asker_of(const store::AccountRow& account, const Deps& deps);

// The policies of ca.toml that concern somebody who asks for a profile ("": for an authorization, which has none yet),
// and the one of the key that the account was made with.
class Policies {
 public:
  // `rules` outlives it. Error: internal, when the key's rules cannot be read.
  static Result<Policies> about(const Asker& asker, const std::string& profile, const Rules& rules);
  Ruling rule_on(const acme::Identifier& identifier) const;

 private:
  std::vector<const Policy*> set_;
  std::optional<Policy> of_key_;
};

// The profile of an order for these. Who asks for none gets the default one or, when the key of the account is not for
// that, the first that the key is for. Pure. Error: rejection invalidProfile, for one that there is not, that is not for
// such identifiers (PRO-02), or that the key is not for.
Result<const issuer::Profile*> profile_for(const std::optional<std::string>& asked,
                                           const std::vector<acme::Identifier>& identifiers, const Asker& asker,
                                           const Rules& rules);

// "" or why not, for the client to read. Pure.
std::string why_refused(const acme::Identifier& identifier, const Rules& rules, const Policies& policies);
// Pure. Errors: rejections rejectedIdentifier with a subproblem for each refused name (ORD-03), malformed for too many.
Result<void> admit(const std::vector<acme::Identifier>& identifiers, const Rules& rules, const Policies& policies);
// Both of these for an order that is new: its profile. Pure.
Result<const issuer::Profile*> admit(const acme::NewOrder& request, const Asker& asker, const Rules& rules);

}  // namespace crest::ca::ra
