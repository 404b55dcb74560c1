#include "ca/ra/renewals.hpp"

#include <algorithm>

#include "acme/problem.hpp"
#include "ca/issuer/renewal_window.hpp"
#include "ca/store/current_status.hpp"
#include "encoding/base64.hpp"

namespace crest::ca::ra {
namespace {

using acme::ProblemType;
using store::CertificateRow;

// A certificate of ours that is out in the world; to all others there is no difference between absent and not theirs.
Result<CertificateRow> certificate(store::Tx& tx, std::string_view certificate_id) {
  const auto id = acme::CertId::parse(certificate_id);
  if (!id) return acme::rejection(ProblemType::malformed, "this is no certificate id: " + id.error().message);
  auto row = TRY(tx.certificates.by_serial(encoding::hex(id->serial)));
  const bool known =
      row && row->issuer == encoding::hex(id->authority_key_id) && row->status != store::CertificateStatus::signing;
  if (!known) return no_such("certificate");
  return *std::move(row);
}

bool shares_a_name(const CertificateRow& certificate, const store::OrderRow& order) {
  return std::ranges::any_of(order.identifiers, [&](const acme::Identifier& identifier) {
    return std::ranges::find(certificate.names, identifier.value) != certificate.names.end();
  });
}

Result<bool> is_replaced(store::Tx& tx, const CertificateRow& certificate, Time now) {
  if (certificate.replaced_by.empty()) return false;
  const auto order = TRY(tx.orders.by_id(certificate.replaced_by));
  if (!order) return false;
  const auto status = TRY(store::current_status(tx, *order, now));
  return status != acme::OrderStatus::invalid;
}

}  // namespace

Result<RenewalAnswer> Renewals::find(std::string_view certificate_id, Time now) const {
  CertificateRow row;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = TRY(certificate(tx, certificate_id));
    return {};
  };
  TRY(deps_.store.read(work));
  const bool revoked = row.status == store::CertificateStatus::revoked;
  const issuer::RenewalFacts facts{row.not_before, row.not_after, revoked, revoked ? explanation_url_ : ""};
  return RenewalAnswer{issuer::renewal_window(facts, now), issuer::renewal_poll_interval(facts)};
}

Result<void> replace(store::Tx& tx, std::string_view certificate_id, const store::OrderRow& order, Time now) {
  const auto row = TRY(certificate(tx, certificate_id));
  if (row.account != order.account) return no_such("certificate");
  if (!shares_a_name(row, order)) {
    return acme::rejection(ProblemType::malformed, "the certificate that the order replaces has none of its names");
  }
  const bool replaced = TRY(is_replaced(tx, row, now));
  if (replaced) {
    return acme::rejection(ProblemType::alreadyReplaced, "another order replaces that certificate already");
  }
  TRY(tx.certificates.set_replaced_by(row.serial, order.id));
  return {};
}

}  // namespace crest::ca::ra
