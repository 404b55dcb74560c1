#include "apps/crest_ca/audit_keys.hpp"

#include "adapters/posix_disk.hpp"
#include "config/ca_folder.hpp"

namespace crest::apps::crest_ca {

Result<std::vector<crypto::PublicKey>> audit_keys(const std::string& folder, const CaRecords& records) {
  const auto disk = TRY(adapters::open_posix_disk(folder, {.create = false}));
  std::vector<crypto::PublicKey> keys;
  std::vector<x509::Certificate> roots;
  for (const auto& issuer : records.config.issuers) {
    const auto certificates = config::read_certificates(*disk, folder, issuer);
    if (!certificates) continue;  // one that still waits for its certificate
    keys.push_back(certificates->chain.leaf().public_key());
    roots.push_back(certificates->root);
  }
  std::vector<ca::store::IssuerRow> rows;
  const auto read = [&](ca::store::Tx& tx) -> Result<void> {
    rows = TRY(tx.issuers.all());
    return {};
  };
  TRY(records.store->read(read));
  for (const auto& row : rows) {
    const auto chain = x509::Chain::from_pem(row.chain_pem);
    if (chain && x509::verify_chain(*chain, roots, chain->leaf().not_before()))
      keys.push_back(chain->leaf().public_key());
  }
  return keys;
}

}  // namespace crest::apps::crest_ca
