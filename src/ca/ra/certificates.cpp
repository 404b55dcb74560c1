#include "ca/ra/certificates.hpp"

namespace crest::ca::ra {

Result<Certificates::Found> Certificates::find(const store::Id& account, const std::string& serial) const {
  std::optional<store::CertificateRow> row;
  std::string issuers;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = TRY(tx.certificates.by_serial(serial));
    if (!row) return {};
    issuers = issuers_.issuers_pem(row->issuer);
    if (!issuers.empty()) return {};
    const auto kept = TRY(tx.issuers.by_id(row->issuer));
    if (kept) issuers = kept->chain_pem;
    return {};
  };
  TRY(store_.read(work));
  const bool own = row && row->account == account;
  if (!own || row->status == store::CertificateStatus::signing) return no_such("certificate");
  return Found{*std::move(row), std::move(issuers)};
}

}  // namespace crest::ca::ra
