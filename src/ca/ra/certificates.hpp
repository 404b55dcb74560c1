// Certificates are handed out to the account that ordered them (RFC 8555 section 7.4.2).
#pragma once

#include <string>

#include "ca/issuer/issuer_set.hpp"
#include "ca/ra/deps.hpp"

namespace crest::ca::ra {

class Certificates {
 public:
  Certificates(const Deps& deps, const issuer::IssuerSet& issuers) : store_(deps.store), issuers_(issuers) {}

  struct Found {
    store::CertificateRow row;
    std::string issuers_pem;  // behind the leaf: of an issuer that is here, or of one that once was
  };
  // Blocks for a read; thread-safe. Errors: rejection malformed 404, for what is not the account's as for what does not
  // exist, and for what is not signed yet (CRT-08); storage.
  Result<Found> find(const store::Id& account, const std::string& serial) const;

 private:
  store::Store& store_;
  const issuer::IssuerSet& issuers_;
};

}  // namespace crest::ca::ra
