#include <algorithm>

#include "adapters/system_clock.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/verb.hpp"
#include "ca/audit/writer.hpp"
#include "ca/ra/bindings.hpp"
#include "ca/ra/policy.hpp"
#include "crypto/digest.hpp"
#include "encoding/base64.hpp"
#include "encoding/json.hpp"

namespace crest::apps::crest_ca {
namespace {

using ca::store::EabKeyRow;

constexpr std::size_t label_chars_max = 100, page = 100, keys_most = 1'000'000;
constexpr Duration life_most{3660 * 24h};

Result<void> check(const EabCreate& flags, const config::CaConfig& config) {
  if (flags.label.empty() || flags.label.size() > label_chars_max)
    return make_error(ErrorKind::usage, "--label says whose key it is, in 1 to 100 characters");
  if (flags.accounts == 0) return make_error(ErrorKind::usage, "--accounts: at least 1 is expected");
  const auto policy = ca::ra::policy_from({.label = flags.label, .allow = flags.allow, .deny = {}});
  if (!policy) return make_error(ErrorKind::usage, "--allow: " + policy.error().message);
  const auto offered = TRY(ca::profiles_of(config.authority));
  for (const auto& name : flags.profiles) {
    if (offered.has(name)) continue;
    return make_error(ErrorKind::usage, "--profile: there is no profile \"" + Untrusted(name).printable(60) +
                                            "\" in ca.toml; it has " + offered.names());
  }
  return {};
}

Result<std::optional<Time>> expiry(const std::string& text, Time now) {
  if (text.empty()) return std::optional<Time>();
  const auto life = duration_from_text(text);
  if (!life || *life <= Duration{0} || *life > life_most)
    return make_error(ErrorKind::usage, "--expires: a time from now is expected, such as \"30d\"");
  return std::optional(now + *life);
}

encoding::Json texts(const std::vector<std::string>& all) {
  encoding::Json out = encoding::Json::array();
  for (const auto& text : all) out.push(text);
  return out;
}

std::string state_of(const EabKeyRow& row, Time now) {
  if (row.revoked) return "revoked";
  if (row.expires && now >= *row.expires) return "expired";
  return row.accounts >= row.accounts_max ? "used" : "free";
}

encoding::Json to_json(const EabKeyRow& row, Time now) {
  encoding::Json out = encoding::Json::object();
  out.set("key_id", row.id).set("label", row.label).set("state", state_of(row, now));
  out.set("allow", texts(row.allow)).set("profiles", texts(row.profiles));
  out.set("accounts", static_cast<std::int64_t>(row.accounts));
  out.set("accounts_max", static_cast<std::int64_t>(row.accounts_max));
  out.set("created", to_rfc3339(row.created));
  if (row.expires) out.set("expires", to_rfc3339(*row.expires));
  if (row.revoked) out.set("revoked", to_rfc3339(*row.revoked));
  return out;
}

std::string joined_with_commas(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& text : all) out += (out.empty() ? "" : ", ") + text;
  return out;
}

std::string line_of(const EabKeyRow& row, Time now) {
  std::string line = row.id + "  " + state_of(row, now) + ", " + std::to_string(row.accounts) + " of " +
                     std::to_string(row.accounts_max) + " accounts, " + Untrusted(row.label).printable(label_chars_max);
  if (!row.allow.empty()) line += ", for " + joined_with_commas(row.allow);
  if (!row.profiles.empty()) line += ", profiles " + joined_with_commas(row.profiles);
  if (row.expires) line += ", until " + to_rfc3339(*row.expires);
  return line;
}

void say_new_key(const EabKeyRow& row, bool json, Time now) {
  const std::string mac_key = encoding::base64url(row.mac_key);
  if (json) {
    auto out = to_json(row, now);
    out.set("mac_key", mac_key);
    say(out.dump());
    return;
  }
  say("A new key for " + Untrusted(row.label).printable(label_chars_max) + ":");
  say("  key id   " + row.id);
  say("  MAC key  " + mac_key);
  say("Whoever has both can open " + std::to_string(row.accounts_max) +
      (row.accounts_max == 1 ? " account" : " accounts") + "; the MAC key is not shown again.");
}

Result<void> create(const EabCreate& flags) {
  const auto records = TRY(open_records(flags.folder));
  TRY(check(flags, records.config));
  adapters::SystemClock clock;
  crypto::SystemRandom random;
  const Time now = clock.now();
  auto row = ca::ra::new_eab_key(flags.label, random, now);
  row.expires = TRY(expiry(flags.expires, now));
  row.allow = flags.allow;
  row.profiles = flags.profiles;
  row.accounts_max = flags.accounts;
  const std::string& chain = records.config.authority.node;
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    const bool is_new = TRY(tx.eab_keys.insert(row));
    if (!is_new) return make_error(ErrorKind::internal, "the key id is taken; try again");
    return ca::audit::append(tx, chain, {"eab_key_created", {{"key", row.id}, {"label", row.label}}}, now);
  };
  TRY(records.store->write(work));
  say_new_key(row, flags.json, now);
  return {};
}

Result<std::vector<EabKeyRow>> all_keys(ca::store::Store& store) {
  std::vector<EabKeyRow> all;
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    for (std::string after; all.size() < keys_most;) {
      auto rows = TRY(tx.eab_keys.list(after, page));
      if (rows.empty()) break;
      after = rows.back().id;
      std::ranges::move(rows, std::back_inserter(all));
    }
    return {};
  };
  TRY(store.read(work));
  return all;
}

Result<void> list(const EabList& flags) {
  const auto records = TRY(open_records(flags.folder));
  const auto keys = TRY(all_keys(*records.store));
  const Time now = adapters::SystemClock().now();
  encoding::Json out = encoding::Json::array();
  for (const auto& row : keys) {
    if (flags.json)
      out.push(to_json(row, now));
    else
      say(line_of(row, now));
  }
  if (flags.json) say(encoding::Json::object().set("keys", std::move(out)).dump());
  if (!flags.json && keys.empty()) say("There are no keys; crest-ca eab create makes one.");
  return {};
}

Result<void> revoke(const EabRevoke& flags) {
  const auto records = TRY(open_records(flags.folder));
  const Time now = adapters::SystemClock().now();
  std::optional<EabKeyRow> row;
  const auto work = [&](ca::store::Tx& tx) -> Result<void> {
    row = TRY(tx.eab_keys.by_id(flags.key_id));
    if (!row)
      return make_error(ErrorKind::usage, "there is no such key; crest-ca eab list shows those there are",
                        Untrusted(flags.key_id).printable(60));
    if (row->revoked) return {};
    row->revoked = now;
    TRY(tx.eab_keys.update(*row));
    return ca::audit::append(tx, records.config.authority.node, {"eab_key_revoked", {{"key", row->id}}}, now);
  };
  TRY(records.store->write(work));
  if (flags.json) {
    say(to_json(*row, now).dump());
    return {};
  }
  say("The key " + row->id + " opens no account any more. The " + std::to_string(row->accounts) +
      " made with it stay, within the names it allowed.");
  return {};
}

int exit_code(const Result<void>& done) { return done ? 0 : report(done.error()); }

}  // namespace

int run(const EabCreate& flags) { return exit_code(create(flags)); }
int run(const EabList& flags) { return exit_code(list(flags)); }
int run(const EabRevoke& flags) { return exit_code(revoke(flags)); }

}  // namespace crest::apps::crest_ca
