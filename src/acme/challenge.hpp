// What proves control, computed (RFC 8555 section 8, RFC 8737, dns-account-01).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/identifier.hpp"
#include "crypto/digest.hpp"
#include "crypto/key.hpp"

namespace crest::acme {

inline constexpr std::size_t token_chars_max = 256;
// [A-Za-z0-9_-]{1,256}: checked before a token comes near a path (CHL-03, CF18). Error: bad_token.
Result<void> check_token(std::string_view token);
std::string new_token(Random& random);  // 43 characters, 256 bits

std::string key_authorization(std::string_view token, const crypto::PublicKey& account);  // section 8.1
crypto::Sha256 key_authorization_digest(std::string_view key_authorization);              // tls-alpn-01
std::string txt_value(std::string_view key_authorization);                                // dns-01, section 8.4

std::string http01_path(std::string_view token);                // "/.well-known/acme-challenge/<token>"
std::string dns01_name(const Identifier& identifier);           // "_acme-challenge.example.org"
std::string dns_account01_label(std::string_view account_url);  // "_ujmmovf2vn55tgye"
std::string dns_account01_name(const Identifier& identifier, std::string_view account_url);
std::string dns_persist01_name(const Identifier& identifier);  // "_validation-persist.example.org"
// What stands behind "sha-256/" in an accounturi of dns-persist-01 draft -02; `domain` may be "*": any.
std::string dns_persist_hash(std::string_view domain, std::string_view thumbprint, std::string_view account_url);
std::string tls_alpn01_server_name(const Identifier& identifier);  // SNI; the reverse name of an address
// Methods that may prove `identifier`: no dns for addresses, only dns for wildcards (acme.md section 9).
bool method_fits(std::string_view method, const Identifier& identifier);

}  // namespace crest::acme
