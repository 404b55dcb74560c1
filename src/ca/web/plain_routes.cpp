#include "ca/web/resources.hpp"
#include "ca/web/responses.hpp"

namespace crest::ca::web {
namespace {

acme::Directory directory_of(const Urls& urls, const Offer& offer) {
  return {.new_nonce = urls.new_nonce(),
          .new_account = urls.new_account(),
          .new_order = urls.new_order(),
          .revoke_cert = urls.revoke_cert(),
          .key_change = urls.key_change(),
          .new_authz = offer.new_authz ? std::optional(urls.new_authz()) : std::nullopt,
          .renewal_info = urls.renewal_info(),
          .meta = offer.meta};
}

// RFC 8555 section 7.2.
http::Response fresh_nonce(nonce::NonceSource& nonces, int status) {
  return {.status = status, .headers = {{"Replay-Nonce", nonces.issue()}, {"Cache-Control", "no-store"}}};
}

http::Response health(const std::string& trouble) {
  encoding::Json body = encoding::Json::object();
  body.set("status", trouble.empty() ? "ok" : trouble);
  return json_response(trouble.empty() ? 200 : 503, body);
}

}  // namespace

void add_plain_routes(Edge& edge, const Parts& parts, const Offer& offer) {
  const http::Response directory = json_response(200, acme::to_json(directory_of(parts.urls, offer)));
  edge.get(parts.urls.path("/directory"),
           [directory](const http::Request&, const http::PathValues&) { return directory; });
  edge.post("/directory", SignedBy::account, [directory](const SignedRequest& call) -> Result<http::Response> {
    TRY(must_be_reading(call.caller));
    return directory;
  });

  nonce::NonceSource& nonces = parts.nonces;
  edge.get(parts.urls.path("/new-nonce"), [&nonces](const http::Request& request, const http::PathValues&) {
    return fresh_nonce(nonces, request.method == "HEAD" ? 200 : 204);
  });
  edge.post("/new-nonce", SignedBy::account, [&nonces](const SignedRequest& call) -> Result<http::Response> {
    TRY(must_be_reading(call.caller));
    return fresh_nonce(nonces, 204);
  });

  const http::Response roots{
      .status = 200, .headers = {{"Content-Type", "application/x-pem-file"}}, .body = parts.issuers.roots_pem()};
  edge.get("/roots.pem", [roots](const http::Request&, const http::PathValues&) { return roots; });
  edge.get("/health",
           [trouble = parts.trouble](const http::Request&, const http::PathValues&) { return health(trouble()); });
}

}  // namespace crest::ca::web
