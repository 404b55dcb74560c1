#include "ca/issuer/issuance.hpp"

#include <algorithm>

#include "acme/problem.hpp"
#include "ca/audit/writer.hpp"
#include "ca/issuer/clock_guard.hpp"
#include "ca/issuer/key_policy.hpp"
#include "ca/issuer/second_look.hpp"
#include "ca/store/current_status.hpp"
#include "x509/ocsp.hpp"

namespace crest::ca::issuer {
namespace {

using acme::OrderStatus;
using store::CertificateRow;
using store::CertificateStatus;
using store::OrderRow;

constexpr Duration finish_delay{5'000};  // after a signature or a write that failed
constexpr Duration wait_min{1'000};      // between two looks at another CA
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

// What is to be issued, decided.
struct Plan {
  const Profile& profile;
  const Issuer& issuer;
  Validity validity;
};

CertificateRow journal_row(Draft draft, const Plan& plan, const OrderRow& order, Time now) {
  std::vector<std::string> names;
  for (const auto& identifier : order.identifiers) names.push_back(identifier.value);
  std::string digest = digest_of(draft.handle);
  return {.serial = std::move(draft.serial),
          .order = order.id,
          .account = order.account,
          .tbs_sha256 = std::move(digest),
          .der = std::move(draft.handle),
          .issuer = plan.issuer.facts().id,
          .created = now,
          .not_after = plan.validity.not_after,
          .names = std::move(names),
          .not_before = plan.validity.not_before,
          .profile = plan.profile.name};
}

// A listener serves TLS, whatever orders are for.
Profile own_profile(const Profile& model) {
  Profile own{.name = "own-listener", .life = model.life, .backdate = model.backdate, .key_types = {}};
  own.issuer = model.issuer;
  return own;
}

// Nobody asks for the status of who tells it (RFC 6960 section 4.2.2.2.1).
Profile responder_profile(const Profile& model, Duration life) {
  return {.name = "ocsp-responder",
          .life = life,
          .backdate = model.backdate,
          .key_types = {},
          .extended_usages = {x509::ExtendedUsage::ocsp_signing},
          .subject = "OCSP responder",
          .extensions = {{.der = x509::ocsp::no_check_extension()}}};
}

// Writes the row of a certificate that is there over the one that waited for it: another CA may have given it another
// serial number and other dates. False: somebody else was first.
Result<bool> put_issued(store::Tx& tx, const CertificateRow& waited, const CertificateRow& issued) {
  const bool same_dates = issued.not_before == waited.not_before && issued.not_after == waited.not_after;
  if (issued.serial == waited.serial && same_dates)
    return tx.certificates.update_if(issued, CertificateStatus::signing);
  const auto stored = TRY(tx.certificates.by_serial(waited.serial));
  if (!stored || stored->status != CertificateStatus::signing) return false;
  TRY(tx.certificates.remove(waited.serial));
  return tx.certificates.insert(issued);
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

// Why what was begun cannot be finished any more; "" it can.
std::string obstacle(const CertificateRow& certificate, bool is_wanted, Time now) {
  if (certificate.status == CertificateStatus::revoked) return "its serial number was revoked before it was signed";
  const bool half_over = now - certificate.created > (certificate.not_after - certificate.created) / 2;
  if (half_over) return "it is too late";
  return is_wanted ? "" : account_gone;
}

// Another CA has said which serial number it is.
audit::Event serial_event(const CertificateRow& row, const std::string& journalled_as) {
  return {"serial_known", {{"serial", row.serial}, {"journalled_as", journalled_as}, {"order", row.order}}};
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
  const Duration behind = newest ? std::max(*newest - now, Duration::zero()) : Duration::zero();
  deps_.meter.gauge("crest_ca_clock_offset_seconds", std::chrono::duration<double>(behind).count());
  return clock_alarm_.tell(issuer::check_clock(now, newest, deps_.issuers.validity(now)));
}

Result<void> Issuance::check_requested(const RequestedValidity& requested, const Profile& profile, Time now) const {
  const auto& issuer = deps_.issuers.choose(profile, requested, std::nullopt, now);
  return issuer::check_requested(requested, profile, issuer.facts().validity, now);
}

Result<void> Issuance::check_names(const std::vector<acme::Identifier>& identifiers, const Profile& profile,
                                   Time now) const {
  return deps_.issuers.check_names(identifiers, profile, now);
}

Result<OrderRow> Issuance::issue(const OrderRow& asked, const Request& request, Time now) {
  TRY(check_clock(now));
  const Profile* profile = TRY(deps_.profiles.pinned(asked.profile));
  const RequestedValidity requested{asked.not_before, asked.not_after};
  const auto& issuer = deps_.issuers.choose(*profile, requested, request.key.type(), now);
  const auto validity = TRY(validity_for(requested, *profile, issuer.facts().validity, now));
  const auto names = names_of(asked.identifiers);
  auto draft = TRY(issuer.draft({request.key, names, *profile, validity, request.csr_der}));
  if (!issuer.is_at_hand()) draft.handle = with_key(request.key.spki(), draft.handle);
  auto certificate = journal_row(std::move(draft), {*profile, issuer, validity}, asked, now);
  const std::string serial = certificate.serial;
  OrderRow order = asked;
  if (auto journaled = journal(certificate, order, request.key, now); !journaled) {
    // A commit that failed may still have happened: if the row is there, the order must not wait for a restart.
    if (journaled.error().kind == ErrorKind::storage) deps_.agenda.add(finish_task(serial, now + finish_delay));
    return std::move(journaled.error());
  }
  const auto next = go_on(certificate, order, true, now);
  if (!next) {
    deps_.log.error("signing_postponed", {{"serial", serial}, {"error", next.error().describe()}});
    deps_.agenda.add(finish_task(serial, now + finish_delay));
  } else if (*next) {
    deps_.agenda.add(finish_task(serial, **next));
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
    stored->node = deps_.membership.node();
    const bool moved = TRY(tx.orders.update_if(*stored, OrderStatus::pending));
    if (!moved) return order_not_ready(OrderStatus::processing);
    const bool is_new = TRY(tx.certificates.insert(certificate));
    if (!is_new) return make_error(ErrorKind::internal, "an order has a certificate already", order.id);
    TRY(audit::append(tx, deps_.audit_chain, journal_event(certificate), now));
    order = *std::move(stored);
    return {};
  });
}

Result<Progress> Issuance::advance(const Issuer& issuer, const CertificateRow& certificate, const OrderRow& order,
                                   bool fresh, Time now) const {
  const auto names = names_of(order.identifiers);
  const auto profile = deps_.profiles.pinned(order.profile);
  Journalled entry{.serial = certificate.serial,
                   .order = certificate.order,
                   .handle = certificate.der,
                   .handle_sha256 = certificate.tbs_sha256,
                   .names = names,
                   .validity = {certificate.not_before, certificate.not_after},
                   .profile = profile ? *profile : nullptr,
                   .fresh = fresh};
  return issuer.advance(entry, now);
}

// As advance(), of an issuer that another CA stands behind: what comes is looked at, and what is not as it was asked for
// goes back. Pending comes with the handle as it is to be journalled.
Result<Progress> Issuance::ask(const Issuer& issuer, CertificateRow certificate, const OrderRow& order, bool fresh,
                               Time now) const {
  if (digest_of(certificate.der) != certificate.tbs_sha256)
    return make_error(ErrorKind::malformed, "what the journal holds is damaged", certificate.serial);
  auto parts = TRY(split_key(certificate.der));
  certificate.der = std::move(parts.handle);
  certificate.tbs_sha256 = digest_of(certificate.der);
  auto progress = TRY(advance(issuer, certificate, order, fresh, now));
  if (auto* pending = std::get_if<Pending>(&progress)) {
    pending->handle = with_key(parts.spki, pending->handle);
    return progress;
  }
  const auto& made = std::get<Issued>(progress).certificate;
  const auto names = names_of(order.identifiers);
  const Asked asked{
      parts.spki, names, {certificate.not_before, certificate.not_after}, {order.not_before, order.not_after}};
  const std::string why = why_refused(made, asked, issuer.facts(), now);
  if (why.empty()) return progress;
  send_back(issuer, made, order, why, now);
  return make_error(ErrorKind::malformed, "a certificate of another CA is not handed out: " + why, order.id);
}

// Nobody has it but the CA that made it, which may not hear this; then it is in the log.
void Issuance::send_back(const Issuer& issuer, const x509::Certificate& made, const OrderRow& order,
                         const std::string& why, Time now) const {
  const auto revoked = issuer.revoke(made, acme::RevocationReason::superseded, now);
  deps_.log.error("certificate_refused", {{"order", order.id},
                                          {"serial", made.serial_hex()},
                                          {"issuer", made.issuer()},
                                          {"error", why},
                                          {"revoked", revoked ? "yes" : revoked.error().describe()}});
}

Result<std::optional<Time>> Issuance::go_on(CertificateRow& certificate, OrderRow& order, bool fresh, Time now) {
  const Issuer* issuer = deps_.issuers.signing(certificate.issuer);
  if (!issuer) return make_error(ErrorKind::malformed, "the issuer it was begun with does not sign any more");
  auto progress = issuer->is_at_hand() ? advance(*issuer, certificate, order, fresh, now)
                                       : ask(*issuer, certificate, order, fresh, now);
  if (!progress) return std::move(progress).error();
  if (auto* pending = std::get_if<Pending>(&*progress)) {
    const Time next = pending->next;
    TRY(keep_waiting(certificate, std::move(*pending)));
    return std::optional(std::max(next, now + wait_min));
  }
  TRY(complete(certificate, order, std::get<Issued>(*progress).certificate, now));
  return std::optional<Time>();
}

Result<void> Issuance::keep_waiting(CertificateRow& certificate, Pending pending) {
  certificate.tbs_sha256 = digest_of(pending.handle);
  certificate.der = std::move(pending.handle);
  return deps_.store.write([&](store::Tx& tx) -> Result<void> {
    TRY(deps_.membership.check(tx));
    TRY(tx.certificates.update_if(certificate, CertificateStatus::signing));
    return {};
  });
}

Result<void> Issuance::complete(CertificateRow& certificate, OrderRow& order, const x509::Certificate& made, Time now) {
  CertificateRow finished = certificate;
  finished.serial = made.serial_hex();
  finished.der = made.der();
  finished.status = CertificateStatus::issued;
  finished.not_before = made.not_before();
  finished.not_after = made.not_after();
  OrderRow valid = order;
  valid.status = OrderStatus::valid;
  valid.serial = finished.serial;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    TRY(deps_.membership.check(tx));
    const bool is_wanted = TRY(has_valid_account(tx, valid));
    if (!is_wanted) return make_error(ErrorKind::internal, account_gone, order.account);
    const bool stored = TRY(put_issued(tx, certificate, finished));
    const bool moved = TRY(tx.orders.update_if(valid, OrderStatus::processing));
    if (!stored || !moved)
      return make_error(ErrorKind::internal, "a signature was finished by somebody else", order.id);
    if (finished.serial == certificate.serial) return {};
    return audit::append(tx, deps_.audit_chain, serial_event(finished, certificate.serial), now);
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

Result<std::optional<Time>> Issuance::finish(const std::string& serial, Time now) {
  constexpr std::optional<Time> nothing_left;
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
  if (!certificate || certificate->status == CertificateStatus::issued) return nothing_left;
  if (!order || order->status != OrderStatus::processing || !deps_.membership.owns(order->node)) return nothing_left;
  const std::string why_not = obstacle(*certificate, is_wanted, now);
  if (!why_not.empty()) {
    TRY(give_up(*std::move(order), why_not));
    return nothing_left;
  }
  auto next = go_on(*certificate, *order, false, now);
  if (next || next.error().kind != ErrorKind::malformed) return next;
  TRY(give_up(*std::move(order), next.error().describe()));
  return nothing_left;
}

Result<void> Issuance::resume(Time now) {
  std::vector<std::string> serials;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    const auto left = TRY(tx.orders.with_status(OrderStatus::processing, resumed_max));
    for (const auto& id : left) {
      const auto order = TRY(tx.orders.by_id(id));
      if (order && deps_.membership.owns(order->node)) serials.push_back(order->serial);
    }
    return {};
  };
  TRY(deps_.store.read(work));
  for (const auto& serial : serials) deps_.agenda.add(finish_task(serial, now));
  return {};
}

Result<x509::Certificate> Issuance::issue_unordered(const Profile& profile, const Issuer& issuer,
                                                    const crypto::PublicKey& key,
                                                    const std::vector<acme::Identifier>& identifiers, Time now) {
  TRY(check_clock(now));
  const auto validity = TRY(validity_for({}, profile, issuer.facts().validity, now));
  const auto names = names_of(identifiers);
  auto draft = TRY(issuer.draft({key, names, profile, validity, {}}));
  OrderRow no_order;
  no_order.id = "own-" + draft.serial;  // no order has such an id
  no_order.identifiers = identifiers;
  auto row = journal_row(std::move(draft), {profile, issuer, validity}, no_order, now);
  const auto begin = [&](store::Tx& tx) -> Result<void> {
    const bool is_new = TRY(tx.certificates.insert(row));
    if (!is_new) return make_error(ErrorKind::internal, "a serial number is taken", row.serial);
    return audit::append(tx, deps_.audit_chain, journal_event(row), now);
  };
  TRY(deps_.store.write(begin));
  auto progress = TRY(advance(issuer, row, no_order, true, now));
  auto* issued = std::get_if<Issued>(&progress);
  if (!issued) return make_error(ErrorKind::config, "the CA's own certificates need an issuer whose key is at hand");
  row.der = issued->certificate.der();
  row.status = CertificateStatus::issued;
  const auto end = [&](store::Tx& tx) -> Result<void> {
    TRY(tx.certificates.update_if(row, CertificateStatus::signing));
    return {};
  };
  TRY(deps_.store.write(end));
  deps_.log.info("own_certificate_issued",
                 {{"serial", row.serial}, {"profile", profile.name}, {"not_after", to_rfc3339(row.not_after)}});
  return std::move(issued->certificate);
}

Result<x509::Chain> Issuance::issue_own(const crypto::PublicKey& key, const std::vector<acme::Identifier>& identifiers,
                                        Time now) {
  const Profile profile = own_profile(deps_.profiles.for_no_wish());
  const auto& issuer = deps_.issuers.choose(profile, {}, key.type(), now);
  auto certificate = TRY(issue_unordered(profile, issuer, key, identifiers, now));
  std::vector<x509::Certificate> chain = issuer.facts().chain.certificates();
  chain.insert(chain.begin(), std::move(certificate));
  return x509::Chain(std::move(chain));
}

Result<x509::Certificate> Issuance::issue_responder(const std::string& issuer_id, const crypto::PublicKey& key,
                                                    Duration life, Time now) {
  const Issuer* issuer = deps_.issuers.signing(issuer_id);
  if (!issuer) return make_error(ErrorKind::internal, "an issuer that does not sign has no OCSP responder", issuer_id);
  const Profile profile = responder_profile(deps_.profiles.for_no_wish(), life);
  return issue_unordered(profile, *issuer, key, {}, now);
}

}  // namespace crest::ca::issuer
