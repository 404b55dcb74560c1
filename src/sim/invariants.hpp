// Invariants are what must hold at every moment of every run, judged from outside: from the wire, the disks and the CA's
// ledger, never from what the code under test says of itself.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/vault.hpp"
#include "sim/crashy_disk.hpp"
#include "sim/intervals.hpp"
#include "sim/issued_row.hpp"
#include "sim/network.hpp"
#include "sim/request_rate.hpp"

namespace crest::sim {

class Invariants {
 public:
  static constexpr Duration reachable_for{3 * 3'600'000}, last_stretch{8 * 3'600'000};
  // With nothing live a client tries once an hour, and a fault may spoil a try: five are enough for every dice. (In the
  // three hours of `reachable_for` a certificate that is about to expire is tried for much more often.)
  static constexpr Duration recovery_max{5 * 3'600'000};
  static constexpr std::uint64_t requests_per_certificate_max = 40;
  // For one certificate. An order that cannot be finished is asked for every 30 seconds, and that for 5 of every 6
  // minutes in its certificate's last hour; with pauses of an hour, as they are made when nothing is live, 14 requests
  // each.
  static constexpr std::size_t requests_per_hour_max = 150, requests_per_day_max = 600;
  static constexpr Duration proof_life{24 * 3'600'000};
  static constexpr Duration journal_age_max{12 * 3'600'000};  // half a life: later a signature is not made good

  explicit Invariants(VirtualClock& clock) : clock_(clock) {}

  void add_host(const std::string& host, const CrashyDisk& disk) { disks_[host] = &disk; }

  // The wire: no nonce sent twice by a client, none accepted twice by the CA; proofs that were really served.
  void see(const Exchange& exchange);
  // The CA's ledger: the order and its authorizations stand behind the certificate, and every name of it was proved on
  // the wire under that account's key.
  void see_issued(const IssuedRow& row);
  // A host's disk changed at `path`: privkey, cert, chain and fullchain of the live generation match.
  void see_change(const std::string& host, const CrashyDisk& disk, const std::string& path);
  // Before a crash: a first live set that is not durable may be gone after it, for its publication never returned.
  void see_power_loss(const std::string& host, const CrashyDisk& disk);
  // After a crash and at the end: the key behind the newest certificate of each of these names is still on the disk.
  void see_keys(const std::string& host, const CrashyDisk& disk, const std::vector<std::string>& certificates);
  // The live certificate `name` ran out without a successor.
  void see_expiry(const std::string& name, Time not_after, const std::vector<Interval>& down);
  // Asked again and again for as long as nothing good is live: since `since` (of an expired certificate: since the
  // beginning of its last stretch) the CA was never within reach for `recovery_max` on end.
  void see_absence(const std::string& name, Time since, const std::vector<Interval>& down);
  // `recovery_max` after an outage that no certificate could outlive.
  void see_recovered(const std::string& name, Time live_until, Interval outage);
  void see_end();
  void see_endless() { violate("the world never came to its end"); }

  bool broken() const { return !violations_.empty(); }
  const std::vector<std::string>& violations() const { return violations_; }
  std::size_t busiest_hour() const { return busiest_hour_; }  // most requests for one certificate
  std::size_t busiest_day() const { return busiest_day_; }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t issued() const { return issued_; }
  std::uint64_t expired() const { return expired_; }

 private:
  struct Newest {
    std::string serial;
    Bytes spki;
    Time not_after;  // an expired certificate needs no key any more
  };
  struct Holding {  // a certificate name at one host; another host may hold the same name
    std::string host, name;
    friend auto operator<=>(const Holding&, const Holding&) = default;
  };
  struct ServedProof {
    std::string name, thumbprint;
    friend auto operator<=>(const ServedProof&, const ServedProof&) = default;
  };
  void violate(std::string what);
  void see_nonce(const Exchange& exchange);
  void see_account(const Exchange& exchange, const encoding::Json& jwk);
  void see_replaced(const Holding& holding);
  void see_rate(const Exchange& exchange);
  void see_proof(const Exchange& exchange);

  VirtualClock& clock_;
  std::vector<std::string> violations_;
  std::map<std::string, int> nonces_sent_;
  std::set<std::string> nonces_accepted_;
  std::map<ServedProof, Time> proofs_;
  std::map<std::string, std::string> owners_;  // thumbprint of an account's key to the host that registered it
  std::map<std::string, const CrashyDisk*> disks_;
  struct Rates {
    RequestRate hour{1h}, day{24h};
  };
  std::map<Holding, Rates> rates_;
  std::map<Holding, Newest> newest_;         // what the CA issued last
  std::set<std::string> published_;          // digests of keys that were live once
  std::map<Holding, std::string> matching_;  // host and folder to the digest of the live set last found to match
  std::size_t busiest_hour_ = 0, busiest_day_ = 0;
  std::uint64_t requests_ = 0, issued_ = 0, expired_ = 0;
};

}  // namespace crest::sim
