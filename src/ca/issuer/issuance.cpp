#include "ca/issuer/issuance.hpp"

#include "acme/problem.hpp"
#include "ca/audit/writer.hpp"
#include "ca/issuer/clock_guard.hpp"
#include "ca/issuer/key_policy.hpp"
#include "ca/store/current_status.hpp"

namespace crest::ca::issuer {
namespace {

using acme::OrderStatus;
using store::CertificateRow;
using store::CertificateStatus;
using store::OrderRow;

constexpr Duration finish_delay{5'000};  // after a signature or a write that failed
constexpr std::size_t resumed_max = 100'000;
constexpr const char* account_gone = "its account was deactivated meanwhile";

// In the order of the order: clients file a certificate under the first of its names.
std::vector<x509::SubjectName> names_of(const std::vector<acme::Identifier>& identifiers) {
  std::vector<x509::SubjectName> names;
  for (const auto& identifier : identifiers) names.push_back(identifier.subject_name());
  return names;
}

std::string names_text(const std::vector<acme::Identifier>& identifiers) {
  std::string text;
  for (const auto& identifier : identifiers) text += (text.empty() ? "" : " ") + identifier.value;
  return text;
}

Task finish_task(const std::string& serial, Time due) {
  return {.kind = Task::Kind::finish_signing, .key = serial, .account = {}, .due = due, .first = due};
}

CertificateRow journal_row(const Prepared& prepared, const OrderRow& order, const LocalIssuer& issuer, Time now) {
  std::vector<std::string> names;
  for (const auto& identifier : order.identifiers) names.push_back(identifier.value);
  return {.serial = prepared.serial,
          .order = order.id,
          .account = order.account,
          .tbs_sha256 = digest_of(prepared.tbs),
          .der = prepared.tbs,
          .issuer = issuer.id(),
          .created = now,
          .not_after = prepared.validity.not_after,
          .names = std::move(names),
          .not_before = prepared.validity.not_before,
          .profile = issuer.profile().name};
}

// From here on the CA answers for this serial number (SF63).
audit::Event journal_event(const CertificateRow& row) {
  std::string names;
  for (const auto& name : row.names) names += (names.empty() ? "" : " ") + name;
  return {"signature_journalled",
          {{"serial", row.serial},
           {"order", row.order},
           {"account", row.account},
           {"names", names},
           {"profile", row.profile},
           {"issuer", row.issuer},
           {"not_after", to_rfc3339(row.not_after)},
           {"tbs_sha256", row.tbs_sha256}}};
}

Result<bool> has_valid_account(store::Tx& tx, const OrderRow& order) {
  const auto account = TRY(tx.accounts.by_id(order.account));
  return account && account->status == acme::AccountStatus::valid;
}

}  // namespace

Error order_not_ready(OrderStatus status) {
  return acme::rejection(acme::ProblemType::orderNotReady,
                         "the order is " + std::string(acme::to_string(status)) + ", not ready");
}

Result<void> Issuance::check_clock(Time now) {
  std::optional<Time> newest;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    newest = TRY(tx.certificates.newest());
    return {};
  };
  TRY(deps_.store.read(work));
  return clock_alarm_.tell(issuer::check_clock(now, newest, deps_.issuer.validity()));
}

Result<OrderRow> Issuance::issue(const OrderRow& asked, const crypto::PublicKey& key, Time now) {
  TRY(check_clock(now));
  const auto& profile = deps_.issuer.profile();
  if (asked.profile != profile.pin()) {
    return acme::rejection(acme::ProblemType::invalidProfile,
                           "the profile has changed since the order was made; order again");
  }
  const auto validity = TRY(validity_for({asked.not_before, asked.not_after}, profile, deps_.issuer.validity(), now));
  const auto names = names_of(asked.identifiers);
  const auto prepared = TRY(deps_.issuer.prepare({key, names, validity}));
  auto certificate = journal_row(prepared, asked, deps_.issuer, now);
  OrderRow order = asked;
  if (auto journaled = journal(certificate, order, key, now); !journaled) {
    // A commit that failed may still have happened: if the row is there, the order must not wait for a restart.
    if (journaled.error().kind == ErrorKind::storage)
      deps_.agenda.add(finish_task(certificate.serial, now + finish_delay));
    return std::move(journaled.error());
  }
  if (const auto done = complete(certificate, order); !done) {
    deps_.log.error("signing_postponed", {{"serial", certificate.serial}, {"error", done.error().describe()}});
    deps_.agenda.add(finish_task(certificate.serial, now + finish_delay));
  }
  return order;
}

Result<void> Issuance::journal(CertificateRow& certificate, OrderRow& order, const crypto::PublicKey& key, Time now) {
  return deps_.store.write([&](store::Tx& tx) -> Result<void> {
    auto stored = TRY(tx.orders.by_id(order.id));
    if (!stored) return make_error(ErrorKind::internal, "an order is gone", order.id);
    const auto status = TRY(store::current_status(tx, *stored, now));
    if (status != OrderStatus::ready) return order_not_ready(status);
    const bool is_wanted = TRY(has_valid_account(tx, *stored));  // what was checked may have changed (SF11, SF16)
    if (!is_wanted) return acme::rejection(acme::ProblemType::unauthorized, "the account is no longer valid");
    const bool is_blocked = TRY(tx.blocked_keys.contains(blocking_name(key)));
    if (is_blocked)
      return acme::rejection(acme::ProblemType::badCSR, "the key of the request is known to be compromised");
    stored->status = OrderStatus::processing;
    stored->serial = certificate.serial;
    const bool moved = TRY(tx.orders.update_if(*stored, OrderStatus::pending));
    if (!moved) return order_not_ready(OrderStatus::processing);
    const bool is_new = TRY(tx.certificates.insert(certificate));
    if (!is_new) return make_error(ErrorKind::internal, "an order has a certificate already", order.id);
    TRY(audit::append(tx, deps_.audit_chain, journal_event(certificate), now));
    order = *std::move(stored);
    return {};
  });
}

Result<x509::Certificate> Issuance::signed_certificate(CertificateRow& certificate,
                                                       const std::vector<x509::SubjectName>& names) {
  auto made = TRY(
      deps_.issuer.sign({certificate.der, certificate.tbs_sha256, certificate.serial, names, certificate.not_after}));
  certificate.der = made.der();
  certificate.status = CertificateStatus::issued;
  return made;
}

Result<void> Issuance::complete(CertificateRow& certificate, OrderRow& order) {
  CertificateRow finished = certificate;
  TRY(signed_certificate(finished, names_of(order.identifiers)));
  OrderRow valid = order;
  valid.status = OrderStatus::valid;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    const bool is_wanted = TRY(has_valid_account(tx, valid));
    if (!is_wanted) return make_error(ErrorKind::internal, account_gone, order.account);
    const bool stored = TRY(tx.certificates.update_if(finished, CertificateStatus::signing));
    const bool moved = TRY(tx.orders.update_if(valid, OrderStatus::processing));
    if (!stored || !moved)
      return make_error(ErrorKind::internal, "a signature was finished by somebody else", order.id);
    return {};
  };
  TRY(deps_.store.write(work));
  certificate = std::move(finished);
  order = std::move(valid);
  deps_.log.info("certificate_issued", {{"serial", certificate.serial},
                                        {"order", order.id},
                                        {"account", order.account},
                                        {"names", names_text(order.identifiers)},
                                        {"not_after", to_rfc3339(certificate.not_after)}});
  deps_.meter.count("crest_ca_certificates_issued_total");
  return {};
}

