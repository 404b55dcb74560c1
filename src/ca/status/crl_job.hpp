// The CrlJob keeps the revocation lists of every issuer fresh: signed anew by half of their life, and as soon as
// something was revoked, whoever did that (SF83, REV-12).
//
// It looks at the store often and cheaply, and signs seldom. Where several nodes share a store, one of them signs, under a
// lease whose number is checked when the lists are written; all of one issuer's lists come out together or not at all.
#pragma once

#include <map>
#include <mutex>

#include "ca/alarm.hpp"
#include "ca/status/crl_plan.hpp"
#include "ca/status/ocsp_cache.hpp"
#include "ca/status/shelf.hpp"
#include "ca/status/signer.hpp"
#include "ca/store/store.hpp"
#include "core/log.hpp"
#include "core/meter.hpp"
#include "x509/build.hpp"

namespace crest::ca::status {

class CrlJob {
 public:
  struct Deps {
    store::Store& store;
    const std::vector<StatusSigner>& signers;
    Shelf& shelf;
    OcspCache& cache;
    Log& log;
    Meter& meter;
    std::string node;  // who takes the lease, and whose audit chain it is
  };
  CrlJob(const Options& options, Deps deps);

  // Looks at every issuer, drops OCSP answers from before the latest revocation, signs what is due, and puts on the shelf
  // what anybody has signed. Blocks for a read, and for
  // two writes and the signatures when something is due; not thread-safe. Error: the first there was; the other issuers
  // had their turn all the same.
  Result<void> run(Time now);
  // What is wrong with the lists that are served: the last look at an issuer's came to an error or is long ago, one is
  // missing or has less than a quarter of its life left, or something was revoked a while ago and does not stand in them;
  // "" nothing.
  // Does not block; thread-safe.
  std::string trouble(Time now) const;
  Duration age(Time now) const;  // of the oldest of them; Duration::max() when one is missing

 private:
  struct Look {
    std::vector<store::CrlRow> heads;
    std::uint64_t revocations = 0;
  };
  struct Held {  // what a store holds for an issuer's lists, as of one moment
    Look look;
    std::vector<store::CrlRow> lists;  // the wanted ones that there are
    std::vector<store::RevokedRow> revoked;
  };
  Result<Look> look(const StatusSigner& signer) const;
  // What is known of an issuer's lists since the last look, for trouble().
  struct Standing {
    bool failed = false;
    Time looked_at;
    std::optional<Time> behind_since;  // since when something that was revoked is not in the list that is served
  };
  void note(const StatusSigner& signer, bool failed, Time now);
  std::string trouble_of(const std::string& issuer, Time now) const;
  Result<void> fetch(const StatusSigner& signer, const Look& look);
  Result<void> renew(const StatusSigner& signer, Time now);
  Result<Held> held(const StatusSigner& signer, Time now) const;
  Result<std::vector<store::CrlRow>> signed_lists(const StatusSigner& signer, const Held& held, Time now) const;
  Result<bool> publish(const StatusSigner& signer, std::uint64_t fence, const std::vector<store::CrlRow>& lists,
                       Time now);

  const Options options_;
  const CrlTimes times_;
  Deps deps_;
  Alarm alarm_;
  std::map<std::string, std::uint64_t> revocations_;  // by issuer, as the store said last
  mutable std::mutex mutex_;                          // of what follows
  std::map<std::string, Standing> standing_;          // by issuer
};

}  // namespace crest::ca::status
