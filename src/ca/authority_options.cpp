// The one place that says which settings a CA can work with: ca.toml is checked by it, and so is every open().
#include <algorithm>
#include <set>

#include "ca/authority.hpp"
#include "encoding/url.hpp"

namespace crest::ca {
namespace {

constexpr std::size_t identifiers_most = 100, former_urls_most = 8, labels_most = 127;
constexpr Duration life_least{60'000}, order_life_most{366 * 24h};
constexpr Duration kept_least = 1h, certificates_kept_least = 24h, kept_most = 3650 * 24h;

bool is_between(Duration span, Duration least, Duration most) { return span >= least && span <= most; }

bool is_base(const std::string& text) {
  const auto url = encoding::Url::parse(text);
  return url && url->is_https() && url->target == "/" && !text.ends_with('/');
}

// Of its prefix a record holds no blank and no semicolon.
bool is_link_like(const std::string& text) {
  return encoding::Url::parse(text).has_value() && text.find_first_of("; \t") == std::string::npos;
}

bool is_link(const std::string& text) { return text.empty() || encoding::Url::parse(text).has_value(); }

}  // namespace

issuer::Profile profile_of_leaf(const AuthorityOptions& options) {
  return {.life = options.leaf_life,
          .life_max = options.leaf_life_max,
          .backdate = options.backdate,
          .key_types = options.leaf_key_types,
          .extended_usages = options.leaf_usages};
}

Result<issuer::ProfileSet> profiles_of(const AuthorityOptions& options) {
  std::vector<issuer::Profile> all;
  auto leaf = profile_of_leaf(options);
  if (options.default_profile == leaf.name) all.push_back(std::move(leaf));
  all.insert(all.end(), options.profiles.begin(), options.profiles.end());
  return issuer::ProfileSet::make(std::move(all), options.default_profile);
}

va::Validator::Options validation_of(const AuthorityOptions& options) {
  return {.methods = options.methods,
          .http01_port = options.http01_port,
          .tls_alpn01_port = options.tls_alpn01_port,
          .resolvers = options.resolvers,
          .egress = options.egress,
          .caa = options.caa,
          .persist = options.persist};
}

std::vector<OptionFault> faults_of(const AuthorityOptions& options) {
  std::vector<OptionFault> faults;
  const auto expect = [&](bool good, const char* option, std::string why) {
    if (!good) faults.push_back({option, std::move(why)});
  };
  expect(issuer::is_plain_name(options.name), "name",
         "it stands in every URL: 1 to 64 characters of a-z, 0-9 and - are expected");
  for (const auto& [option, why] : issuer::faults_of(profile_of_leaf(options)))
    faults.push_back({"leaf_" + option, why});
  for (const auto& profile : options.profiles) {
    for (const auto& [option, why] : issuer::faults_of(profile)) {
      faults.push_back({"profile." + profile.name + "." + option, why});
    }
  }
  for (const auto& [life, option] :
       {std::pair{options.order_life, "order_life"}, std::pair{options.authorization_life, "authorization_life"}}) {
    expect(is_between(life, life_least, order_life_most), option,
           "it must be at least a minute and at most " + to_human(order_life_most));
  }
  expect(options.former_urls.size() <= former_urls_most && std::ranges::all_of(options.former_urls, is_base),
         "former_urls", "at most 8 https URLs without a path are expected, such as \"https://old-ca.corp.example\"");
  expect(issuer::is_plain_name(options.node), "node", "1 to 64 characters of a-z, 0-9 and - are expected");
  expect(is_between(options.retention.orders, kept_least, kept_most), "retention.orders",
         "it must be at least an hour and at most " + to_human(kept_most));
  expect(is_between(options.retention.certificates, certificates_kept_least, kept_most), "retention.certificates",
         "it must be at least a day and at most " + to_human(kept_most));
  expect(std::ranges::count(options.account_key_types, crypto::KeyType::ec_p256) > 0, "account_keys",
         "every ACME server takes ES256 (RFC 8555 section 6.2); add \"ec-p256\"");
  expect(options.http01_port != 0, "http01_port", "a port from 1 to 65535 is expected");
  expect(options.identifiers_max >= 1 && options.identifiers_max <= identifiers_most, "identifiers_max",
         "a number from 1 to 100 is expected");
  expect(options.labels_max >= 1 && options.labels_max <= labels_most, "labels_max",
         "a number from 1 to 127 is expected");
  expect(
      options.persist.draft == va::DnsPersist01::Draft::draft_01 || is_link_like(options.persist.account_hash_prefix),
      "persist.account_hash_prefix",
      "draft 02 needs what all account hashes begin with: a URL of this CA, such as "
      "\"https://ca.corp.example/account/\"");
  expect(options.pending_orders_max >= 1, "pending_orders_max", "at least 1 is expected");
  expect(!options.subdomains || !options.caa.enabled, "subdomains",
         "CAA records below a domain that was proved are not asked for; set validation.caa = false, or leave it off");
  for (const auto& rule : options.perspectives) {
    const std::set<std::string> different(rule.validators.begin(), rule.validators.end());
    expect(!different.empty() && different.size() == rule.validators.size(), "perspectives.validators",
           "the names of validators are expected, each once");
    expect(rule.quorum <= rule.validators.size(), "perspectives.quorum", "there are not so many validators");
  }
  expect(is_link(options.terms_of_service), "terms_of_service", "an http or https URL is expected");
  expect(is_link(options.website), "website", "an http or https URL is expected");
  expect(is_link(options.incident_url), "incident_url", "an http or https URL is expected");
  for (const auto& [option, why] : status::faults_of(options.status)) faults.push_back({"status." + option, why});
  return faults;
}

}  // namespace crest::ca
