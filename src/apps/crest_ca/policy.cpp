#include <algorithm>

#include "adapters/posix_disk.hpp"
#include "adapters/system_clock.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/verb.hpp"
#include "config/ca_folder.hpp"
#include "encoding/json.hpp"

namespace crest::apps::crest_ca {
namespace {

struct Explained {
  std::string name;
  ca::ra::Ruling ruling;
};

Result<ca::ra::Asker> asker(const PolicyExplain& flags, ca::store::Store& store) {
  ca::ra::Asker asker{.account = flags.account, .eab_key = {}};
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    std::string key = flags.eab_key;
    if (!flags.account.empty()) {
      const auto account = TRY(tx.accounts.by_id(flags.account));
      if (!account)
        return make_error(ErrorKind::usage, "no account has this id; it is the last part of the account's URL",
                          Untrusted(flags.account).printable(60));
      if (key.empty()) key = account->eab_key;
    }
    if (key.empty()) return {};
    asker.eab_key = TRY(tx.eab_keys.by_id(key));
    if (!asker.eab_key)
      return make_error(ErrorKind::usage, "there is no such key; crest-ca eab list shows those there are",
                        Untrusted(key).printable(60));
    return {};
  };
  TRY(store.read(work));
  return asker;
}

// Nullopt: none of them can sign yet, so that none has a say either.
Result<std::optional<ca::issuer::IssuerSet>> issuers_of(const config::CaConfig& config, const std::string& folder) {
  const auto disk = TRY(adapters::open_posix_disk(folder, {.create = false}));
  std::vector<ca::IssuingKey> issuers;
  for (const auto& issuer : config.issuers) {
    const bool is_active = issuer.state == ca::issuer::IssuerState::active;
    if (!is_active) continue;
    auto certificates = TRY(config::read_certificates(*disk, folder, issuer));
    issuers.push_back({std::move(certificates.chain), nullptr, std::move(certificates.root), issuer.name});
  }
  if (issuers.empty()) return std::optional<ca::issuer::IssuerSet>();
  auto set = TRY(ca::issuer::IssuerSet::without_keys(std::move(issuers)));
  return std::optional(std::move(set));
}

Result<std::vector<Explained>> explained(const PolicyExplain& flags) {
  const auto records = TRY(open_records(flags.folder));
  const auto who = TRY(asker(flags, *records.store));
  const auto issuers = TRY(issuers_of(records.config, flags.folder));
  const auto profile = flags.profile.empty() ? std::nullopt : std::optional(flags.profile);
  const Time now = adapters::SystemClock().now();
  std::vector<Explained> all;
  for (const auto& name : flags.names) {
    const auto identifier = acme::identifier_from_user(name);
    if (!identifier) {
      all.push_back({Untrusted(name).printable(260), {false, identifier.error().message}});
      continue;
    }
    auto ruling =
        TRY(ca::ruling_on(*identifier, profile, who, records.config.authority, issuers ? &*issuers : nullptr, now));
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
