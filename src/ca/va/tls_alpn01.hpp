// TlsAlpn01 asks a host's TLS port for the certificate that proves control (RFC 8737, for addresses RFC 8738 section 6).
#pragma once

#include "ca/va/targets.hpp"
#include "x509/tls_probe.hpp"

namespace crest::ca::va {

class TlsAlpn01 {
 public:
  struct Options {
    std::uint16_t port = 443;
    std::vector<std::string> resolvers;  // empty: the resolver's own
    EgressPolicy egress;
  };
  struct Deps {
    dns::Resolver& resolver;
    x509::TlsProbe& probe;
    Clock& clock;
  };
  TlsAlpn01(Options options, Deps deps) : options_(std::move(options)), deps_(deps) {}

  // Blocks for at most validation_total_max; thread-safe.
  Verdict validate(const Claim& claim, std::stop_token stop) const;

 private:
  std::variant<x509::TlsAnswer, Verdict> shake_hands(const acme::Identifier& identifier,
                                                     const Deadline& deadline) const;

  Options options_;
  Deps deps_;
};

}  // namespace crest::ca::va
