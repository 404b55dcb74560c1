#include "ca/ra/accounts.hpp"

#include <algorithm>
#include <array>

#include "acme/problem.hpp"
#include "ca/audit/writer.hpp"
#include "ca/issuer/key_policy.hpp"
#include "ca/ra/allowances.hpp"
#include "ca/ra/bindings.hpp"
#include "ca/ra/closing.hpp"
#include "ca/ra/denials.hpp"
#include "jose/jwk.hpp"

namespace crest::ca::ra {
namespace {

using acme::ProblemType;
using store::AccountRow;

constexpr int unauthenticated = 401;

Error inactive() {
  return acme::rejection(ProblemType::unauthorized, "the account of this key is no longer active", unauthenticated);
}

Error blocked() {
  return acme::rejection(ProblemType::badPublicKey, "the key is blocked, since it was reported as compromised");
}

Error must_agree(const std::string& terms, std::string why) {
  Problem problem = acme::make_problem(ProblemType::userActionRequired, std::move(why));
  problem.instance = Untrusted(terms);
  return acme::rejection(std::move(problem));
}

audit::Event creation_of(const AccountRow& row) {
  return {"account_created",
          {{"account", row.id}, {"key", row.thumbprint}, {"eab_key", row.eab_key}, {"terms", row.terms}}};
}

audit::Event update_of(const AccountRow& row) {
  if (row.status == acme::AccountStatus::deactivated) return {"account_deactivated", {{"account", row.id}}};
  std::string contact;
  for (const auto& address : row.contact) contact += (contact.empty() ? "" : " ") + address;
  return {"account_updated", {{"account", row.id}, {"contact", contact}}};
}

// Not what was only written wrongly, nor what another moment would change.
bool is_denial(const Error& error) {
  constexpr std::array types = {ProblemType::unauthorized, ProblemType::externalAccountRequired,
                                ProblemType::userActionRequired, ProblemType::badPublicKey};
  return error.problem && std::ranges::find(types, acme::problem_type(*error.problem)) != types.end();
}

}  // namespace

Result<void> Accounts::check_key(const crypto::PublicKey& key) const {
  const std::string why = issuer::why_refused(key, deps_.rules.account_key_types);
  if (!why.empty()) return acme::rejection(ProblemType::badPublicKey, why);
  return {};
}

Result<std::optional<AccountRow>> Accounts::known(const std::string& thumbprint) {
  std::optional<AccountRow> row;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    row = TRY(tx.accounts.by_thumbprint(thumbprint));
    return {};
  };
  TRY(deps_.store.read(work));
  if (row && row->status != acme::AccountStatus::valid) return inactive();
  return row;
}

Result<void> Accounts::check_new(const crypto::PublicKey& key, const acme::NewAccount& request) const {
  if (request.only_return_existing) {
    return acme::rejection(ProblemType::accountDoesNotExist, "no account has this key");
  }
  TRY(check_key(key));
  if (!deps_.rules.terms_of_service.empty() && !request.terms_of_service_agreed) {
    return must_agree(deps_.rules.terms_of_service, "the terms of service must be agreed to");
  }
  if (deps_.rules.eab_required && !request.external_account_binding) {
    return acme::rejection(ProblemType::externalAccountRequired,
                           "this CA opens accounts for holders of a key of its operator only (external account "
                           "binding); ask the operator for a key id and a MAC key");
  }
  return acme::check_contacts(request.contact);
}

Result<void> must_have_agreed(const AccountRow& account, const Rules& rules) {
  if (rules.terms_of_service.empty() || account.terms == rules.terms_of_service) return {};
  return must_agree(
      rules.terms_of_service,
      "the terms of service have changed since the account agreed to them; read them at the URL in instance, "
      "then send newAccount with this account's key and termsOfServiceAgreed, or tell the CA's operator that "
      "you agree");
}

Result<void> agree_to_terms(store::Tx& tx, AccountRow& account, const std::string& terms, const std::string& by,
                            const std::string& audit_chain, Time now) {
  account.terms_agreed = true;
  account.terms = terms;
  TRY(tx.accounts.update(account));
  return audit::append(tx, audit_chain, {"terms_agreed", {{"account", account.id}, {"terms", terms}, {"by", by}}}, now);
}

Result<void> Accounts::agree(AccountRow& row, Time now) {
  const auto work = [&](store::Tx& tx) -> Result<void> {
    auto stored = TRY(tx.accounts.by_id(row.id));
    if (!stored || stored->status != acme::AccountStatus::valid) return inactive();
    row = *std::move(stored);
    return agree_to_terms(tx, row, deps_.rules.terms_of_service, "account " + row.id, deps_.audit_chain, now);
  };
  TRY(deps_.store.write(work));
  deps_.log.info("terms_agreed", {{"account", row.id}, {"terms", row.terms}});
  return {};
}

Result<Accounts::Found> Accounts::create(const Newcomer& newcomer, Time now) {
  auto made = find_or_make(newcomer, now);
  if (!made && is_denial(made.error())) {
    tell_denial(deps_, {"account_denied", "", jose::thumbprint(newcomer.key), made.error().describe()}, now);
  }
  return made;
}

