// Issuance takes an order from ready to valid, and loses neither a serial number nor the client's order on the way.
//
// Two transactions, and the signature between them. The first moves the order to processing and writes the serial number
// with the linted to-be-signed octets; the second stores the certificate and makes the order valid. A certificate leaves
// the process after the second only. So whatever happens between the two (a crash, a full disk, a token that is gone) is
// made good by signing the same octets again: the serial stays the only one of its order (SF31, SF63). An issuer that
// is another CA may want to be waited for between the two: each of its handles is written before it is used.
#pragma once

#include "ca/agenda.hpp"
#include "ca/alarm.hpp"
#include "ca/issuer/issuer_set.hpp"
#include "ca/issuer/profile_set.hpp"
#include "ca/jobs/membership.hpp"
#include "ca/store/store.hpp"
#include "core/log.hpp"
#include "core/meter.hpp"

namespace crest::ca::issuer {

Error order_not_ready(acme::OrderStatus status);  // a rejection

class Issuance {
 public:
  struct Deps {
    store::Store& store;
    const IssuerSet& issuers;
    const ProfileSet& profiles;
    Agenda& agenda;
    Log& log;
    Meter& meter;
    const std::string& audit_chain;
    const Membership& membership;
  };
  explicit Issuance(Deps deps) : deps_(deps), clock_alarm_(deps.log, "clock_suspect") {}

  // Whether the clock lets anything be issued (SF80). Blocks for a read; thread-safe. Errors: clock_suspect, storage.
  Result<void> check_clock(Time now);

  // Whether an order may ask for these dates. Errors: rejection malformed.
  Result<void> check_requested(const RequestedValidity& requested, const Profile& profile, Time now) const;

  // As IssuerSet::check_names().
  Result<void> check_names(const std::vector<acme::Identifier>& identifiers, const Profile& profile, Time now) const;

  // What was taken from a CSR, and the CSR itself.
  struct Request {
    const crypto::PublicKey& key;
    ByteView csr_der;
  };
  // `order` as read a moment ago; that it is ready is checked again inside the transaction. The order as it then is:
  // valid, or processing when signing has to be finished in the background. Errors: rejections orderNotReady, malformed,
  // invalidProfile, serverInternal; clock_suspect; storage. Blocks for two writes and one signature; thread-safe.
  Result<store::OrderRow> issue(const store::OrderRow& order, const Request& request, Time now);

  // For the background: goes on with what was left in `signing`. The time at which to do so again; nullopt when there is
  // nothing left to do: it is issued, or the order cannot be finished any more and is invalid. Then its serial stays on
  // record as signing, which counts as revocable, or as revoked. Error: try again later.
  Result<std::optional<Time>> finish(const std::string& serial, Time now);
  // Puts every order that a crash left in processing on the agenda; this node's own ones.
  Result<void> resume(Time now);

  // A certificate for the CA's own listener; each name once.
  Result<x509::Chain> issue_own(const crypto::PublicKey& key, const std::vector<acme::Identifier>& identifiers,
                                Time now);
  // A certificate for who signs OCSP for this issuer. Errors: as issue_own(); internal, for an issuer that does not sign.
  Result<x509::Certificate> issue_responder(const std::string& issuer_id, const crypto::PublicKey& key, Duration life,
                                            Time now);

 private:
  // What no order asked for, recorded like every other.
  Result<x509::Certificate> issue_unordered(const Profile& profile, const Issuer& issuer, const crypto::PublicKey& key,
                                            const std::vector<acme::Identifier>& identifiers, Time now);
  Result<void> journal(store::CertificateRow& certificate, store::OrderRow& order, const crypto::PublicKey& key,
                       Time now);
  Result<std::optional<Time>> go_on(store::CertificateRow& certificate, store::OrderRow& order, bool fresh, Time now);
  Result<Progress> advance(const Issuer& issuer, const store::CertificateRow& certificate, const store::OrderRow& order,
                           bool fresh, Time now) const;
  Result<Progress> ask(const Issuer& issuer, store::CertificateRow certificate, const store::OrderRow& order,
                       bool fresh, Time now) const;
  void send_back(const Issuer& issuer, const x509::Certificate& made, const store::OrderRow& order,
                 const std::string& why, Time now) const;
  Result<void> keep_waiting(store::CertificateRow& certificate, Pending pending);
  Result<void> complete(store::CertificateRow& certificate, store::OrderRow& order, const x509::Certificate& made,
                        Time now);
  Result<void> give_up(store::OrderRow order, const std::string& why);

  Deps deps_;
  Alarm clock_alarm_;
};

}  // namespace crest::ca::issuer
