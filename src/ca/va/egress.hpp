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

struct EgressPolicy {
  std::vector<EgressRule> allow;  // may open loopback and private ranges, and nothing else that is denied
  std::vector<EgressRule> deny;   // comes first

  // "" when allowed, else why not. Metadata services, link-local, multicast and unspecified are always denied;
  // loopback and private ranges unless an allow rule names them. IPv4 inside IPv6 counts as what it is.
  std::string why_denied(const encoding::IpAddress& address, std::string_view identifier) const;
};

}  // namespace crest::ca::va
