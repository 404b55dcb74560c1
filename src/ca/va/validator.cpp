#include "ca/va/validator.hpp"

#include <algorithm>

#include "acme/challenge.hpp"

namespace crest::ca::va {
namespace {

bool can(std::string_view method, const Validator::Options& options, const Validator::Deps& deps) {
  if (method == acme::tls_alpn_01) return deps.probe != nullptr;
  if (method == acme::dns_persist_01) return !options.persist.issuer_names.empty();
  return acme::is_known_method(method);
}

std::optional<TlsAlpn01> tls_alpn01(const Validator::Options& options, const Validator::Deps& deps) {
  if (!deps.probe) return std::nullopt;
  return TlsAlpn01({.port = options.tls_alpn01_port, .resolvers = options.resolvers, .egress = options.egress},
                   {deps.resolver, *deps.probe, deps.clock});
}

}  // namespace

std::vector<std::string> Validator::default_methods() {
  return {std::string(acme::http_01), std::string(acme::dns_01), std::string(acme::tls_alpn_01),
          std::string(acme::dns_account_01), std::string(acme::dns_persist_01)};
}

Validator::Validator(const Options& options, Deps deps)
    : http01_({.port = options.http01_port, .resolvers = options.resolvers, .egress = options.egress},
              {deps.resolver, deps.transport, deps.clock}),
      dns01_(options.resolvers, {deps.resolver, deps.clock}),
      dns_persist01_({.issuer_names = options.persist.issuer_names,
                      .draft = options.persist.draft,
                      .account_hash_prefix = options.persist.account_hash_prefix,
                      .resolvers = options.resolvers},
                     {deps.resolver, deps.clock}),
      tls_alpn01_(tls_alpn01(options, deps)),
      caa_({.enabled = options.caa.enabled,
            .identities = options.caa.identities,
            .exempt_zones = options.caa.exempt_zones,
            .resolvers = options.resolvers},
           {deps.resolver, deps.clock}) {
  for (const auto& method : options.methods) {
    const bool is_new = std::ranges::find(methods_, method) == methods_.end();
    if (is_new && can(method, options, deps)) methods_.push_back(method);
  }
}

Verdict Validator::prove(const Claim& claim, const std::stop_token& stop) const {
  if (claim.method == acme::http_01) return http01_.validate(claim, stop);
  if (claim.method == acme::dns_01 || claim.method == acme::dns_account_01) return dns01_.validate(claim, stop);
  if (claim.method == acme::dns_persist_01) return dns_persist01_.validate(claim, stop);
  if (claim.method == acme::tls_alpn_01 && tls_alpn01_) return tls_alpn01_->validate(claim, stop);
  return failed(acme::ProblemType::malformed, "there is no method " + claim.method);
}

Verdict Validator::validate(const Claim& claim, std::stop_token stop) const {
  acme::Identifier identifier = claim.identifier;
  if (claim.wildcard && !identifier.is_wildcard()) identifier.value = "*." + identifier.value;
  const bool offered = std::ranges::find(methods_, claim.method) != methods_.end();
  if (!offered || !acme::method_fits(claim.method, identifier)) {
    return failed(acme::ProblemType::malformed, claim.method + " does not prove " + identifier.value + " here");
  }
  Verdict proof = prove(claim, stop);
  if (proof.problem) return proof;
  Verdict permission = caa_.check(claim, std::move(stop));
  if (permission.problem) return permission;
  if (permission.reusable_for) {
    proof.reusable_for = std::min(proof.reusable_for.value_or(*permission.reusable_for), *permission.reusable_for);
  }
  return proof;
}

}  // namespace crest::ca::va
