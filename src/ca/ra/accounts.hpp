// Accounts come to be, change and end (RFC 8555 section 7.3).
#pragma once

#include "acme/account.hpp"
#include "ca/ra/deps.hpp"

namespace crest::ca::ra {

class Accounts {
 public:
  explicit Accounts(const Deps& deps) : deps_(deps) {}

  struct Found {
    store::AccountRow row;
    bool is_new = false;
  };
  struct Newcomer {
    const crypto::PublicKey& key;
    const acme::NewAccount& request;
    std::string_view url;  // of the request, for the binding
    std::string address;   // it came from
  };
  // A known key gives its account, whatever else is asked (ACC-02), but that it agrees to the terms of service as they are
  // now is remembered. Errors: rejections accountDoesNotExist, unauthorized,
  // badPublicKey, userActionRequired, externalAccountRequired, rateLimited, ...; storage. All methods block for
  // at most one read and one write, and are thread-safe; a deactivation for a write more for each 300 open orders.
  Result<Found> create(const Newcomer& newcomer, Time now);
  Result<store::AccountRow> update(const store::Id& id, const acme::AccountUpdate& update, Time now);

  // The account that owns the new key already (KEY-05), or nullopt when the key was changed.
  Result<std::optional<store::Id>> change_key(const store::AccountRow& account, const acme::KeyChange& change,
                                              Time now);

 private:
  Result<Found> find_or_make(const Newcomer& newcomer, Time now);
  Result<void> agree(store::AccountRow& row, Time now);
  Result<void> check_new(const crypto::PublicKey& key, const acme::NewAccount& request) const;
  Result<std::optional<store::AccountRow>> known(const std::string& thumbprint);
  void close_rest(const store::Id& id, Time now);
  Result<void> check_key(const crypto::PublicKey& key) const;

  Deps deps_;
};

// Whether the account may ask for anything new: it has agreed to the terms of service that there are now (RFC 8555 section
// 7.3.3). Error: rejection userActionRequired. Pure.
Result<void> must_have_agreed(const store::AccountRow& account, const Rules& rules);
// Its agreement, with the line in the audit log. `by` says who gave it. Error: storage.
Result<void> agree_to_terms(store::Tx& tx, store::AccountRow& account, const std::string& terms, const std::string& by,
                            const std::string& audit_chain, Time now);

}  // namespace crest::ca::ra
