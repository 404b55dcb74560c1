// The Responders are who signs OCSP: for each issuer a key that never leaves this process, and a certificate from that
// issuer which says what the key is for (RFC 6960 section 4.2.2.2).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "ca/alarm.hpp"
#include "ca/status/options.hpp"
#include "ca/status/signer.hpp"

namespace crest::ca::status {

struct Responder {
  x509::Certificate certificate;
  crypto::PrivateKey key;
};

// Issues the certificate of an OCSP responder by this issuer, and records it like every other.
using IssueResponder =
    std::function<Result<x509::Certificate>(const std::string& issuer_id, const crypto::PublicKey& key, Time now)>;

class Responders {
 public:
  Responders(const std::vector<StatusSigner>& signers, IssueResponder issue, Log& log)
      : signers_(signers), issue_(std::move(issue)), alarm_(log, "ocsp_responder_not_renewed") {}

  // A new key and certificate for each issuer that has none, or one of which two thirds are over. Blocks as issuing does;
  // not thread-safe. Error: the first there was; what there is goes on until it ends.
  Result<void> keep(Time now);
  // Null when there is none that is valid. Does not block; thread-safe.
  std::shared_ptr<const Responder> find(const std::string& issuer_id, Time now) const;

 private:
  Result<void> renew(const StatusSigner& signer, Time now);

  const std::vector<StatusSigner>& signers_;
  IssueResponder issue_;
  Alarm alarm_;
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Responder>> responders_;  // by issuer
};

}  // namespace crest::ca::status
