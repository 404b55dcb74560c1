// A Resolver asks name servers; the simulator's has zones that propagate late.
#pragma once

#include <string>
#include <vector>

#include "core/call.hpp"
#include "dns/record.hpp"

namespace crest::dns {

class Resolver {
 public:
  virtual ~Resolver() = default;
  // Follows CNAMEs. `servers` ("10.0.0.53", "[2001:db8::1]:5353") empty: the resolver's own. Errors: dns (SERVFAIL,
  // REFUSED, no answer), timeout. Blocks for at most call.total; thread-safe.
  virtual Result<Answer> query(std::string_view name, RecordType type, const std::vector<std::string>& servers,
                               const Call& call) = 0;
};

inline constexpr std::size_t addresses_max = 64;  // more of one name are passed over

// A and AAAA of `name`, IPv6 first, without doubles. One family failing is no error while the other answers;
// both empty: dns. Blocks for at most call.total.
Result<std::vector<encoding::IpAddress>> addresses(Resolver& resolver, std::string_view name,
                                                   const std::vector<std::string>& servers, const Call& call);

}  // namespace crest::dns
