// The CleanUp job removes what nobody needs any more, a little at a time, so that tables do not grow for ever (SF62).
#pragma once

#include "ca/jobs/job.hpp"
#include "ca/store/store.hpp"

namespace crest::ca {

// How long things are kept after their end.
struct Retention {
  Duration orders{7 * 24h};         // that came to nothing, and authorizations
  Duration certificates{90 * 24h};  // with their orders
};

// Whether no revocation list has to hold the certificate any more: each list of its issuer has an issue from after its
// end (RFC 5280 section 3.3). Pure.
bool is_off_the_lists(const store::CertificateRow& row, const std::vector<store::CrlRow>& heads);

class CleanUp final : public Job {
 public:
  static constexpr const char* lease = "clean-up";
  static constexpr std::size_t rows_max = 200;  // of each kind in one step

  struct Deps {
    store::Store& store;
    Log& log;
    std::string holder;  // unique among those that share the store
  };
  CleanUp(Retention retention, Deps deps) : retention_(retention), deps_(std::move(deps)) {}

  const char* name() const override { return "clean-up"; }
  // Where several nodes share the store, one of them does it, for as long as it has the lease.
  Result<Time> step(Time now) override;

 private:
  struct Removed {
    std::uint64_t orders = 0, authorizations = 0, certificates = 0, spendings = 0;
    bool is_all = true;                             // of what could be removed
    std::optional<store::CertificateCursor> after;  // where the next step goes on
  };
  Result<Removed> remove(store::Tx& tx, Time now) const;
  Result<void> remove_certificates(store::Tx& tx, Time before, Removed& removed) const;
  void tell(const Removed& removed) const;

  const Retention retention_;
  Deps deps_;
  std::optional<store::CertificateCursor> after_;  // certificates up to here were looked at in this round
};

}  // namespace crest::ca
