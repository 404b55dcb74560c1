// DnsPersist01 looks for a record that authorises an account for as long as it stands (draft-ietf-acme-dns-persist).
#pragma once

#include "ca/va/dns01.hpp"

namespace crest::ca::va {

class DnsPersist01 {
 public:
  static constexpr Duration reuse_max{10 * 24h};  // DNP-08
  // However short the record's TTL or what is left of it: an order at hand must be finalized yet.
  static constexpr Duration reuse_min{5min};

  enum class Draft { draft_01, draft_02 };  // what `accounturi` holds: the account's URL, or a hash that hides it
  struct Options {
    std::vector<std::string> issuer_names;  // lower case, no trailing dot; which ones are ours
    Draft draft = Draft::draft_01;
    std::string account_hash_prefix;     // draft -02: what the directory says
    std::vector<std::string> resolvers;  // empty: the resolver's own
  };
  struct Deps {
    dns::Resolver& resolver;
    Clock& clock;
  };
  DnsPersist01(Options options, Deps deps) : options_(std::move(options)), deps_(deps) {}

  // Blocks for at most validation_total_max; thread-safe.
  Verdict validate(const Claim& claim, std::stop_token stop) const;

 private:
  struct Finding;
  Finding judged(const std::string& record, const Claim& claim) const;
  std::string account_fault(const std::string& account_uri, const Claim& claim, bool& malformed) const;

  Options options_;
  Deps deps_;
};

}  // namespace crest::ca::va
