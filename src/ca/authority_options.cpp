// The one place that says which settings a CA can work with: ca.toml is checked by it, and so is every open().
#include <algorithm>

#include "ca/authority.hpp"
#include "encoding/url.hpp"

namespace crest::ca {
namespace {

constexpr std::size_t name_chars_max = 64, identifiers_most = 100;
constexpr Duration life_least{60'000}, leaf_life_most{3650 * 24h}, order_life_most{366 * 24h};

bool is_plain_name(const std::string& name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= name_chars_max && std::ranges::all_of(name, is_plain);
}

bool is_between(Duration span, Duration least, Duration most) { return span >= least && span <= most; }

bool is_link(const std::string& text) { return text.empty() || encoding::Url::parse(text).has_value(); }

}  // namespace

std::vector<OptionFault> faults_of(const AuthorityOptions& options) {
  std::vector<OptionFault> faults;
  const auto expect = [&](bool good, const char* option, std::string why) {
    if (!good) faults.push_back({option, std::move(why)});
  };
  expect(is_plain_name(options.name), "name",
         "it stands in every URL: 1 to 64 characters of a-z, 0-9 and - are expected");
  expect(is_between(options.leaf_life_max, life_least, leaf_life_most), "leaf_life_max",
         "it must be at least a minute and at most " + to_human(leaf_life_most));
  expect(options.leaf_life >= life_least, "leaf_life", "it must be at least a minute");
  expect(options.leaf_life <= options.leaf_life_max, "leaf_life", "it is longer than life_max");
  expect(options.backdate >= 0s && options.backdate * 3 <= options.leaf_life, "backdate",
         "it must be at most a third of the life, or a certificate would be due when it is issued");
  expect(!options.leaf_key_types.empty(), "leaf_key_types", "at least one type of key is expected");
  expect(!options.leaf_usages.empty(), "leaf_usages", "at least one usage is expected");
  for (const auto& [life, option] :
       {std::pair{options.order_life, "order_life"}, std::pair{options.authorization_life, "authorization_life"}}) {
    expect(is_between(life, life_least, order_life_most), option,
           "it must be at least a minute and at most " + to_human(order_life_most));
  }
  expect(options.http01_port != 0, "http01_port", "a port from 1 to 65535 is expected");
  expect(options.identifiers_max >= 1 && options.identifiers_max <= identifiers_most, "identifiers_max",
         "a number from 1 to 100 is expected");
  expect(options.pending_orders_max >= 1, "pending_orders_max", "at least 1 is expected");
  expect(is_link(options.terms_of_service), "terms_of_service", "an http or https URL is expected");
  expect(is_link(options.website), "website", "an http or https URL is expected");
  return faults;
}

}  // namespace crest::ca
