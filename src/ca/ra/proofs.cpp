#include "ca/ra/proofs.hpp"

#include <algorithm>

#include "acme/challenge.hpp"

namespace crest::ca::ra {
namespace {

using acme::Identifier;
using store::AuthorizationRow;
using store::Scope;

// Control of a name on one host proves nothing about the names below; control of its zone does.
bool fits(const std::string& method, const Identifier& identifier, Scope scope) {
  if (scope == Scope::name) return acme::method_fits(method, identifier);
  return acme::method_fits(method, {identifier.type, "*." + identifier.value});
}

}  // namespace

Scope scope_of(const Identifier& identifier) { return identifier.is_wildcard() ? Scope::wildcard : Scope::name; }

AuthorizationRow fresh_authorization(const store::Id& account, const Identifier& identifier, Scope scope,
                                     const Rules& rules, Random& random, Time now) {
  AuthorizationRow row;
  row.id = new_id(random, now);
  row.account = account;
  row.identifier = identifier;
  row.scope = scope;
  row.token = acme::new_token(random);
  for (const auto& method : rules.methods)
    if (fits(method, identifier, scope)) row.challenges.push_back({.method = method});
  row.created = now;
  row.expires = now + rules.authorization_life;
  return row;
}

Result<std::optional<AuthorizationRow>> find_exact(store::Tx& tx, const store::Id& account,
                                                   const Identifier& identifier, Time now) {
  return tx.authorizations.find_valid(account, identifier.base(), scope_of(identifier), now);
}

Result<std::optional<AuthorizationRow>> find_above(store::Tx& tx, const store::Id& account,
                                                   const Identifier& identifier, Time now) {
  for (const auto& domain : acme::ancestors_of(identifier)) {
    auto row = TRY(tx.authorizations.find_valid(account, domain, Scope::subtree, now));
    if (row) return row;
  }
  return std::optional<AuthorizationRow>();
}

bool is_proved_as_offered(const AuthorizationRow& row, const Rules& rules) {
  return std::ranges::any_of(row.challenges, [&](const store::ChallengeRow& challenge) {
    return challenge.status == acme::ChallengeStatus::valid && std::ranges::count(rules.methods, challenge.method) > 0;
  });
}

}  // namespace crest::ca::ra
