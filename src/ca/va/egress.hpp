// The egress policy says which addresses validation may touch (SF40-SF43). Pure; asked for every address of every hop.
#pragma once

#include <string>
#include <vector>

#include "encoding/ip.hpp"

namespace crest::ca::va {

struct EgressRule {
  encoding::IpNetwork network;
  std::string name_suffix;  // "" any identifier; else "corp.example" and what is below it
};

// A place where this very process listens.
struct OwnListener {
  encoding::IpNetwork network;
  std::uint16_t port = 0;
};

struct EgressPolicy {
  std::vector<EgressRule> allow;  // may open loopback and private ranges, and nothing else that is denied
  std::vector<EgressRule> deny;   // comes first
  std::vector<OwnListener> own;   // never a target, whatever the rules say (SF41)

  // "" when allowed, else why not. Metadata services, link-local, multicast and unspecified are always denied;
  // loopback and private ranges unless an allow rule names them. IPv4 inside IPv6 counts as what it is.
  std::string why_denied(const encoding::IpAddress& address, std::string_view identifier) const;
  // "", or that this is the CA itself.
  std::string why_own(const encoding::IpAddress& address, std::uint16_t port) const;
};

}  // namespace crest::ca::va
