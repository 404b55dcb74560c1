// Revoking one certificate, inside the transaction of whoever may.
#pragma once

#include "acme/revocation.hpp"
#include "ca/store/store.hpp"
#include "x509/certificate.hpp"

namespace crest::ca::status {

enum class Revoked {
  now,
  again,    // it was revoked before; that its key is compromised is known since now
  already,  // nothing has changed
};

struct Revocation {
  acme::RevocationReason reason = acme::RevocationReason::unspecified;
  bool key_is_lost = false;  // known, not only said: nobody may use the certificate's key again (REV-10)
  std::string by;            // who asks, for the audit log
};

// Marks `row`, as read in this transaction and whatever its state, brings it up to date, and writes the line of the audit
// log. A lost key is blocked also where the certificate was revoked before. Errors: storage; usage, for a reason that
// nobody may state (see reasons.hpp); internal, when what stands in the store is no certificate.
Result<Revoked> revoke(store::Tx& tx, store::CertificateRow& row, const Revocation& wanted,
                       const std::string& audit_chain, Time now);

// The certificate of a row; of one that is still to be signed, what it will be. Error: internal.
Result<x509::Certificate> certificate_of(const store::CertificateRow& row);

}  // namespace crest::ca::status
