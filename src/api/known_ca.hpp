// A KnownCa is what a client remembers of a CA it got a certificate from, so that renewals need no flags again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <crest/client.hpp>

#include "client/account.hpp"
#include "client/session.hpp"
#include "client/vault.hpp"
#include "x509/certificate.hpp"

namespace crest::api {

struct KnownCa {
  std::string directory;
  std::vector<std::string> trust_files, pinned_files;  // absolute paths, read at each attempt (CF64)
  std::string trust_text, pinned_text;                 // given as text, beside the files
  std::string trust_pem;                               // of both, as read now; "": the system's anchors
  std::string pinned_pem;                              // "": the chain's end is not checked
  std::string proxy;
  std::vector<std::string> contact;
  bool agree_terms_of_service = false;
  std::string account_key_type;
  bool allow_http = false;
};

// Reads the files that `options` name. Error: config, naming the file.
Result<KnownCa> known_ca(const ClientOptions& options, Time now);
// What is remembered, with what `options` say anew: trust, pinned roots and an agreement; files are read. Error: config.
Result<KnownCa> renewed(KnownCa known, const ClientOptions& options, Time now);
Result<void> remember(client::Vault& vault, const KnownCa& ca);  // writes only what changed
Result<std::optional<KnownCa>> recall(client::Vault& vault, const std::string& directory);

client::Endpoint endpoint_of(const KnownCa& ca);
Result<client::AccountOptions> account_options(const KnownCa& ca, const std::optional<ExternalAccount>& binding);
Result<std::optional<std::vector<x509::Certificate>>> pinned_roots(const KnownCa& ca);

}  // namespace crest::api
