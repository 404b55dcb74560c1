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

// How many names of the order are the certificate's.
std::size_t shared_names(const CertificateRow& certificate, const store::OrderRow& order) {
  return static_cast<std::size_t>(std::ranges::count_if(order.identifiers, [&](const acme::Identifier& identifier) {
    return std::ranges::find(certificate.names, identifier.value) != certificate.names.end();
  }));
}

// One that is revoked has a window as well, and whoever holds it can revoke it: that would be an order for free each time.
bool is_due(const CertificateRow& certificate, Time now) {
  if (certificate.status != store::CertificateStatus::issued || now > certificate.not_after) return false;
  return now >= issuer::renewal_window({certificate.not_before, certificate.not_after, false, ""}, now).start;
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

Result<bool> replace(store::Tx& tx, std::string_view certificate_id, const store::OrderRow& order, Time now) {
  const auto row = TRY(certificate(tx, certificate_id));
  if (row.account != order.account) return no_such("certificate");
  const std::size_t shared = shared_names(row, order);
  if (shared == 0) {
    return acme::rejection(ProblemType::malformed, "the certificate that the order replaces has none of its names");
  }
  const bool replaced = TRY(is_replaced(tx, row, now));
  if (replaced) {
    return acme::rejection(ProblemType::alreadyReplaced, "another order replaces that certificate already");
  }
  TRY(tx.certificates.set_replaced_by(row.serial, order.id));
  return row.replaced_by.empty() && shared == order.identifiers.size() && is_due(row, now);
}

}  // namespace crest::ca::ra
