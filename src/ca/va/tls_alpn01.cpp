#include "ca/va/tls_alpn01.hpp"

#include "acme/challenge.hpp"
#include "x509/build.hpp"
#include "x509/certificate.hpp"

namespace crest::ca::va {
namespace {

using acme::ProblemType;

constexpr std::string_view protocol_name = "acme-tls/1";

std::string place(const acme::Identifier& identifier, const encoding::IpAddress& address, std::uint16_t port) {
  const bool bracketed = !address.is_v4();
  const std::string where =
      (bracketed ? "[" : "") + address.str() + (bracketed ? "]" : "") + ":" + std::to_string(port);
  return identifier.value == address.str() ? where : identifier.value + " (" + where + ")";
}

Verdict not_reached(const Error& error, const std::string& where) {
  switch (error.kind) {
    case ErrorKind::connect:
      return failed(ProblemType::connection, where + ": no connection; check that port and firewall are open", true);
    case ErrorKind::timeout:
      return failed(ProblemType::connection, where + " did not finish the TLS handshake in time", true);
    default:
      return failed(ProblemType::tls,
                    where + ": the TLS handshake failed (" + error.message +
                        "); it must speak TLS 1.2 or later and choose the protocol acme-tls/1",
                    true);
  }
}

Verdict judged(const x509::TlsAnswer& answer, const Claim& claim) {
  const auto refused = [&](const std::string& why) {
    return failed(ProblemType::unauthorized, claim.identifier.value + ": " + why);
  };
  if (answer.alpn != protocol_name) {
    return refused("the server did not choose the protocol acme-tls/1; no responder for tls-alpn-01 listens there");
  }
  if (answer.protocol == "TLSv1" || answer.protocol == "TLSv1.1" || answer.protocol == "SSLv3") {
    return refused("the server speaks " + answer.protocol + "; TLS 1.2 is the least");
  }
  if (answer.chain_der.empty()) return refused("the server showed no certificate");
  const auto certificate = x509::Certificate::from_der(answer.chain_der.front());
  if (!certificate) return refused("the certificate cannot be read: " + certificate.error().message);
  const auto digest = acme::key_authorization_digest(claim.key_authorization);
  const std::string wrong = x509::check_tls_alpn(*certificate, claim.identifier.subject_name(), digest);
  return wrong.empty() ? Verdict{} : refused(wrong);
}

}  // namespace

std::variant<x509::TlsAnswer, Verdict> TlsAlpn01::shake_hands(const acme::Identifier& identifier,
                                                              const Deadline& deadline) const {
  const Lookup lookup{deps_.resolver, options_.resolvers, options_.egress};
  auto all = addresses_of(lookup, identifier.value, options_.port, identifier.value, deadline);
  if (auto* verdict = std::get_if<Verdict>(&all)) return std::move(*verdict);
  const auto tries = in_order(std::get<Addresses>(all));
  Verdict last = failed(ProblemType::connection, identifier.value + " was not reached in time", true);
  for (std::size_t i = 0; i < tries.size() && !deadline.over(); ++i) {
    const auto tries_left = static_cast<Duration::rep>(tries.size() - i);
    const x509::TlsTarget target{.address = tries[i],
                                 .port = options_.port,
                                 .server_name = acme::tls_alpn01_server_name(identifier),
                                 .alpn = {std::string(protocol_name)}};
    auto answer = deps_.probe.handshake(target, deadline.call(deadline.left() / tries_left));
    if (answer) return *std::move(answer);
    last = not_reached(answer.error(), place(identifier, tries[i], options_.port));
    if (answer.error().kind != ErrorKind::connect) break;
  }
  return last;
}

Verdict TlsAlpn01::validate(const Claim& claim, std::stop_token stop) const {
  if (claim.wildcard || claim.identifier.is_wildcard()) {
    return failed(ProblemType::malformed, "a wildcard is not proved by tls-alpn-01; use a DNS challenge");
  }
  const Deadline deadline(deps_.clock, std::move(stop));
  const auto answer = shake_hands(claim.identifier, deadline);
  if (const auto* verdict = std::get_if<Verdict>(&answer)) return *verdict;
  return judged(std::get<x509::TlsAnswer>(answer), claim);
}

}  // namespace crest::ca::va