Result<Accounts::Found> Accounts::find_or_make(const Newcomer& newcomer, Time now) {
  const auto& [key, request, url, address] = newcomer;
  const std::string thumbprint = jose::thumbprint(key);
  auto row = TRY(known(thumbprint));
  if (row) {
    const bool agrees = request.terms_of_service_agreed && !must_have_agreed(*row, deps_.rules);
    if (agrees) TRY(agree(*row, now));
    return Found{*std::move(row), false};
  }
  TRY(check_new(key, request));
  std::optional<Binding> binding;
  if (const auto& json = request.external_account_binding) binding = TRY(Binding::read(*json, key, url));
  Found found{{.id = new_id(deps_.random, now),
               .thumbprint = thumbprint,
               .key_spki = key.spki(),
               .contact = request.contact,
               .terms_agreed = request.terms_of_service_agreed,
               .terms = request.terms_of_service_agreed ? deps_.rules.terms_of_service : "",
               .created = now},
              true};
  if (binding) found.row.binding_json = request.external_account_binding->dump();
  const AccountRow wanted = found.row;
  const Allowance allowance = accounts_from(address, deps_.rules.limits.accounts);
  const auto work = [&, &key = key](store::Tx& tx) -> Result<void> {
    found.row = wanted;
    const bool is_blocked = TRY(tx.blocked_keys.contains(issuer::blocking_name(key)));
    if (is_blocked) return blocked();
    auto twin = TRY(tx.accounts.by_thumbprint(thumbprint));  // of this request, which was first (ACC-21)
    found.is_new = !twin;
    if (twin) {
      found.row = *std::move(twin);
      return {};
    }
    TRY(spend(tx, allowance, now));
    if (binding) found.row.eab_key = TRY(binding->spend(tx, now));
    const bool added = TRY(tx.accounts.insert(found.row));
    if (!added) return make_error(ErrorKind::internal, "a key is taken and has no account");
    return audit::append(tx, deps_.audit_chain, creation_of(found.row), now);
  };
  TRY(deps_.store.write(work));
  if (found.is_new) deps_.log.info("account_created", {{"account", found.row.id}, {"key", thumbprint}});
  return found;
}

// The account is deactivated by then, which alone keeps everything of it from going on; so an error here is only told.
void Accounts::close_rest(const store::Id& id, Time now) {
  bool all = false;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    all = TRY(close_some(tx, id, now));
    return {};
  };
  while (!all) {
    const auto done = deps_.store.write(work);
    if (done) continue;
    deps_.log.error("account_not_closed_whole", {{"account", id}, {"error", done.error().describe()}});
    return;
  }
}

Result<AccountRow> Accounts::update(const store::Id& id, const acme::AccountUpdate& update, Time now) {
  if (update.contact) TRY(acme::check_contacts(*update.contact));
  AccountRow row;
  bool all_closed = true;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    auto stored = TRY(tx.accounts.by_id(id));
    if (!stored || stored->status != acme::AccountStatus::valid) return inactive();
    row = *std::move(stored);
    if (update.contact) row.contact = *update.contact;
    if (update.deactivate) row.status = acme::AccountStatus::deactivated;
    TRY(tx.accounts.update(row));
    if (update.deactivate) all_closed = TRY(close_some(tx, id, now));
    return audit::append(tx, deps_.audit_chain, update_of(row), now);
  };
  TRY(deps_.store.write(work));
  if (!all_closed) close_rest(id, now);
  deps_.log.info(update.deactivate ? "account_deactivated" : "account_updated", {{"account", id}});
  return row;
}

Result<std::optional<store::Id>> Accounts::change_key(const AccountRow& account, const acme::KeyChange& change,
                                                      Time now) {
  TRY(check_key(change.new_key));
  const std::string thumbprint = jose::thumbprint(change.new_key);
  std::optional<store::Id> owner;
  const auto work = [&](store::Tx& tx) -> Result<void> {
    owner.reset();
    auto row = TRY(tx.accounts.by_id(account.id));
    if (!row || row->status != acme::AccountStatus::valid) return inactive();
    if (row->key_spki != change.old_key.spki()) {
      return acme::rejection(ProblemType::malformed, "oldKey is not the current key of the account");
    }
    const bool is_blocked = TRY(tx.blocked_keys.contains(issuer::blocking_name(change.new_key)));
    if (is_blocked) return blocked();
    const auto other = TRY(tx.accounts.by_thumbprint(thumbprint));
    if (other) {
      owner = other->id;
      return {};
    }
    row->thumbprint = thumbprint;
    row->key_spki = change.new_key.spki();
    TRY(tx.accounts.update(*row));
    return audit::append(tx, deps_.audit_chain,
                         {"account_key_changed", {{"account", row->id}, {"key", row->thumbprint}}}, now);
  };
  TRY(deps_.store.write(work));
  if (!owner) deps_.log.info("account_key_changed", {{"account", account.id}, {"key", thumbprint}});
  return owner;
}

}  // namespace crest::ca::ra
