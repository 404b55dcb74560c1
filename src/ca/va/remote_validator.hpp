// A RemoteValidator is another place in the network that is asked to look at a proof, over mutual TLS (SF51).
#pragma once

#include "ca/va/verdict.hpp"
#include "http/transport.hpp"

namespace crest::ca::va {

class RemoteValidator {
 public:
  static constexpr const char* path = "/validate";
  static constexpr Duration timeout_usual{25'000};  // what a validation may take, and the way there and back

  struct Options {
    std::string name;  // as ca.toml calls it
    std::string url;   // "https://validator.dmz.corp.example:9443", without a path
    Trust trust;
    ClientIdentity identity;
    Duration timeout = timeout_usual;
  };
  // `transport` outlives this.
  RemoteValidator(Options options, http::Transport& transport) : options_(std::move(options)), transport_(transport) {}

  const std::string& name() const { return options_.name; }
  // Error: it gave no verdict; as Transport::send(), or ca_protocol. Blocks for at most the timeout; thread-safe.
  Result<Verdict> ask(const Claim& claim, std::stop_token stop) const;

 private:
  Options options_;
  http::Transport& transport_;
};

}  // namespace crest::ca::va
