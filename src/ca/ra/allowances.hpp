// An Allowance is a limit on something that one subject does, remembered in the store (SF61).
#pragma once

#include <optional>

#include "ca/ra/limits.hpp"
#include "ca/store/store.hpp"

namespace crest::ca::ra {

struct Allowance {
  std::string key;  // of the limit and its subject, in the store
  Limit limit;
  std::string what;  // "new orders of this account"
};
Allowance orders_of(const store::Id& account, const Limit& limit);
Allowance failures_of(const store::Id& account, const acme::Identifier& identifier, const Limit& limit);
Allowance accounts_from(const std::string& address, const Limit& limit);  // no limit where `address` is none

// One more, inside the transaction that does it. Errors: rejection rateLimited with the moment from which it is allowed
// again; storage.
Result<void> spend(store::Tx& tx, const Allowance& allowance, Time now);
// Whether one more would be allowed; nothing is spent. Errors: the same.
Result<void> check(store::Tx& tx, const Allowance& allowance, Time now);

// What several limits say to one request. Who is refused hears of the one that lasts longest, so that after waiting for
// it no other is met (ERR-08).
class Refusals {
 public:
  Result<void> note(Result<void> outcome);  // of one limit. Error: what is no refusal
  Result<void> outcome() const;

 private:
  std::optional<Error> longest_;
};

}  // namespace crest::ca::ra
