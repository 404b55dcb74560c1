#include "acme/challenge.hpp"

#include <algorithm>
#include <array>

#include "acme/authorization.hpp"
#include "encoding/base64.hpp"
#include "encoding/ip.hpp"
#include "jose/jwk.hpp"

namespace crest::acme {
namespace {

constexpr std::size_t token_octets = 32, shown_chars_max = 60;
constexpr std::size_t account_label_octets = 10;  // dns-account-label draft section 3: the first octets of the digest
constexpr std::string_view challenge_label = "_acme-challenge.", persist_label = "_validation-persist.";

struct MethodRow {  // acme.md section 9
  std::string_view method;
  bool name, wildcard, address;
};
constexpr auto methods = std::to_array<MethodRow>({
    {http_01, true, false, true},
    {dns_01, true, true, false},
    {tls_alpn_01, true, false, true},
    {dns_account_01, true, true, false},
    {dns_persist_01, true, true, false},
});

bool is_onion(const Identifier& identifier) { return identifier.value.ends_with(".onion"); }

}  // namespace

Result<void> check_token(std::string_view token) {
  if (!token.empty() && token.size() <= token_chars_max && encoding::is_base64url(token)) return {};
  return make_error(ErrorKind::bad_token,
                    "the CA sent a token that could reach outside its place: it must be 1 to 256 characters of "
                    "A-Z a-z 0-9 - _; nothing was published, tell the CA's operator",
                    '"' + Untrusted(std::string(token.substr(0, token_chars_max))).printable(shown_chars_max) + '"');
}

std::string new_token(Random& random) { return encoding::base64url(random.bytes(token_octets)); }

std::string key_authorization(std::string_view token, const crypto::PublicKey& account) {
  return std::string(token) + "." + jose::thumbprint(account);
}

crypto::Sha256 key_authorization_digest(std::string_view key_authorization) {
  return crypto::sha256(key_authorization);
}

std::string txt_value(std::string_view key_authorization) {
  return encoding::base64url(key_authorization_digest(key_authorization));
}

std::string http01_path(std::string_view token) { return "/.well-known/acme-challenge/" + std::string(token); }

std::string dns01_name(const Identifier& identifier) { return std::string(challenge_label) + identifier.base().value; }

std::string dns_account01_label(std::string_view account_url) {
  const crypto::Sha256 digest = crypto::sha256(account_url);
  return "_" + encoding::base32_lower(ByteView(digest).first(account_label_octets));
}

std::string dns_account01_name(const Identifier& identifier, std::string_view account_url) {
  return dns_account01_label(account_url) + "." + dns01_name(identifier);
}

std::string dns_persist01_name(const Identifier& identifier) {
  return std::string(persist_label) + identifier.base().value;
}

std::string dns_persist_hash(std::string_view domain, std::string_view thumbprint, std::string_view account_url) {
  std::string input(1, static_cast<char>(domain.size()));
  input.append(domain).append(thumbprint).append(account_url);
  return encoding::base64url(crypto::sha256(input));
}

std::string tls_alpn01_server_name(const Identifier& identifier) {
  if (identifier.type != IdentifierType::ip) return identifier.base().value;
  const auto address = encoding::IpAddress::parse(identifier.value);
  return address ? address->reverse_name() : std::string();
}

bool method_fits(std::string_view method, const Identifier& identifier) {
  const auto row = std::find_if(methods.begin(), methods.end(), [=](const MethodRow& r) { return r.method == method; });
  if (row == methods.end()) return false;
  if (identifier.type == IdentifierType::ip) return row->address;
  if (is_onion(identifier)) return method == http_01 && !identifier.is_wildcard();
  return identifier.is_wildcard() ? row->wildcard : row->name;
}

}  // namespace crest::acme
