// A SystemResolver asks whatever the machine asks: /etc/hosts and the name servers of /etc/resolv.conf, by getaddrinfo.
#pragma once

#include <atomic>
#include <memory>

#include "dns/resolver.hpp"

namespace crest::adapters {

// A and AAAA only, and no servers of the caller's choice: both need a resolver that speaks DNS itself, and are an
// ErrorKind::dns that says so. TTLs are unknown to getaddrinfo and 0.
class SystemResolver final : public dns::Resolver {
 public:
  static constexpr int lookups_max = 64;  // at a time; the next ones are refused

  // Blocks for at most call.total, and ends at once with call.stop; thread-safe. A look-up that the caller did not
  // wait for ends on a thread of its own.
  Result<dns::Answer> query(std::string_view name, dns::RecordType type, const std::vector<std::string>& servers,
                            const Call& call) override;

 private:
  using Count = std::shared_ptr<std::atomic<int>>;  // outlives this with the last look-up
  Count under_way_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace crest::adapters
