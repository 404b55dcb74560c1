// A Validator proves claims by the method each names, and asks CAA before it believes them. With the resolver it is the
// only part of the CA that talks to strangers.
#pragma once

#include "acme/authorization.hpp"
#include "ca/va/caa.hpp"
#include "ca/va/dns01.hpp"
#include "ca/va/dns_persist01.hpp"
#include "ca/va/http01.hpp"
#include "ca/va/tls_alpn01.hpp"

namespace crest::ca::va {

struct PersistOptions {
  std::vector<std::string> issuer_names;  // none: dns-persist-01 is not offered
  DnsPersist01::Draft draft = DnsPersist01::Draft::draft_01;
  std::string account_hash_prefix;
};
struct CaaOptions {
  bool enabled = true;
  std::vector<std::string> identities, exempt_zones;  // see Caa::Options
};

class Validator {
 public:
  struct Options {
    std::vector<std::string> methods = default_methods();
    std::uint16_t http01_port = 80, tls_alpn01_port = 443;
    std::vector<std::string> resolvers;  // empty: the resolver's own
    EgressPolicy egress;
    CaaOptions caa;
    PersistOptions persist;
  };
  struct Deps {
    dns::Resolver& resolver;
    http::Transport& transport;
    x509::TlsProbe* probe;  // nullptr: tls-alpn-01 is not offered
    Clock& clock;
  };
  Validator(const Options& options, Deps deps);

  static std::vector<std::string> default_methods();  // all there are

  // Of options.methods those that this validator can do, in that order.
  const std::vector<std::string>& methods() const { return methods_; }
  // A method that is not offered proves nothing (SF15). Blocks for at most validation_total_max for the proof and as long
  // for CAA; thread-safe. A proof whose CAA answer is too old for issuing is no proof any more (CAA-14): reusable_for.
  Verdict validate(const Claim& claim, std::stop_token stop) const;

 private:
  Verdict prove(const Claim& claim, const std::stop_token& stop) const;

  std::vector<std::string> methods_;
  Http01 http01_;
  Dns01 dns01_;
  DnsPersist01 dns_persist01_;
  std::optional<TlsAlpn01> tls_alpn01_;
  Caa caa_;
};

}  // namespace crest::ca::va
