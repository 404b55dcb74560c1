// The account at one CA: made once, its key durable before the CA hears of it (faults.md 1.4 rule 1, CF35).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/session.hpp"
#include "client/vault.hpp"
#include "crypto/digest.hpp"
#include "crypto/key.hpp"

namespace crest::client {

struct AccountOptions {
  crypto::KeyType key_type = crypto::KeyType::ec_p256;
  std::vector<std::string> contact;     // "mailto:..."
  bool agree_terms_of_service = false;  // only a person's decision (ACC-10)
  struct Binding {
    std::string kid;
    Secret mac_key;  // decoded octets
    crypto::Hash hash = crypto::Hash::sha256;
  };
  std::optional<Binding> external_account_binding;
};

struct AccountHandle {
  crypto::PrivateKey key;
  std::string url;
};

// The account of `session`'s CA: from the vault, else found by key, else made. Blocks for at most three exchanges. One
// caller at a time for one CA: hold the lease on account_lease_name().
// Errors: eab (EAB-07, before the CA is asked), user_action, account, config, and what Session and Vault give.
Result<AccountHandle> open_account(Session& session, Vault& vault, crypto::KeySource& keys,
                                   const AccountOptions& options, std::stop_token stop = {});
// The CA has forgotten the account (accountDoesNotExist): register the same key once more (CF32).
Result<AccountHandle> reopen_account(Session& session, Vault& vault, const AccountOptions& options,
                                     std::stop_token stop = {});
// What the vault has, without asking anybody: nullopt when the account was never confirmed.
Result<std::optional<AccountHandle>> stored_account(Vault& vault, const Endpoint& endpoint);

std::string account_record_name(const Endpoint& endpoint);  // host and a digest of the directory URL
std::string account_lease_name(const Endpoint& endpoint);

}  // namespace crest::client
