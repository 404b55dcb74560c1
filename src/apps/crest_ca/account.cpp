// crest-ca account: what a person does with an account in its holder's place.
#include "adapters/system_clock.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/ra/accounts.hpp"
#include "encoding/json.hpp"

namespace crest::apps::crest_ca {
namespace {

constexpr const char* operator_name = "the operator";

Result<ca::store::AccountRow> account_in(ca::store::Tx& tx, const std::string& id) {
  auto row = TRY(tx.accounts.by_id(id));
  if (row && row->status == acme::AccountStatus::valid) return *std::move(row);
  return make_error(ErrorKind::usage, row ? "the account is no longer valid" : "there is no such account",
                    Untrusted(id).printable(60));
}

// The id, or the URL that ends in it, as clients show it.
std::string id_of(const std::string& text) { return text.substr(text.rfind('/') + 1); }

Result<void> agree(const AccountAgree& flags) {
  const auto records = TRY(open_records(flags.folder));
  const std::string& terms = records.config.authority.terms_of_service;
  if (terms.empty()) {
    return make_error(ErrorKind::usage,
                      "ca.toml has no terms of service to agree to: see terms_of_service in [directory]", flags.folder);
  }
  const Time now = adapters::SystemClock().now();
  const std::string id = id_of(flags.account);
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    auto row = TRY(account_in(tx, id));
    if (row.terms == terms) return {};
    return ca::ra::agree_to_terms(tx, row, terms, operator_name, records.config.authority.node, now);
  };
  TRY(records.store->write(work));
  if (flags.json) {
    say(encoding::Json::object().set("account", id).set("terms", terms).dump());
  } else {
    say("The account " + id + " has agreed to " + terms + ".");
  }
  return {};
}

}  // namespace

int run(const AccountAgree& flags) {
  const auto done = agree(flags);
  return done ? 0 : report(done.error());
}

}  // namespace crest::apps::crest_ca
