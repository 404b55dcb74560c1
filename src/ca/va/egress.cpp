#include "ca/va/egress.hpp"

#include <array>

namespace crest::ca::va {
namespace {

using encoding::IpAddress;
using encoding::IpNetwork;

enum class Rank { never, by_rule };
struct Special {
  const char* network;
  Rank rank;
  const char* what;
};

// Ranges of the special-purpose registries (RFC 6890) that name something near the CA rather than a host to validate,
// and the metadata services of the large clouds. The first match counts.
constexpr std::array specials{
    Special{"169.254.0.0/16", Rank::never, "link-local, where cloud metadata services live"},
    Special{"100.100.100.200/32", Rank::never, "a cloud metadata service"},
    Special{"168.63.129.16/32", Rank::never, "a cloud metadata service"},
    Special{"192.0.0.0/24", Rank::never, "reserved for protocol assignments"},
    Special{"0.0.0.0/8", Rank::never, "the unspecified network"},
    Special{"224.0.0.0/4", Rank::never, "multicast"},
    Special{"240.0.0.0/4", Rank::never, "reserved or broadcast"},
    Special{"127.0.0.0/8", Rank::by_rule, "loopback"},
    Special{"10.0.0.0/8", Rank::by_rule, "a private range"},
    Special{"172.16.0.0/12", Rank::by_rule, "a private range"},
    Special{"192.168.0.0/16", Rank::by_rule, "a private range"},
    Special{"100.64.0.0/10", Rank::by_rule, "shared address space"},
    Special{"198.18.0.0/15", Rank::by_rule, "a range for measurements, in use inside of networks"},
    Special{"192.88.99.0/24", Rank::by_rule, "the relays of 6to4"},
    Special{"::/128", Rank::never, "the unspecified address"},
    Special{"fe80::/10", Rank::never, "link-local"},
    Special{"ff00::/8", Rank::never, "multicast"},
    Special{"fd00:ec2::254/128", Rank::never, "a cloud metadata service"},
    Special{"fd20:ce::254/128", Rank::never, "a cloud metadata service"},
    Special{"2001::/32", Rank::never, "a Teredo tunnel"},
    Special{"64:ff9b:1::/48", Rank::never, "a local translation prefix"},
    Special{"2001::/23", Rank::by_rule, "reserved for protocol assignments"},
    Special{"100::/64", Rank::by_rule, "a range that is thrown away"},
    Special{"::1/128", Rank::by_rule, "loopback"},
    Special{"fc00::/7", Rank::by_rule, "a private range"},
    Special{"fec0::/10", Rank::by_rule, "a private range"},
};

struct Range {
  IpNetwork network;
  Special special;
};

const std::vector<Range>& ranges() {
  static const std::vector<Range> all = [] {
    std::vector<Range> out;
    for (const auto& special : specials) out.push_back({IpNetwork::parse(special.network).value(), special});
    return out;
  }();
  return all;
}

bool covers_name(std::string_view suffix, std::string_view identifier) {
  if (suffix.empty() || identifier == suffix) return true;
  return identifier.size() > suffix.size() && identifier.ends_with(suffix) &&
         identifier[identifier.size() - suffix.size() - 1] == '.';
}

bool matches(const std::vector<EgressRule>& rules, const IpAddress& address, std::string_view identifier) {
  for (const auto& rule : rules) {
    if (rule.network.contains(address) && covers_name(rule.name_suffix, identifier)) return true;
  }
  return false;
}

}  // namespace

std::string EgressPolicy::why_own(const IpAddress& address, std::uint16_t port) const {
  for (const auto& listener : own) {
    const bool meets = listener.network.contains(address) || listener.network.contains(address.unmapped());
    if (meets && listener.port == port) {
      return address.str() + " port " + std::to_string(port) + " is the CA itself, which is never validated";
    }
  }
  return {};
}

std::string EgressPolicy::why_denied(const IpAddress& address, std::string_view identifier) const {
  const IpAddress real = address.unmapped();
  if (matches(deny, real, identifier) || matches(deny, address, identifier)) {
    return address.str() + " is denied by a rule of the egress policy";
  }
  for (const auto& [network, special] : ranges()) {
    if (!network.contains(real)) continue;
    const std::string text = address.str() + " is " + special.what;
    if (special.rank == Rank::never) return text + ", which is never validated";
    if (matches(allow, real, identifier)) return {};
    return text + ", which needs an allow rule in the egress policy";
  }
  return {};
}

}  // namespace crest::ca::va
