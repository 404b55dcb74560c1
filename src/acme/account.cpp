#include "acme/account.hpp"

#include <algorithm>

#include "acme/members.hpp"
#include "acme/problem.hpp"
#include "acme/status_words.hpp"

namespace crest::acme {
namespace {

using encoding::Json;
using encoding::JsonReader;

std::optional<Json> binding_member(const JsonReader& reader) {
  const Json* binding = reader.json().find("externalAccountBinding");
  return binding ? std::optional(*binding) : std::nullopt;
}

Result<NewAccount> read_new_account(const Json& json) {
  const JsonReader reader = TRY(JsonReader::of(json));
  NewAccount request;
  request.contact = TRY(reader.strings("contact"));
  const auto agreed = TRY(reader.optional_boolean("termsOfServiceAgreed"));
  const auto existing = TRY(reader.optional_boolean("onlyReturnExisting"));
  request.terms_of_service_agreed = agreed.value_or(false);
  request.only_return_existing = existing.value_or(false);
  request.external_account_binding = binding_member(reader);
  return request;
}

Result<AccountUpdate> read_account_update(const Json& json) {
  const JsonReader reader = TRY(JsonReader::of(json));
  AccountUpdate update;
  if (reader.has("contact")) {
    std::vector<std::string> contact = TRY(reader.strings("contact"));
    update.contact = std::move(contact);
  }
  const Json* status = json.find("status");  // any other value is ignored (ACC-11)
  update.deactivate = status && *status == Json(to_string(AccountStatus::deactivated));
  return update;
}

}  // namespace

Json to_json(const Account& account) {
  Json json = Json::object();
  json.set("status", to_string(account.status));
  if (!account.contact.empty()) json.set("contact", Json::strings(account.contact));
  if (account.terms_of_service_agreed) json.set("termsOfServiceAgreed", *account.terms_of_service_agreed);
  if (account.external_account_binding) json.set("externalAccountBinding", *account.external_account_binding);
  if (account.orders) json.set("orders", *account.orders);
  return json;
}

Result<Account> account_from_json(const Json& json) {
  const JsonReader reader = TRY(JsonReader::of(json));
  Account account;
  const auto status = TRY(optional_word_member(reader, "status", account_words));
  account.status = status.value_or(AccountStatus::valid);
  account.contact = TRY(reader.strings("contact"));
  account.terms_of_service_agreed = TRY(reader.optional_boolean("termsOfServiceAgreed"));
  account.orders = TRY(optional_url_member(reader, "orders"));
  account.external_account_binding = binding_member(reader);
  return account;
}

Json to_json(const NewAccount& request) {
  Json json = Json::object();
  if (!request.contact.empty()) json.set("contact", Json::strings(request.contact));
  if (request.terms_of_service_agreed) json.set("termsOfServiceAgreed", true);
  if (request.only_return_existing) json.set("onlyReturnExisting", true);
  if (request.external_account_binding) json.set("externalAccountBinding", *request.external_account_binding);
  return json;
}

Result<NewAccount> new_account_from_json(const Json& json) {
  auto request = read_new_account(json);
  if (!request) return as_rejection(request.error());
  return request;
}

Json to_json(const AccountUpdate& request) {
  Json json = Json::object();
  if (request.contact) json.set("contact", Json::strings(*request.contact));
  if (request.deactivate) json.set("status", to_string(AccountStatus::deactivated));
  return json;
}

Result<AccountUpdate> account_update_from_json(const Json& json) {
  auto update = read_account_update(json);
  if (!update) return as_rejection(update.error());
  return update;
}

}  // namespace crest::acme
