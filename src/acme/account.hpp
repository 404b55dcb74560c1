// An Account is a key that a CA knows (RFC 8555 section 7.1.2), and the requests around it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crypto/key.hpp"
#include "encoding/json.hpp"
#include "jose/jws.hpp"

namespace crest::acme {

enum class AccountStatus { valid, deactivated, revoked };
std::string_view to_string(AccountStatus status);
std::optional<AccountStatus> account_status_from_word(std::string_view word);
bool legal_transition(AccountStatus from, AccountStatus to);

struct Account {
  AccountStatus status = AccountStatus::valid;
  std::vector<std::string> contact;  // "mailto:..." URLs
  std::optional<bool> terms_of_service_agreed;
  std::optional<std::string> orders;                       // URL; some CAs leave it out
  std::optional<encoding::Json> external_account_binding;  // reflected as sent (RFC 8555 section 7.3.4)
};
encoding::Json to_json(const Account& account);
Result<Account> account_from_json(const encoding::Json& json);  // no status: valid; an unknown one is malformed

struct NewAccount {  // RFC 8555 section 7.3
  std::vector<std::string> contact;
  bool terms_of_service_agreed = false;
  bool only_return_existing = false;
  std::optional<encoding::Json> external_account_binding;
};
encoding::Json to_json(const NewAccount& request);
Result<NewAccount> new_account_from_json(const encoding::Json& json);  // error: rejection malformed

struct AccountUpdate {  // RFC 8555 sections 7.3.2, 7.3.6
  std::optional<std::vector<std::string>> contact;
  bool deactivate = false;
};
encoding::Json to_json(const AccountUpdate& request);
Result<AccountUpdate> account_update_from_json(const encoding::Json& json);  // error: rejection malformed

// "mailto:" with one address and no header fields; "" or what is wrong (RFC 8555 section 7.3).
std::string check_mailto(std::string_view contact);
// At most so many, each a good mailto (SF17). Errors are rejections: unsupportedContact, invalidContact. Not part of
// new_account_from_json, since a known key's request is not looked at (ACC-02).
inline constexpr std::size_t contacts_max = 10;
Result<void> check_contacts(const std::vector<std::string>& contacts);

// The payload of keyChange (RFC 8555 section 7.3.5): a JWS by the new key over {account, oldKey}.
Result<std::string> key_change_payload(const crypto::Signer& new_key, const crypto::PublicKey& old_key,
                                       std::string_view account_url, std::string_view key_change_url);
struct KeyChange {
  crypto::PublicKey new_key;
  crypto::PublicKey old_key;
  std::string account_url;
};
// Inner JWS checked: jwk, no nonce, no kid, url equals the outer one, signature. Errors are rejections: malformed,
// badPublicKey, badSignatureAlgorithm. Left to the caller: account_url is the outer kid, old_key that account's key.
Result<KeyChange> key_change_from_payload(std::string_view payload, std::string_view outer_url);

}  // namespace crest::acme
