#include "acme/revocation.hpp"
#include "ca/web/resources.hpp"
#include "ca/web/responses.hpp"
#include "encoding/pem.hpp"
#include "http/link.hpp"

namespace crest::ca::web {
namespace {

constexpr const char* chain_type = "application/pem-certificate-chain";  // RFC 8555 section 9.1

// `number` "" is the chain that is served first. Each names the others (RFC 8555 section 7.4.2).
Result<http::Response> chain_response(const SignedRequest& call, const Parts& parts, std::string_view number) {
  TRY(must_be_reading(call.caller));
  const std::string asked(call.path.get("serial"));
  const auto found = TRY(parts.certificates.find(call.caller.account->id, asked));
  const auto& serial = found.row.serial;
  std::optional<std::string> issuers;
  if (number.empty()) issuers = found.issuers_pem;
  http::Response response{.status = 200, .headers = {{"Content-Type", chain_type}}};
  if (!issuers) response.headers.add("Link", http::format_link(parts.urls.certificate(serial), "alternate"));
  for (auto& other : parts.issuers.alternates(found.row.issuer, call.now)) {
    if (number == std::to_string(other.number)) {
      issuers = std::move(other.issuers_pem);
    } else {
      response.headers.add("Link", http::format_link(parts.urls.alternate(serial, other.number), "alternate"));
    }
  }
  if (!issuers) return ra::no_such("chain");
  response.body = encoding::to_pem("CERTIFICATE", found.row.der) + *issuers;
  return response;
}

Result<http::Response> revoke(const SignedRequest& call, const Parts& parts) {
  const auto payload = TRY(json_payload(call.caller));
  const auto request = TRY(acme::revocation_from_json(payload));
  ra::Revocations::Requester requester;
  if (call.caller.account) {
    requester.account = call.caller.account->id;
  } else {
    requester.key = call.caller.key;
  }
  TRY(parts.revocations.revoke(requester, request, call.now));
  return http::Response{.status = 200};
}

// To whom the certificate belongs does not matter (RFC 9773 section 4.1).
Result<http::Response> renewal_info(std::string_view certificate_id, const Parts& parts) {
  const auto answer = TRY(parts.renewals.find(certificate_id, parts.clock.now()));
  auto response = json_response(200, acme::to_json(answer.info));
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(answer.ask_again).count();
  response.headers.add("Retry-After", std::to_string(seconds));
  return response;
}

}  // namespace

void add_certificate_routes(Edge& edge, const Parts& parts) {
  edge.post("/certificate/{serial}", SignedBy::account,
            [parts](const SignedRequest& call) { return chain_response(call, parts, ""); });
  edge.post("/certificate/{serial}/alternate/{number}", SignedBy::account,
            [parts](const SignedRequest& call) { return chain_response(call, parts, call.path.get("number")); });
  edge.get(parts.urls.path("/renewal-info/{certificate}"), [parts](const http::Request&, const http::PathValues& path) {
    return renewal_info(path.get("certificate"), parts);
  });
  edge.post("/revoke-cert", SignedBy::either, [parts](const SignedRequest& call) { return revoke(call, parts); });
}

}  // namespace crest::ca::web
