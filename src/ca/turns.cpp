#include "ca/turns.hpp"

#include <algorithm>

#include "dns/name.hpp"
#include "encoding/ip.hpp"

namespace crest::ca {
namespace {

constexpr std::size_t owned_labels = 2;         // "corp.example"
constexpr std::size_t network_octets = 64 / 8;  // of an IPv6 address: what one host commonly has

std::size_t share_of(std::size_t all, std::size_t wanted) {
  return wanted == 0 ? std::max<std::size_t>(all / 2, 1) : std::min(wanted, all);
}

std::size_t value_of(const std::map<std::string, std::size_t>& counts, const std::string& key) {
  const auto at = counts.find(key);
  return at == counts.end() ? 0 : at->second;
}

void decrease(std::map<std::string, std::size_t>& counts, const std::string& key) {
  const auto at = counts.find(key);
  if (at != counts.end() && --at->second == 0) counts.erase(at);
}

std::string target_of_address(const encoding::IpAddress& address) {
  if (address.is_v4()) return address.str();
  Bytes octets = address.octets();
  std::fill(octets.begin() + network_octets, octets.end(), std::uint8_t{0});
  const auto network = encoding::IpAddress::from_octets(octets);
  return network ? network->str() + "/64" : address.str();
}

}  // namespace

TurnLimits turn_limits(std::size_t validations, std::size_t per_account, std::size_t per_target) {
  validations = std::max<std::size_t>(validations, 1);
  return {.validations_max = validations,
          .per_account_max = share_of(validations, per_account),
          .per_target_max = share_of(validations, per_target)};
}

std::string target_of(const acme::Identifier& identifier) {
  if (identifier.type == acme::IdentifierType::ip) {
    const auto address = encoding::IpAddress::parse(identifier.value);
    return address ? target_of_address(*address) : identifier.value;
  }
  const auto name = dns::Name::from_wire(identifier.base().value);
  if (!name || name->label_count() <= owned_labels) return identifier.base().value;
  return name->parent()->str();
}

void Turns::join(const store::Id& account) {
  const auto [at, is_new] = tickets_.emplace(account, next_ticket_);
  if (is_new) line_.emplace(next_ticket_++, account);
}

void Turns::leave(const store::Id& account) {
  const auto at = tickets_.find(account);
  if (at == tickets_.end()) return;
  line_.erase(at->second);
  tickets_.erase(at);
}

bool Turns::may_begin(const store::Id& account, const std::string& target) const {
  if (running_ >= limits_.validations_max) return false;
  if (value_of(by_account_, account) >= limits_.per_account_max) return false;
  return target.empty() || value_of(by_target_, target) < limits_.per_target_max;
}

void Turns::begin(const store::Id& account, const std::string& target) {
  ++running_;
  ++by_account_[account];
  if (!target.empty()) ++by_target_[target];
  if (!tickets_.contains(account)) return;
  leave(account);
  join(account);
}

void Turns::end(const store::Id& account, const std::string& target) {
  if (running_ > 0) --running_;
  decrease(by_account_, account);
  if (!target.empty()) decrease(by_target_, target);
}

}  // namespace crest::ca
