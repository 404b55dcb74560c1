// Http01 asks a host for a token's key authorization (RFC 8555 section 8.3). With the resolver it is the only part of
// the CA that talks to strangers: it looks names up itself, checks every address, and connects to exactly one of them.
#pragma once

#include "ca/va/redirect.hpp"
#include "ca/va/targets.hpp"
#include "http/transport.hpp"

namespace crest::ca::va {

class Http01 {
 public:
  static constexpr Duration total_max = validation_total_max;
  static constexpr std::size_t body_bytes_max = 8u << 10;  // more is not read, and proves nothing
  static constexpr std::size_t body_bytes_kept = 128;
  static constexpr std::size_t excerpt_chars_max = 64;

  struct Options {
    std::uint16_t port = 80;
    std::vector<std::string> resolvers;  // empty: the resolver's own
    EgressPolicy egress;
  };
  struct Deps {
    dns::Resolver& resolver;
    http::Transport& transport;
    Clock& clock;
  };
  Http01(Options options, Deps deps) : options_(std::move(options)), deps_(deps) {}

  // Blocks for at most total_max; thread-safe.
  Verdict validate(const Claim& claim, std::stop_token stop) const;

 private:
  struct Fetched {
    http::Response response;
    std::string address;  // that it came from, and before it those that could not be reached; for people
  };
  std::variant<Fetched, Verdict> fetch(const encoding::Url& url, const std::string& identifier,
                                       const Deadline& deadline) const;

  Options options_;
  Deps deps_;
};

}  // namespace crest::ca::va
