// Bindings tie a new account to a key that an operator handed out (external account binding, RFC 8555 section 7.3.4).
#pragma once

#include <string>
#include <string_view>

#include "ca/store/store.hpp"
#include "crypto/key.hpp"
#include "encoding/json.hpp"

namespace crest::ca::ra {

// A binding whose form is right and whose MAC has still to be checked.
class Binding {
 public:
  // Errors: rejection malformed: what is no binding for `account_key` at `url` (EAB-02, EAB-04).
  static Result<Binding> read(const encoding::Json& json, const crypto::PublicKey& account_key, std::string_view url);

  // Checks the MAC and uses one account of the key's allowance up, inside the transaction that makes the account. The
  // key's id, to be remembered with the account. Error: rejection unauthorized; unknown, revoked, expired and used-up
  // keys and wrong MACs look the same and take the same work (EAB-08, EAB-09, SF18).
  Result<std::string> spend(store::Tx& tx, Time now) const;

 private:
  explicit Binding(jose::ParsedBinding parsed) : parsed_(std::move(parsed)) {}
  jose::ParsedBinding parsed_;
};

// A new key to hand out: a random id and 32 random octets (EAB-11).
store::EabKeyRow new_eab_key(std::string label, Random& random, Time now);

}  // namespace crest::ca::ra
