#include "sim/watched_store.hpp"

namespace crest::sim {
namespace {

using namespace ca::store;

class NotingCertificates final : public Certificates {
 public:
  NotingCertificates(Certificates& inner, std::vector<CertificateRow>& noted) : inner_(inner), noted_(noted) {}

  Result<bool> insert(const CertificateRow& row) override {
    Result<bool> done = inner_.insert(row);
    note(row, done);
    return done;
  }
  Result<bool> update_if(const CertificateRow& row, CertificateStatus expected) override {
    Result<bool> done = inner_.update_if(row, expected);
    note(row, done);
    return done;
  }
  Result<std::optional<CertificateRow>> by_serial(const std::string& serial) override {
    return inner_.by_serial(serial);
  }
  Result<std::optional<CertificateRow>> by_order(const Id& order) override { return inner_.by_order(order); }
  Result<std::vector<CertificateRow>> with_status(CertificateStatus status, std::size_t count_max) override {
    return inner_.with_status(status, count_max);
  }
  Result<std::uint64_t> count() override { return inner_.count(); }
  Result<std::optional<Time>> newest() override { return inner_.newest(); }
  Result<std::vector<CertificateRow>> search(const CertificateFilter& filter,
                                             const std::optional<CertificateCursor>& after,
                                             std::size_t count_max) override {
    return inner_.search(filter, after, count_max);
  }
  Result<std::vector<RevokedRow>> revoked(const std::string& issuer, Time not_after_min, const std::string& after,
                                          std::size_t count_max) override {
    return inner_.revoked(issuer, not_after_min, after, count_max);
  }
  Result<std::uint64_t> revocations(const std::string& issuer) override { return inner_.revocations(issuer); }
  Result<bool> set_replaced_by(const std::string& serial, const Id& order) override {
    return inner_.set_replaced_by(serial, order);
  }
  Result<std::vector<ExpiredRow>> expired(Time before, const std::optional<CertificateCursor>& after,
                                          std::size_t count_max) override {
    return inner_.expired(before, after, count_max);
  }
  Result<void> remove(const std::string& serial) override { return inner_.remove(serial); }

 private:
  void note(const CertificateRow& row, const Result<bool>& done) {
    if (done && *done && row.status == CertificateStatus::issued) noted_.push_back(row);
  }
  Certificates& inner_;
  std::vector<CertificateRow>& noted_;
};

}  // namespace

Result<void> WatchedStore::write(const Work& work) {
  if (faults_.strikes(faults_.rates().ca_dies_at_store / 2, "CA died before a commit")) {
    throw ProcessDied{"before a commit"};
  }
  std::vector<CertificateRow> noted;
  const Result<void> done = inner_.write([&](Tx& tx) {
    noted.clear();
    NotingCertificates certificates(tx.certificates, noted);
    Tx watched{tx.accounts,  tx.orders, tx.authorizations, certificates, tx.blocked_keys, tx.eab_keys,
               tx.spendings, tx.leases, tx.issuers,        tx.crls,      tx.audit};
    return work(watched);
  });
  if (!done) return done;
  for (const CertificateRow& row : noted) {
    if (watcher_) watcher_(row);
  }
  if (faults_.strikes(faults_.rates().ca_dies_at_store / 2, "CA died after a commit")) {
    throw ProcessDied{"after a commit"};
  }
  return {};
}

}  // namespace crest::sim
