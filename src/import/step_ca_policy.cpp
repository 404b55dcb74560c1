// authority.policy of ca.json: names and addresses that there may, and may not, be certificates for.
#include "import/step_ca_parts.hpp"

namespace crest::import {
namespace {

using encoding::JsonReader;

// step-ca means by "a.example" that name alone and by "*.a.example" the names one label below it.
std::string name_word(const std::string& name) { return name.starts_with("*.") ? name : "=" + name; }

struct Words {
  std::vector<std::string> names, networks;
  bool others = false;  // rules on what crest-ca puts into no certificate
};

Result<Words> read_words(const JsonReader& rules, StepCaPlan& plan) {
  Words words;
  const auto names = TRY(rules.strings("dns"));
  for (const auto& name : names) words.names.push_back(name_word(name));
  words.networks = TRY(rules.strings("ip"));
  for (const char* kind : {"cn", "email", "uri"}) {
    const auto values = TRY(rules.strings(kind));
    words.others = words.others || !values.empty();
    if (values.empty()) continue;
    note_left(rules, kind, "certificates hold names and addresses that were proved, and nothing else", "nothing", plan);
  }
  note_unknown(rules, {"dns", "ip", "cn", "email", "uri"}, plan);
  return words;
}

Result<Words> read_words_of(const JsonReader& x509, std::string_view member, StepCaPlan& plan) {
  const auto rules = TRY(x509.optional_object(member));
  if (!rules) return Words{};
  return read_words(*rules, plan);
}

Result<ca::ra::Policy> policy_of(std::optional<std::vector<std::string>> allow, const std::vector<std::string>& deny,
                                 const std::string& path) {
  auto policy = ca::ra::policy_from({.label = "ca.toml", .allow = std::move(allow), .deny = deny});
  if (!policy) return cannot_take(path, policy.error().message);
  return policy;
}

std::vector<std::string> all_of(const Words& words) {
  auto all = words.names;
  all.insert(all.end(), words.networks.begin(), words.networks.end());
  return all;
}

// ca.toml has one list for both kinds.
void note_names_closed(const JsonReader& x509, StepCaPlan& plan) {
  plan.notes.push_back(
      {Note::Kind::changed, x509.path_of("allow"),
       "step-ca allowed any name that is not denied beside the addresses; a list in ca.toml allows what it "
       "has, so that no name is allowed now",
       "add your domains to allow in [policy]"});
}

}  // namespace

Result<void> read_policy(const JsonReader& policy, StepCaPlan& plan) {
  for (const char* kind : {"ssh", "host", "user"})
    note_left(policy, kind, "crest-ca issues no SSH certificates", "keep step-ca for them", plan);
  note_unknown(policy, {"x509", "ssh", "host", "user"}, plan);
  const auto x509 = TRY(policy.optional_object("x509"));
  if (!x509) return {};
  const auto allow = TRY(read_words_of(*x509, "allow", plan));
  const auto deny = TRY(read_words_of(*x509, "deny", plan));
  const auto wildcards = TRY(x509->optional_boolean("allowWildcardNames"));
  const auto literal = TRY(x509->optional_boolean("allowWildcardLiteral"));
  note_unknown(*x509, {"allow", "deny", "allowWildcardNames", "allowWildcardLiteral"}, plan);
  // A kind that no rule is about is allowed as long as no rule allows another kind.
  const bool allows = allow.others || !allow.names.empty() || !allow.networks.empty();
  const bool any_name = allow.names.empty() && (!deny.names.empty() || !allows);
  const bool any_address = allow.networks.empty() && (!deny.networks.empty() || !allows);
  auto words = all_of(allow);
  if (allows && any_address) words.insert(words.end(), {"0.0.0.0/0", "::/0"});
  if (allows && any_name) note_names_closed(*x509, plan);
  auto rules =
      TRY(policy_of(allows ? std::optional(words) : std::nullopt, all_of(deny), x509->path_of("allow and deny")));
  const bool is_policy = allows || !deny.names.empty() || !deny.networks.empty();
  rules.wildcards = !is_policy || wildcards.value_or(literal.value_or(false));
  plan.options.policy = std::move(rules);
  return {};
}

}  // namespace crest::import
