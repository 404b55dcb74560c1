#include <algorithm>

#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/verb.hpp"
#include "encoding/json.hpp"

namespace crest::apps::crest_ca {
namespace {

struct Explained {
  std::string name;
  ca::ra::Ruling ruling;
};

struct Asker {
  ca::ra::Applicant who;
  std::optional<ca::store::EabKeyRow> eab_key;
};

Result<Asker> asker(const PolicyExplain& flags, ca::store::Store& store) {
  Asker asker{{flags.account, flags.eab_key, flags.profile}, {}};
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    if (!flags.account.empty()) {
      const auto account = TRY(tx.accounts.by_id(flags.account));
      if (!account)
        return make_error(ErrorKind::usage, "no account has this id; it is the last part of the account's URL",
                          Untrusted(flags.account).printable(60));
      if (flags.eab_key.empty()) asker.who.eab_key = account->eab_key;
    }
    if (asker.who.eab_key.empty()) return {};
    asker.eab_key = TRY(tx.eab_keys.by_id(asker.who.eab_key));
    if (!asker.eab_key)
      return make_error(ErrorKind::usage, "there is no such key; crest-ca eab list shows those there are",
                        Untrusted(asker.who.eab_key).printable(60));
    return {};
  };
  TRY(store.read(work));
  return asker;
}

Result<std::vector<Explained>> explained(const PolicyExplain& flags) {
  const auto records = TRY(open_records(flags.folder));
  const auto who = TRY(asker(flags, *records.store));
  std::vector<Explained> all;
  for (const auto& name : flags.names) {
    const auto identifier = acme::identifier_from_user(name);
    if (!identifier) {
      all.push_back({Untrusted(name).printable(260), {false, identifier.error().message}});
      continue;
    }
    auto ruling = TRY(ca::ruling_on(*identifier, records.config.authority, who.who, who.eab_key));
    all.push_back({identifier->value, std::move(ruling)});
  }
  return all;
}

void say_all(const std::vector<Explained>& all, bool json) {
  encoding::Json names = encoding::Json::array();
  for (const auto& [name, ruling] : all) {
    if (!json) say(name + ": " + (ruling.allowed ? "allowed" : "refused") + ", " + ruling.why);
    names.push(encoding::Json::object().set("name", name).set("allowed", ruling.allowed).set("why", ruling.why));
  }
  if (json) say(encoding::Json::object().set("names", std::move(names)).dump());
}

}  // namespace

int run(const PolicyExplain& flags) {
  const auto all = explained(flags);
  if (!all) return report(all.error());
  say_all(*all, flags.json);
  const bool one_refused = std::ranges::any_of(*all, [](const Explained& one) { return !one.ruling.allowed; });
  return one_refused && flags.detailed_exit_code ? 1 : 0;
}

}  // namespace crest::apps::crest_ca
