// ProblemType lists every error type of RFC 8555 section 6.7 and its extensions, and the codec of problem documents.
#pragma once

#include <optional>
#include <string>

#include "core/error.hpp"
#include "encoding/json.hpp"
#include "http/message.hpp"

namespace crest::acme {

enum class ProblemType {
  accountDoesNotExist,
  alreadyRevoked,
  badCSR,
  badNonce,
  badPublicKey,
  badRevocationReason,
  badSignatureAlgorithm,
  caa,
  compound,
  connection,
  dns,
  externalAccountRequired,
  incorrectResponse,
  invalidContact,
  malformed,
  orderNotReady,
  rateLimited,
  rejectedIdentifier,
  serverInternal,
  tls,
  unauthorized,
  unsupportedContact,
  unsupportedIdentifier,
  userActionRequired,
  alreadyReplaced,          // RFC 9773 section 7.4
  invalidProfile,           // draft-ietf-acme-profiles
  badAttestationStatement,  // draft-ietf-acme-device-attest
  autoRenewalCanceled,
  autoRenewalExpired,
  autoRenewalCancellationInvalid,
  autoRenewalRevocationNotSupported,  // RFC 8739
  unknownDelegation,                  // RFC 9115
  onionCAARequired,                   // RFC 9799
};
std::string_view to_string(ProblemType type);  // "badNonce"
std::optional<ProblemType> problem_type(const Problem& problem);
int default_status(ProblemType type);                                        // HTTP status of acme.md 3.1
Problem make_problem(ProblemType type, std::string detail, int status = 0);  // 0: default_status

encoding::Json to_json(const Problem& problem);
inline constexpr std::size_t problem_bytes_max = 64u << 10, subproblems_max = 100;
Result<Problem> problem_from_json(const encoding::Json& json);  // lenient: foreign or missing members are no error

// An error of the CA as an Error: class by type first, then by status (ERR-04). Bodies that are no problem document
// give a Problem with type about:blank and the first printable line as detail. `what` names the request, its operation
// first ("newOrder at https://..."): `unauthorized` is about the account for newAccount, newOrder, newAuthz, account,
// keyChange and revokeCert, and order_failed for all others. A definitive refusal is ca_protocol with a status of 4xx in
// the problem, whatever the status of the answer. not_before comes from Retry-After, at most 7 days ahead (CF12).
Error error_from_response(const http::Response& response, std::string_view what, Time now);
// The CA's own side: an Error that the web edge turns into this problem document.
Error rejection(ProblemType type, std::string detail, int status = 0);
Error rejection(Problem problem);

}  // namespace crest::acme
