#include "sim/issued_row.hpp"

#include <algorithm>

namespace crest::sim {
namespace {

using ca::store::AuthorizationRow;

bool is_about(const AuthorizationRow& authorization, const x509::SubjectName& name) {
  const acme::Identifier& proved = authorization.identifier;
  if (authorization.scope == ca::store::Scope::subtree)
    return acme::is_at_or_below({acme::IdentifierType::dns, name.value}, proved) &&
           name.type == x509::SubjectName::Type::dns;
  const bool wildcard = authorization.scope == ca::store::Scope::wildcard;
  return (wildcard ? "*." : "") + proved.value == name.value && proved.subject_name().type == name.type;
}

bool stands_for(const AuthorizationRow& authorization, const x509::SubjectName& name, const IssuedRow& row) {
  return is_about(authorization, name) && authorization.account == row.order->account &&
         authorization.status == acme::AuthorizationStatus::valid && authorization.expires > row.certificate.created;
}

}  // namespace

Result<IssuedRow> issued_row(ca::store::Store& store, const ca::store::CertificateRow& certificate) {
  IssuedRow row;
  row.certificate = certificate;
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    const auto account = TRY(tx.accounts.by_id(certificate.account));
    if (account) row.account_thumbprint = account->thumbprint;
    row.order = TRY(tx.orders.by_id(certificate.order));
    if (!row.order) return {};
    for (const ca::store::Id& id : row.order->authorizations) {
      auto authorization = TRY(tx.authorizations.by_id(id));
      if (authorization) row.authorizations.push_back(*std::move(authorization));
    }
    return {};
  };
  TRY(store.read(work));
  return row;
}

std::string unauthorized(const IssuedRow& row, const x509::Certificate& certificate) {
  if (!row.order) return "has no order";
  if (row.order->account != row.certificate.account) return "is of another account than its order";
  std::vector<x509::SubjectName> names = certificate.names();
  std::sort(names.begin(), names.end());
  if (names != acme::subject_names(row.order->identifiers)) return "has other names than its order";
  for (const x509::SubjectName& name : names) {
    const auto good = [&](const AuthorizationRow& one) { return stands_for(one, name, row); };
    if (std::none_of(row.authorizations.begin(), row.authorizations.end(), good)) {
      return "has no valid authorization of its order's account for " + name.value;
    }
  }
  return "";
}

}  // namespace crest::sim
