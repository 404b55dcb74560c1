// Issuance takes an order from ready to valid, and loses neither a serial number nor the client's order on the way.
//
// Two transactions, and the signature between them. The first moves the order to processing and writes the serial number
// with the linted to-be-signed octets; the second stores the certificate and makes the order valid. A certificate leaves
// the process after the second only. So whatever happens between the two (a crash, a full disk, a token that is gone) is
// made good by signing the same octets again: the serial stays the only one of its order (SF31, SF63).
#pragma once

#include "ca/agenda.hpp"
#include "ca/alarm.hpp"
#include "ca/issuer/local_issuer.hpp"
#include "ca/store/store.hpp"
#include "core/log.hpp"
#include "core/meter.hpp"

namespace crest::ca::issuer {

Error order_not_ready(acme::OrderStatus status);  // a rejection

class Issuance {
 public:
  struct Deps {
    store::Store& store;
    const LocalIssuer& issuer;
    Agenda& agenda;
    Log& log;
    Meter& meter;
    const std::string& audit_chain;
  };
  explicit Issuance(Deps deps) : deps_(deps), clock_alarm_(deps.log, "clock_suspect") {}

  // Whether the clock lets anything be issued (SF80). Blocks for a read; thread-safe. Errors: clock_suspect, storage.
  Result<void> check_clock(Time now);

  // `order` as read a moment ago; that it is ready is checked again inside the transaction. The order as it then is:
  // valid, or processing when signing has to be finished in the background. Errors: rejections orderNotReady, malformed,
  // serverInternal; clock_suspect; storage. Blocks for two writes and one signature; thread-safe.
  Result<store::OrderRow> issue(const store::OrderRow& order, const crypto::PublicKey& key, Time now);

  // For the background: signs what was left in `signing`. False: the order cannot be finished any more and is invalid;
  // its serial stays on record as signing, which counts as revocable. Error: try again later.
  Result<bool> finish(const std::string& serial, Time now);
  // Puts everything that a crash left in signing on the agenda.
  Result<void> resume(Time now);

  // A certificate for the CA's own listener; each name once.
  Result<x509::Chain> issue_own(const crypto::PublicKey& key, const std::vector<acme::Identifier>& identifiers,
                                Time now);

 private:
  Result<void> journal(store::CertificateRow& certificate, store::OrderRow& order, const crypto::PublicKey& key,
                       Time now);
  Result<void> complete(store::CertificateRow& certificate, store::OrderRow& order);
  Result<x509::Certificate> signed_certificate(store::CertificateRow& certificate,
                                               const std::vector<x509::SubjectName>& names);
  Result<void> give_up(store::OrderRow order, const std::string& why);

  Deps deps_;
  Alarm clock_alarm_;
};

}  // namespace crest::ca::issuer
