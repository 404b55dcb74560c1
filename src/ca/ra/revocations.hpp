// Revocation, and the three ways to have the right to it (RFC 8555 section 7.6).
#pragma once

#include "acme/revocation.hpp"
#include "ca/ra/deps.hpp"
#include "x509/certificate.hpp"

namespace crest::ca::ra {

class Revocations {
 public:
  explicit Revocations(const Deps& deps) : deps_(deps) {}

  // Who asks: an account, or somebody who holds the certificate's key, which counts as proof that it is compromised.
  struct Requester {
    std::optional<store::Id> account;
    std::optional<crypto::PublicKey> key;
  };
  // Blocks for one write; thread-safe. Errors: rejections unauthorized, alreadyRevoked, badRevocationReason, malformed;
  // storage.
  Result<void> revoke(const Requester& requester, const acme::Revocation& request, Time now);

 private:
  Result<bool> may_revoke(store::Tx& tx, const Requester& requester, const store::CertificateRow& row,
                          const x509::Certificate& certificate, Time now) const;

  Deps deps_;
};

}  // namespace crest::ca::ra
