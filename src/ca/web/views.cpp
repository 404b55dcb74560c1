#include "ca/web/views.hpp"

#include "acme/problem.hpp"

namespace crest::ca::web {
namespace {

std::optional<Problem> problem_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto json = encoding::Json::parse(text);
  if (!json) return std::nullopt;
  auto problem = acme::problem_from_json(*json);
  return problem ? std::optional(*std::move(problem)) : std::nullopt;
}

}  // namespace

acme::Account view(const store::AccountRow& row, const Urls& urls) {
  acme::Account account{.status = row.status, .contact = row.contact};
  if (row.terms_agreed) account.terms_of_service_agreed = true;
  account.orders = urls.orders(row.id);
  if (auto binding = encoding::Json::parse(row.binding_json); binding && !row.binding_json.empty())
    account.external_account_binding = *std::move(binding);
  return account;
}

acme::Order view(const ra::OrderNow& order, const Urls& urls) {
  const auto& row = order.row;
  acme::Order out{.status = order.status,
                  .expires = row.expires,
                  .identifiers = row.identifiers,
                  .not_before = row.not_before,
                  .not_after = row.not_after,
                  .error = order.error};
  out.authorizations.reserve(row.authorizations.size());
  for (const auto& id : row.authorizations) out.authorizations.push_back(urls.authorization(id));
  if (!row.profile.empty()) out.profile = issuer::name_in_pin(row.profile);
  out.finalize = urls.finalize(row.id);
  if (!row.replaces.empty()) out.replaces = row.replaces;
  if (order.status == acme::OrderStatus::valid) out.certificate = urls.certificate(row.serial);
  return out;
}

acme::Challenge view(const store::AuthorizationRow& row, const store::ChallengeRow& challenge, const Urls& urls,
                     const va::PersistOptions& persist) {
  acme::Challenge out{.type = challenge.method,
                      .url = urls.challenge(row.id, challenge.method),
                      .status = challenge.status,
                      .validated = challenge.validated,
                      .error = problem_of(challenge.error_json)};
  if (challenge.method == acme::dns_persist_01) {
    out.issuer_domain_names = persist.issuer_names;
    if (persist.draft == va::DnsPersist01::Draft::draft_01) out.account_uri = urls.account(row.account);
  } else {
    out.token = row.token;
  }
  return out;
}

acme::Authorization view(const store::AuthorizationRow& row, const Urls& urls, const va::PersistOptions& persist) {
  acme::Authorization out{.identifier = row.identifier, .status = row.status, .expires = row.expires};
  out.wildcard = row.scope == store::Scope::wildcard;
  out.subdomain_auth_allowed = row.scope == store::Scope::subtree;
  for (const auto& challenge : row.challenges) out.challenges.push_back(view(row, challenge, urls, persist));
  return out;
}

}  // namespace crest::ca::web
