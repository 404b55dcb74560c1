// Caa asks whether the owner of a name lets this CA issue for it (RFC 8659, RFC 8657).
#pragma once

#include "ca/va/targets.hpp"
#include "dns/name.hpp"

namespace crest::ca::va {

class Caa {
 public:
  static constexpr Duration good_for{8h};  // then it must be asked again before issuing (CAA-14)

  struct Options {
    bool enabled = true;
    std::vector<std::string> identities;  // the names that a record may permit us by
    std::vector<std::string>
        exempt_zones;                    // "lab.corp.example": this name and all below it are not asked about (CAA-01)
    std::vector<std::string> resolvers;  // empty: the resolver's own
  };
  struct Deps {
    dns::Resolver& resolver;
    Clock& clock;
  };
  Caa(Options options, Deps deps) : options_(std::move(options)), deps_(deps) {}

  // No problem: issuing is permitted now, and for good_for where there was something to ask. A look-up that failed forbids, but is worth another attempt (CAA-13). Blocks for
  // at most validation_total_max; thread-safe.
  Verdict check(const Claim& claim, std::stop_token stop) const;

 private:
  bool is_exempt(const dns::Name& name) const;

  Options options_;
  Deps deps_;
};

}  // namespace crest::ca::va
