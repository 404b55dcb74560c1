#include "config/ca_config_tables.hpp"

namespace crest::config {
namespace {

using ca::AuthorityOptions;
using ca::ra::Limit;
using ca::ra::Policy;

constexpr std::size_t rules_most = 10'000;
constexpr std::int64_t labels_most = 127;  // of a name in DNS

Result<void> read_accounts(TableReader& root, AuthorityOptions& options) {
  auto table = TRY(root.table("accounts"));
  if (!table) return {};
  options.eab_required = TRY(table->boolean("eab_required", options.eab_required));
  options.account_key_types = TRY(read_key_types(*table, "keys", options.account_key_types));
  for (const auto& fault : ca::faults_of(options)) {
    if (fault.option == "account_keys") return table->wrong("keys", fault.why);
  }
  return table->finish();
}

// Both lists hold names and networks; the first word that is neither is the error.
Result<Policy> read_policy(TableReader& table, std::string label) {
  ca::ra::PolicyWords words{.label = std::move(label), .allow = {}, .deny = {}};
  if (table.has("allow")) words.allow = TRY(table.strings("allow", {}));
  words.deny = TRY(table.strings("deny", {}));
  words.wildcards = TRY(table.boolean("wildcards", true));
  if (words.deny.size() > rules_most) return table.wrong("deny", "there are too many rules");
  if (words.allow && words.allow->size() > rules_most) return table.wrong("allow", "there are too many rules");
  auto policy = ca::ra::policy_from(words);
  if (policy) return policy;
  const auto denies = ca::ra::policy_from({.label = words.label, .allow = {}, .deny = words.deny});
  return table.wrong(denies ? "allow" : "deny", policy.error().message);
}

Result<void> read_scopes(TableReader& table, AuthorityOptions& options) {
  auto scopes = TRY(table.tables("only"));
  options.scoped_policies.clear();
  for (auto& scope : scopes) {
    ca::ra::ScopedPolicy scoped;
    scoped.who.account = TRY(scope.string("account", ""));
    scoped.who.eab_key = TRY(scope.string("eab_key", ""));
    scoped.who.profile = TRY(scope.string("profile", ""));
    if (scoped.who == ca::ra::Applicant{})
      return scope.wrong("account", "an account, an eab_key or a profile is expected");
    const auto offered = TRY(ca::profiles_of(options));
    if (!scoped.who.profile.empty() && !offered.has(scoped.who.profile))
      return scope.wrong("profile", "there is none of this name; there are " + offered.names());
    scoped.policy = TRY(read_policy(scope, "ca.toml, " + describe(scoped.who)));
    TRY(scope.finish());
    options.scoped_policies.push_back(std::move(scoped));
  }
  return {};
}

Result<void> read_policies(TableReader& root, AuthorityOptions& options) {
  auto table = TRY(root.table("policy"));
  if (!table) return {};
  options.policy = TRY(read_policy(*table, "ca.toml"));
  options.allow_reserved_names = TRY(table->boolean("reserved_names", options.allow_reserved_names));
  const auto labels = TRY(table->integer("labels_max", static_cast<std::int64_t>(options.labels_max), 1, labels_most));
  options.labels_max = static_cast<std::size_t>(labels);
  TRY(read_scopes(*table, options));
  return table->finish();
}

Result<Limit> read_limit(TableReader& table, const std::string& key, const Limit& fallback) {
  const auto text = TRY(table.string(key, to_text(fallback)));
  auto limit = ca::ra::limit_from_text(text);
  if (!limit) return table.wrong(key, limit.error().message);
  return limit;
}

Result<void> read_limits(TableReader& root, AuthorityOptions& options) {
  auto table = TRY(root.table("limits"));
  if (!table) return {};
  auto& limits = options.limits;
  limits.orders = TRY(read_limit(*table, "orders", limits.orders));
  limits.failed_validations = TRY(read_limit(*table, "failed_validations", limits.failed_validations));
  limits.accounts = TRY(read_limit(*table, "accounts", limits.accounts));
  return table->finish();
}

template <typename Rule>
void add_words(std::vector<std::string>& words, const std::vector<Rule>& rules) {
  for (const auto& rule : rules) words.push_back(rule.str());
}

std::string rules_text(const Policy& policy) {
  constexpr std::size_t width = 9;
  std::vector<std::string> allow, deny;
  add_words(allow, policy.allow);
  add_words(allow, policy.allow_networks);
  add_words(deny, policy.deny);
  add_words(deny, policy.deny_networks);
  return (policy.any_name ? "# allow  = [\"corp.example\", \"10.0.0.0/8\"]\n"
                          : line("allow", width, text_list(allow), "")) +
         line("deny", width, text_list(deny), "") + line("wildcards", width, truth(policy.wildcards), "");
}

std::string scope_text(const ca::ra::ScopedPolicy& scoped) {
  std::string out = "\n[[policy.only]]\n";
  for (const auto& [key, value] :
       {std::pair{"account", scoped.who.account}, {"eab_key", scoped.who.eab_key}, {"profile", scoped.who.profile}}) {
    if (!value.empty()) out += line(key, 9, quoted(value), "");
  }
  return out + rules_text(scoped.policy);
}

}  // namespace

Result<void> read_admission(TableReader& root, AuthorityOptions& options) {
  TRY(read_accounts(root, options));
  TRY(read_policies(root, options));
  return read_limits(root, options);
}

std::string admission_text(const AuthorityOptions& options) {
  constexpr std::size_t width = 18;
  std::string scopes;
  for (const auto& scoped : options.scoped_policies) scopes += scope_text(scoped);
  return "\n[accounts]\n" +
         line("eab_required", 12, truth(options.eab_required), "only for holders of a key of crest-ca eab create") +
         line("keys", 12, key_list(options.account_key_types), "") + "\n[limits]  # \"300 in 1h\", \"unlimited\"\n" +
         line("orders", width, quoted(to_text(options.limits.orders)), "of one account") +
         line("failed_validations", width, quoted(to_text(options.limits.failed_validations)),
              "of one account for one name") +
         line("accounts", width, quoted(to_text(options.limits.accounts)), "from one address") +
         "\n# Which names and addresses there may be certificates for; who asks must prove each one besides.\n"
         "# \"corp.example\" is that name and all below it, \"=app.corp.example\" that name alone, \"*.corp.example\" "
         "all\n"
         "# names one label below it. Without allow anything is allowed; deny comes first. [[policy.only]] with "
         "account, eab_key or profile narrows it for those.\n"
         "[policy]\n" +
         rules_text(options.policy) +
         line("reserved_names", width, truth(options.allow_reserved_names),
              "that no host has: .invalid, .alt, .arpa but for home.arpa") +
         line("labels_max", width, std::to_string(options.labels_max), "of one name") + scopes;
}

}  // namespace crest::config
