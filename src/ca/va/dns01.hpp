// Dns01 looks for a key authorization's digest in DNS: dns-01 (RFC 8555 section 8.4) and dns-account-01
// (draft-ietf-acme-dns-account-label), which differ in the name alone.
#pragma once

#include "ca/va/targets.hpp"

namespace crest::ca::va {

struct TxtValues {
  std::vector<std::string> values;  // strings of a record joined
  Duration ttl{0};                  // the least of them
  bool name_exists = true;
};
// The TXT records of `name`, aliases followed. Nothing there is no values; the verdict is what kept them from being
// found, and worth another attempt.
std::variant<TxtValues, Verdict> txt_values(dns::Resolver& resolver, const std::vector<std::string>& servers,
                                            const std::string& name, const Deadline& deadline);

class Dns01 {
 public:
  struct Deps {
    dns::Resolver& resolver;
    Clock& clock;
  };
  // `resolvers` empty: the resolver's own.
  Dns01(std::vector<std::string> resolvers, Deps deps) : resolvers_(std::move(resolvers)), deps_(deps) {}

  // Blocks for at most validation_total_max; thread-safe. claim.method says which of the two it is.
  Verdict validate(const Claim& claim, std::stop_token stop) const;

 private:
  std::vector<std::string> resolvers_;
  Deps deps_;
};

}  // namespace crest::ca::va
