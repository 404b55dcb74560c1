// A Directory is where a CA's resources are (RFC 8555 section 7.1.1).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "encoding/json.hpp"

namespace crest::acme {

inline constexpr std::size_t profiles_max = 100, caa_identities_max = 100;  // more are passed over

struct DirectoryMeta {
  std::optional<std::string> terms_of_service;  // RFC 8555 section 7.1.1
  std::optional<std::string> website;
  std::vector<std::string> caa_identities;
  bool external_account_required = false;
  bool subdomain_auth_allowed = false;             // RFC 9444 section 4.4
  std::vector<std::string> issuer_domain_names;    // draft-ietf-acme-dns-persist-02
  std::optional<std::string> account_hash_prefix;  // the same
  std::map<std::string, std::string> profiles;     // draft-ietf-acme-profiles: name to description
};

struct Directory {
  std::string new_nonce, new_account, new_order, revoke_cert, key_change;
  std::optional<std::string> new_authz;     // absent: no pre-authorization
  std::optional<std::string> renewal_info;  // RFC 9773
  DirectoryMeta meta;
};

encoding::Json to_json(const Directory& directory);
// Unknown members of any type are ignored. newNonce, newAccount and newOrder must be there (DIR-07), the others may be
// missing (""), and every URL must be https unless `allow_http`. Error: ca_protocol.
Result<Directory> directory_from_json(const encoding::Json& json, bool allow_http = false);

}  // namespace crest::acme
