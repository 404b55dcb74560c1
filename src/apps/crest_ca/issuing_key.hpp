// The key of a new issuer: made in a file or in a token, or found there.
#pragma once

#include <memory>

#include "apps/crest_ca/verb.hpp"
#include "config/ca_config.hpp"

namespace crest::apps::crest_ca {

struct NewKey {
  std::unique_ptr<const crypto::Signer> signer;
  std::string pem;  // encrypted PKCS#8, to be written to a file; "": it is in a token
};
// Error: usage, for flags that do not fit together.
Result<void> check(const TokenFlags& flags);
// What `flags` say of an issuer, into its settings.
void describe(const TokenFlags& flags, config::IssuerSettings& issuer);
// `secret` encrypts a key that goes into a file. Blocks for a token. Errors: config, storage.
Result<NewKey> new_key(const TokenFlags& flags, const Secret& secret);

// `text` as a new file; one that is there is an Error: config.
Result<void> write_new_file(const std::string& path, const std::string& text);

}  // namespace crest::apps::crest_ca
