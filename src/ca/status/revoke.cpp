#include "ca/status/revoke.hpp"

#include "ca/audit/writer.hpp"
#include "ca/issuer/key_policy.hpp"
#include "ca/status/reasons.hpp"
#include "x509/status_places.hpp"

namespace crest::ca::status {

using store::CertificateStatus;

Result<x509::Certificate> certificate_of(const store::CertificateRow& row) {
  auto signed_one = x509::Certificate::from_der(row.der);
  if (signed_one) return signed_one;
  auto to_come = x509::unsigned_certificate(row.der);
  if (to_come) return to_come;
  return make_error(ErrorKind::internal, "what the store holds is no certificate", row.serial);
}

Result<Revoked> revoke(store::Tx& tx, store::CertificateRow& row, const Revocation& wanted,
                       const std::string& audit_chain, Time now) {
  if (!may_state(Asker::ca_operator, wanted.reason)) {
    return make_error(
        ErrorKind::usage,
        "no certificate is revoked for that reason: one of " + reason_words(Asker::ca_operator) + " is expected",
        std::string(acme::to_string(wanted.reason)));
  }
  const auto before = row.status;
  if (wanted.key_is_lost) {
    const auto certificate = TRY(certificate_of(row));
    TRY(tx.blocked_keys.insert(issuer::blocking_name(certificate.public_key()), now));
  }
  const int code = static_cast<int>(wanted.reason);
  if (before == CertificateStatus::revoked && (!wanted.key_is_lost || row.revocation_reason == code)) {
    return Revoked::already;
  }
  row.status = CertificateStatus::revoked;
  row.revocation_reason = code;
  if (!row.revoked_at) row.revoked_at = now;
  const bool changed = TRY(tx.certificates.update_if(row, before));
  if (!changed) return make_error(ErrorKind::internal, "a certificate changed while it was revoked", row.serial);
  const audit::Event event{"certificate_revoked",
                           {{"serial", row.serial},
                            {"by", wanted.by},
                            {"reason", std::string(acme::to_string(wanted.reason))},
                            {"key_blocked", wanted.key_is_lost ? "yes" : "no"}}};
  TRY(audit::append(tx, audit_chain, event, now));
  return before == CertificateStatus::revoked ? Revoked::again : Revoked::now;
}

}  // namespace crest::ca::status