Result<void> Issuance::give_up(OrderRow order, const std::string& why) {
  const std::string id = order.id;
  order.status = OrderStatus::invalid;
  order.error_json = acme::to_json(acme::make_problem(acme::ProblemType::serverInternal,
                                                      "the certificate could not be signed; order again"))
                         .dump();
  const auto work = [&](store::Tx& tx) -> Result<void> {
    TRY(tx.orders.update_if(order, OrderStatus::processing));
    return {};
  };
  TRY(deps_.store.write(work));
  deps_.log.error("signing_abandoned", {{"serial", order.serial}, {"order", id}, {"error", why}});
  return {};
}

Result<bool> Issuance::finish(const std::string& serial, Time now) {
  TRY(check_clock(now));
  std::optional<CertificateRow> certificate;
  std::optional<OrderRow> order;
  bool is_wanted = false;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    certificate = TRY(tx.certificates.by_serial(serial));
    if (certificate) order = TRY(tx.orders.by_id(certificate->order));
    if (order) is_wanted = TRY(has_valid_account(tx, *order));
    return {};
  };
  TRY(deps_.store.read(work));
  if (!certificate || certificate->status != CertificateStatus::signing) return true;
  if (!order || order->status != OrderStatus::processing) return false;
  const bool half_over = now - certificate->created > (certificate->not_after - certificate->created) / 2;
  if (half_over || !is_wanted || certificate->issuer != deps_.issuer.id()) {
    TRY(give_up(*std::move(order), half_over    ? "it is too late"
                                   : !is_wanted ? account_gone
                                                : "the issuer has changed"));
    return false;
  }
  auto done = complete(*certificate, *order);
  if (done) return true;
  if (done.error().kind != ErrorKind::malformed) return std::move(done).error();
  TRY(give_up(*std::move(order), done.error().describe()));
  return false;
}

Result<void> Issuance::resume(Time now) {
  std::vector<CertificateRow> left;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    left = TRY(tx.certificates.with_status(CertificateStatus::signing, resumed_max));
    return {};
  };
  TRY(deps_.store.read(work));
  for (const auto& certificate : left) deps_.agenda.add(finish_task(certificate.serial, now));
  return {};
}

Result<x509::Chain> Issuance::issue_own(const crypto::PublicKey& key, const std::vector<acme::Identifier>& identifiers,
                                        Time now) {
  TRY(check_clock(now));
  const auto names = names_of(identifiers);
  const auto validity = TRY(validity_for({}, deps_.issuer.profile(), deps_.issuer.validity(), now));
  const auto prepared = TRY(deps_.issuer.prepare({key, names, validity}));
  OrderRow no_order;
  no_order.id = "own-" + prepared.serial;  // no order has such an id
  no_order.identifiers = identifiers;
  auto row = journal_row(prepared, no_order, deps_.issuer, now);
  const auto begin = [&](store::Tx& tx) -> Result<void> {
    const bool is_new = TRY(tx.certificates.insert(row));
    if (!is_new) return make_error(ErrorKind::internal, "a serial number is taken", row.serial);
    return audit::append(tx, deps_.audit_chain, journal_event(row), now);
  };
  TRY(deps_.store.write(begin));
  auto certificate = TRY(signed_certificate(row, names));
  const auto end = [&](store::Tx& tx) -> Result<void> {
    TRY(tx.certificates.update_if(row, CertificateStatus::signing));
    return {};
  };
  TRY(deps_.store.write(end));
  deps_.log.info("own_certificate_issued", {{"serial", row.serial}, {"not_after", to_rfc3339(row.not_after)}});
  return deps_.issuer.chain_of(std::move(certificate));
}

}  // namespace crest::ca::issuer
