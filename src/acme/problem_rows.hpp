// The table of error types: spelling, HTTP status (acme.md 3.1), and what a client makes of them.
#pragma once

#include <array>

#include "acme/problem.hpp"

namespace crest::acme {

// What an answer of this type means for the request that got it.
enum class Verdict {
  refused,  // the CA says no: the same request gets the same answer
  failed,   // this attempt is over; a new one may succeed
  retry,    // the same request may succeed later
  depends,  // on the request, or on the subproblems
};

struct ProblemRow {
  ProblemType type;
  std::string_view word;
  int status;
  ErrorKind kind;
  Verdict verdict;
  std::string_view advice;
};

const ProblemRow& problem_row(ProblemType type);

inline constexpr std::string_view validation_advice =
    "check that the CA can reach this host under the name, and that the proof is served there; then try again";

// clang-format off
inline constexpr auto problem_rows = std::to_array<ProblemRow>({
    {ProblemType::accountDoesNotExist, "accountDoesNotExist", 400, ErrorKind::account, Verdict::refused,
     "the CA does not know this account key: register the account again"},
    {ProblemType::alreadyRevoked, "alreadyRevoked", 400, ErrorKind::ca_protocol, Verdict::refused,
     "nothing is left to do"},
    {ProblemType::badCSR, "badCSR", 400, ErrorKind::ca_protocol, Verdict::refused,
     "choose another key type for the certificate, or correct its names"},
    {ProblemType::badNonce, "badNonce", 400, ErrorKind::bad_nonce, Verdict::retry,
     "try again"},
    {ProblemType::badPublicKey, "badPublicKey", 400, ErrorKind::ca_protocol, Verdict::refused,
     "use a key of a type and size that the CA accepts"},
    {ProblemType::badRevocationReason, "badRevocationReason", 400, ErrorKind::ca_protocol, Verdict::refused,
     "revoke with a reason that the CA allows"},
    {ProblemType::badSignatureAlgorithm, "badSignatureAlgorithm", 400, ErrorKind::ca_protocol, Verdict::refused,
     "use an account key of a type that the CA accepts"},
    {ProblemType::caa, "caa", 403, ErrorKind::ca_protocol, Verdict::refused,
     "permit this CA in the CAA records of the name, or use another CA"},
    {ProblemType::compound, "compound", 400, ErrorKind::authz_failed, Verdict::depends,
     "correct what is said about each name"},
    {ProblemType::connection, "connection", 400, ErrorKind::authz_failed, Verdict::failed, validation_advice},
    {ProblemType::dns, "dns", 400, ErrorKind::authz_failed, Verdict::failed,
     "check the DNS records of the name as the CA sees them; then try again"},
    {ProblemType::externalAccountRequired, "externalAccountRequired", 403, ErrorKind::eab, Verdict::refused,
     "configure the key id and the MAC key that the CA's operator hands out"},
    {ProblemType::incorrectResponse, "incorrectResponse", 403, ErrorKind::authz_failed, Verdict::failed, validation_advice},
    {ProblemType::invalidContact, "invalidContact", 400, ErrorKind::account, Verdict::refused,
     "correct the contact addresses of the account"},
    {ProblemType::malformed, "malformed", 400, ErrorKind::ca_protocol, Verdict::refused,
     "the CA cannot read the request: check what was asked for, else report this as a defect"},
    {ProblemType::orderNotReady, "orderNotReady", 403, ErrorKind::order_failed, Verdict::failed,
     "read the order and go on from its status"},
    {ProblemType::rateLimited, "rateLimited", 429, ErrorKind::rate_limited, Verdict::retry,
     "wait, and ask less often"},
    {ProblemType::rejectedIdentifier, "rejectedIdentifier", 400, ErrorKind::ca_protocol, Verdict::refused,
     "take the name out of the certificate, or have the CA's operator allow it"},
    {ProblemType::serverInternal, "serverInternal", 500, ErrorKind::ca_protocol, Verdict::retry,
     "try again later; if it stays, tell the CA's operator"},
    {ProblemType::tls, "tls", 400, ErrorKind::authz_failed, Verdict::failed, validation_advice},
    {ProblemType::unauthorized, "unauthorized", 403, ErrorKind::account, Verdict::depends,
     "the account may not do this: see that it is active and owns what it asks for"},
    {ProblemType::unsupportedContact, "unsupportedContact", 400, ErrorKind::account, Verdict::refused,
     "use a kind of contact address that the CA supports, such as mailto:"},
    {ProblemType::unsupportedIdentifier, "unsupportedIdentifier", 400, ErrorKind::ca_protocol, Verdict::refused,
     "the CA does not issue for this kind of identifier: take it out of the certificate, or use another CA"},
    {ProblemType::userActionRequired, "userActionRequired", 403, ErrorKind::user_action, Verdict::refused,
     "open the page that the CA names, do what it asks, then try again"},
    {ProblemType::alreadyReplaced, "alreadyReplaced", 409, ErrorKind::ca_protocol, Verdict::refused,
     "order without naming the certificate to be replaced"},
    {ProblemType::invalidProfile, "invalidProfile", 400, ErrorKind::ca_protocol, Verdict::refused,
     "choose a profile that the CA's directory lists"},
    {ProblemType::badAttestationStatement, "badAttestationStatement", 400, ErrorKind::ca_protocol, Verdict::refused,
     "the CA does not accept the device's attestation"},
    {ProblemType::autoRenewalCanceled, "autoRenewalCanceled", 403, ErrorKind::ca_protocol, Verdict::refused,
     "the automatic renewal was cancelled: make a new order"},
    {ProblemType::autoRenewalExpired, "autoRenewalExpired", 403, ErrorKind::ca_protocol, Verdict::refused,
     "the automatic renewal came to its end: make a new order"},
    {ProblemType::autoRenewalCancellationInvalid, "autoRenewalCancellationInvalid", 400, ErrorKind::ca_protocol,
     Verdict::refused, "cancel only an order that is valid"},
    {ProblemType::autoRenewalRevocationNotSupported, "autoRenewalRevocationNotSupported", 403, ErrorKind::ca_protocol,
     Verdict::refused, "cancel the order instead of revoking its certificates"},
    {ProblemType::unknownDelegation, "unknownDelegation", 403, ErrorKind::ca_protocol, Verdict::refused,
     "name a delegation that the account has"},
    {ProblemType::onionCAARequired, "onionCAARequired", 403, ErrorKind::ca_protocol, Verdict::refused,
     "the CA needs the CAA document of the onion service"},
});
// clang-format on

}  // namespace crest::acme
