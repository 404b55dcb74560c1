#include "ca/ra/revocations.hpp"

#include "acme/identifier.hpp"
#include "acme/problem.hpp"
#include "ca/ra/denials.hpp"
#include "ca/ra/proofs.hpp"
#include "ca/status/reasons.hpp"
#include "ca/status/revoke.hpp"

namespace crest::ca::ra {
namespace {

using acme::ProblemType;
using acme::RevocationReason;
using store::CertificateStatus;

constexpr int overloaded = 503;
constexpr Duration elsewhere_retry{60'000};

Error reason_refused() {
  std::string words;
  for (const auto reason : status::reasons_for(status::Asker::subscriber)) {
    words += (words.empty() ? "" : ", ") + std::string(acme::to_string(reason)) + " (" +
             std::to_string(static_cast<int>(reason)) + ")";
  }
  return acme::rejection(ProblemType::badRevocationReason, "allowed reasons are " + words);
}

Error not_ours() { return acme::rejection(ProblemType::malformed, "this CA has not issued that certificate", 404); }

acme::Identifier identifier_of(const x509::SubjectName& name) {
  const bool is_address = name.type == x509::SubjectName::Type::ip;
  return {is_address ? acme::IdentifierType::ip : acme::IdentifierType::dns, name.value};
}

status::Revocation wanted_of(const Revocations::Requester& requester, std::optional<RevocationReason> reason) {
  if (requester.key) {
    return {.reason = RevocationReason::keyCompromise, .key_is_lost = true, .by = "the certificate's key"};
  }
  return {.reason = reason.value_or(RevocationReason::unspecified),
          .key_is_lost = false,
          .by = "account " + requester.account.value_or("")};
}

}  // namespace

Result<bool> Revocations::may_revoke(store::Tx& tx, const Requester& requester, const store::CertificateRow& row,
                                     const x509::Certificate& certificate, Time now) const {
  if (requester.key) return *requester.key == certificate.public_key();
  if (!requester.account) return false;
  if (row.account == *requester.account) return true;
  for (const auto& name : certificate.names()) {
    const auto identifier = identifier_of(name);
    auto held = TRY(find_exact(tx, *requester.account, identifier, now));
    if (!held) held = TRY(find_above(tx, *requester.account, identifier, now));
    if (!held) return false;
  }
  return !certificate.names().empty();
}

// Before it is on record here: else nobody would ask again when the other CA was away.
Result<void> Revocations::revoke_elsewhere(const Requester& requester, const x509::Certificate& certificate,
                                           const acme::Revocation& request, RevocationReason reason, Time now) const {
  std::optional<store::CertificateRow> row;
  bool is_due = false;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = TRY(tx.certificates.by_serial(certificate.serial_hex()));
    if (!row || row->der != request.certificate_der) return {};
    const bool allowed = TRY(may_revoke(tx, requester, *row, certificate, now));
    const bool is_news =
        row->status != CertificateStatus::revoked || row->revocation_reason != static_cast<int>(reason);
    is_due = allowed && is_news;
    return {};
  };
  TRY(deps_.store.read(work));
  const auto* issuer = is_due ? issuers_.find(row->issuer) : nullptr;
  if (!issuer || issuer->is_at_hand()) return {};
  const auto done = issuer->revoke(certificate, reason, now);
  if (done) return {};
  deps_.log.error("revocation_postponed", {{"serial", row->serial}, {"error", done.error().describe()}});
  Error error = acme::rejection(ProblemType::serverInternal,
                                "the CA that made the certificate does not revoke it now; try again later", overloaded);
  error.not_before = now + elsewhere_retry;
  return error;
}

Result<void> Revocations::revoke(const Requester& requester, const acme::Revocation& request, Time now) {
  const auto certificate = x509::Certificate::from_der(request.certificate_der);
  if (!certificate) {
    return acme::rejection(ProblemType::malformed, "the certificate cannot be read: " + certificate.error().message);
  }
  if (request.reason && !status::may_state(status::Asker::subscriber, *request.reason)) return reason_refused();
  const auto wanted = wanted_of(requester, request.reason);
  if (issuers_.has_elsewhere()) TRY(revoke_elsewhere(requester, *certificate, request, wanted.reason, now));
  auto revoked = status::Revoked::now;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    auto row = TRY(tx.certificates.by_serial(certificate->serial_hex()));
    if (!row || row->der != request.certificate_der) return not_ours();
    const bool allowed = TRY(may_revoke(tx, requester, *row, *certificate, now));
    if (!allowed)
      return acme::rejection(ProblemType::unauthorized, "this key or account may not revoke the certificate");
    revoked = TRY(status::revoke(tx, *row, wanted, deps_.audit_chain, now));
    return {};
  };
  const auto done = deps_.store.write(work);
  const std::string serial = certificate->serial_hex(), account = requester.account.value_or("");
  if (!done) {
    if (done.error().problem) tell_denial(deps_, {"revocation_denied", account, serial, done.error().describe()}, now);
    return done;
  }
  deps_.agenda.hurry(status_task, now);
  if (revoked != status::Revoked::now)
    return acme::rejection(ProblemType::alreadyRevoked, "the certificate is revoked already");
  deps_.log.info("certificate_revoked",
                 {{"serial", serial}, {"account", account}, {"reason", std::string(acme::to_string(wanted.reason))}});
  deps_.meter.count("crest_ca_certificates_revoked_total");
  return {};
}

}  // namespace crest::ca::ra
