// The account at one CA: made once, its key durable before the CA hears of it (faults.md 1.4 rule 1, CF35).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/session.hpp"
#include "client/vault.hpp"
#include "core/random.hpp"
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

// The account of `session`'s CA: from the vault, else found by key, else made. Blocks for at most three exchanges.
// Errors: eab (EAB-07, before the CA is asked), user_action, account, and what Session gives.
Result<AccountHandle> open_account(Session& session, Vault& vault, crypto::KeySource& keys, Random& random,
                                   const AccountOptions& options, std::stop_token stop = {});
// The CA has forgotten the account (accountDoesNotExist): register the same key once more (CF32).
Result<AccountHandle> reopen_account(Session& session, Vault& vault, const AccountOptions& options,
                                     std::stop_token stop = {});
std::string account_record_name(const Endpoint& endpoint);

}  // namespace crest::client
