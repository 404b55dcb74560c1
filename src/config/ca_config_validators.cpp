// [validator.<name>] and [[perspective]]: from where else proofs are looked at.
#include <set>

#include "config/ca_config_tables.hpp"
#include "dns/name.hpp"

namespace crest::config {
namespace {

using ca::va::PerspectiveRule;

constexpr std::size_t validators_most = 16, places_most = 1'000;
constexpr Duration timeout_least{1'000}, timeout_most{60'000};

Result<ValidatorSettings> read_validator(TableReader& table, const std::string& name) {
  ValidatorSettings validator{.name = name};
  validator.url = TRY(table.string("url", ""));
  if (!is_base_url(validator.url)) {
    return table.wrong("url",
                       "an https URL without a path is expected, such as \"https://validator.corp.example:9443\"");
  }
  for (const auto& [key, place] :
       {std::pair{"trust", &validator.trust}, {"certificate", &validator.certificate}, {"key", &validator.key}}) {
    *place = TRY(table.string(key, ""));
    if (place->empty()) return table.wrong(key, "a PEM file is expected; each end knows the other by its certificate");
  }
  validator.timeout = TRY(table.duration("timeout", validator.timeout));
  if (validator.timeout < timeout_least || validator.timeout > timeout_most) {
    return table.wrong("timeout", "from a second to a minute is expected");
  }
  TRY(table.finish());
  return validator;
}

// Domains and networks in one list, as in [policy].
Result<void> read_only_for(TableReader& table, PerspectiveRule& rule) {
  const auto places = TRY(table.strings("only_for", {}));
  if (places.size() > places_most) return table.wrong("only_for", "there are too many");
  for (const auto& text : places) {
    if (auto network = encoding::IpNetwork::parse(text)) {
      rule.networks.push_back(*std::move(network));
      continue;
    }
    const auto name = dns::Name::from_user(text);
    if (!name) return table.wrong("only_for", "a domain or a network is expected, not \"" + text + "\"");
    rule.suffixes.push_back(name->str());
  }
  return {};
}

Result<void> check_validators(const TableReader& table, const PerspectiveRule& rule,
                              const std::vector<ValidatorSettings>& there) {
  if (rule.validators.empty()) return table.wrong("validators", "names of [validator.<name>] tables are expected");
  std::set<std::string> seen;
  for (const auto& name : rule.validators) {
    if (!seen.insert(name).second) return table.wrong("validators", "\"" + name + "\" stands there twice");
    bool known = false;
    for (const auto& each : there) known = known || each.name == name;
    if (!known) return table.wrong("validators", "there is no [validator." + name + "]");
  }
  return {};
}

Result<PerspectiveRule> read_perspective(TableReader& table, const std::vector<ValidatorSettings>& there) {
  PerspectiveRule rule;
  TRY(read_only_for(table, rule));
  rule.validators = TRY(table.strings("validators", {}));
  TRY(check_validators(table, rule, there));
  rule.local = TRY(table.boolean("local", true));
  const auto usual = static_cast<std::int64_t>(ca::va::usual_quorum(rule.validators.size()));
  const auto quorum = TRY(table.integer("quorum", usual, 1, static_cast<std::int64_t>(rule.validators.size())));
  rule.quorum = static_cast<std::size_t>(quorum);
  TRY(table.finish());
  return rule;
}

std::string validator_text(const ValidatorSettings& validator) {
  constexpr std::size_t width = 11;
  return "\n[validator." + validator.name + "]\n" + line("url", width, quoted(validator.url), "") +
         line("trust", width, quoted(validator.trust), "") +
         line("certificate", width, quoted(validator.certificate), "") + line("key", width, quoted(validator.key), "") +
         line("timeout", width, quoted(validator.timeout), "");
}

std::string perspective_text(const PerspectiveRule& rule) {
  constexpr std::size_t width = 10;
  std::vector<std::string> places = rule.suffixes;
  for (const auto& network : rule.networks) places.push_back(network.str());
  return "\n[[perspective]]\n" + (places.empty() ? "" : line("only_for", width, text_list(places), "")) +
         line("validators", width, text_list(rule.validators), "") + line("local", width, truth(rule.local), "") +
         line("quorum", width, std::to_string(rule.quorum), "");
}

}  // namespace

Result<void> read_validators(TableReader& root, CaConfig& config) {
  auto tables = TRY(root.named_tables("validator"));
  if (tables.size() > validators_most) return root.wrong("validator", "at most 16 validators are allowed");
  for (auto& [name, table] : tables) {
    if (!ca::issuer::is_plain_name(name)) {
      return root.wrong("validator", "the name of a validator has 1 to 64 characters of a-z, 0-9 and -");
    }
    auto validator = TRY(read_validator(table, name));
    config.validators.push_back(std::move(validator));
  }
  auto perspectives = TRY(root.tables("perspective"));
  for (auto& table : perspectives) {
    auto rule = TRY(read_perspective(table, config.validators));
    config.authority.perspectives.push_back(std::move(rule));
  }
  return {};
}

std::string validators_text(const CaConfig& config) {
  std::string out =
      "\n# A crest-ca validator elsewhere in the network looks at proofs, too: so that one lying network path is not\n"
      "# enough, or for a segment that this CA cannot reach. The first [[perspective]] that names an identifier "
      "holds.\n"
      "# [validator.dmz]\n"
      "# url         = \"https://validator.dmz.corp.example:9443\"\n"
      "# trust       = \"roots.pem\"          # who vouches for it\n"
      "# certificate = \"dmz-client.pem\"     # what this CA shows\n"
      "# key         = \"dmz-client.key\"\n"
      "# [[perspective]]\n"
      "# only_for    = [\"dmz.corp.example\", \"10.8.0.0/16\"]   # without it: everything\n"
      "# validators  = [\"dmz\"]\n"
      "# local       = false                # the CA need not see the proof itself\n"
      "# quorum      = 1                    # of the validators; all of one, one less of 2 to 5, two less of more\n";
  for (const auto& validator : config.validators) out += validator_text(validator);
  for (const auto& rule : config.authority.perspectives) out += perspective_text(rule);
  return out;
}

}  // namespace crest::config
