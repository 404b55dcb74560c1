// An IssuedRow is what the CA's ledger says of a certificate at the moment its row is durable, and of what led to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ca/store/store.hpp"
#include "x509/certificate.hpp"

namespace crest::sim {

struct IssuedRow {
  ca::store::CertificateRow certificate;
  std::string account_thumbprint;
  std::optional<ca::store::OrderRow> order;
  std::vector<ca::store::AuthorizationRow> authorizations;  // those of the order
};

// Reads the rest of `certificate`'s row. Error: storage.
Result<IssuedRow> issued_row(ca::store::Store& store, const ca::store::CertificateRow& certificate);

// What of the ledger does not stand behind the certificate, or "": an order of the same account for just these names, and
// for each of them an authorization of that order and that account, valid when the signature was decided on.
std::string unauthorized(const IssuedRow& row, const x509::Certificate& certificate);

}  // namespace crest::sim
