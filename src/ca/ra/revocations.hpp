// Revocation, and the three ways to have the right to it (RFC 8555 section 7.6).
#pragma once

#include "acme/revocation.hpp"
#include "ca/issuer/issuer_set.hpp"
#include "ca/ra/deps.hpp"
#include "x509/certificate.hpp"

namespace crest::ca::ra {

class Revocations {
 public:
  Revocations(const Deps& deps, const issuer::IssuerSet& issuers) : deps_(deps), issuers_(issuers) {}

  // Who asks: an account, or somebody who holds the certificate's key, which counts as proof that it is compromised.
  struct Requester {
    std::optional<store::Id> account;
    std::optional<crypto::PublicKey> key;
  };
  // A certificate that another CA has made is revoked there first. Blocks for a read and a write, and for that CA;
  // thread-safe. Errors: rejections unauthorized, alreadyRevoked, badRevocationReason, malformed, serverInternal when the
  // other CA does not take it now; storage.
  Result<void> revoke(const Requester& requester, const acme::Revocation& request, Time now);

 private:
  Result<bool> may_revoke(store::Tx& tx, const Requester& requester, const store::CertificateRow& row,
                          const x509::Certificate& certificate, Time now) const;

  Result<void> revoke_elsewhere(const Requester& requester, const x509::Certificate& certificate,
                                const acme::Revocation& request, acme::RevocationReason reason, Time now) const;

  Deps deps_;
  const issuer::IssuerSet& issuers_;
};

}  // namespace crest::ca::ra
