#include <algorithm>

#include "acme/problem.hpp"
#include "ca/web/resources.hpp"
#include "ca/web/responses.hpp"
#include "ca/web/views.hpp"
#include "http/link.hpp"

namespace crest::ca::web {
namespace {

using store::AuthorizationRow;

constexpr const char* failing_retry_seconds = "5";  // between two attempts of a validation (CHL-14)

// Only an attempt that failed makes a client wait for longer than it would anyway.
void add_retry_after(http::Response& response, const AuthorizationRow& row) {
  const auto* challenge = ra::processing_challenge(row);
  if (challenge && !challenge->error_json.empty()) response.headers.add("Retry-After", failing_retry_seconds);
}

Result<http::Response> read_or_deactivate(const SignedRequest& call, const Parts& parts) {
  const std::string id(call.path.get("authorization"));
  const auto& account = call.caller.account->id;
  AuthorizationRow row;
  if (call.caller.is_reading()) {
    row = TRY(parts.authorizations.find(account, id, call.now));
  } else {
    const auto payload = TRY(json_payload(call.caller));
    const auto* status = payload.find("status");
    if (!status || *status != encoding::Json("deactivated")) {
      return acme::rejection(acme::ProblemType::malformed, "the only change of an authorization is to deactivate it");
    }
    row = TRY(parts.authorizations.deactivate(account, id, call.now));
  }
  auto response = json_response(200, acme::to_json(view(row, parts.urls, parts.persist)));
  add_retry_after(response, row);
  return response;
}

Result<http::Response> read_or_respond(const SignedRequest& call, const Parts& parts) {
  const std::string id(call.path.get("authorization"));
  const auto method = call.path.get("method");
  AuthorizationRow row;
  if (call.caller.is_reading()) {
    row = TRY(parts.authorizations.find(call.caller.account->id, id, call.now));
  } else {
    TRY(json_payload(call.caller));  // an object; its members mean nothing to the methods there are (CHL-08)
    row = TRY(parts.authorizations.respond(*call.caller.account, call.caller.key, id, method, call.now));
  }
  const auto challenge = std::ranges::find(row.challenges, method, &store::ChallengeRow::method);
  if (challenge == row.challenges.end()) return ra::no_such("challenge");
  auto response = json_response(200, acme::to_json(view(row, *challenge, parts.urls, parts.persist)));
  response.headers.add("Link", http::format_link(parts.urls.authorization(row.id), "up"));
  add_retry_after(response, row);
  return response;
}

Result<http::Response> create(const SignedRequest& call, const Parts& parts) {
  const auto payload = TRY(json_payload(call.caller));
  const auto request = TRY(acme::new_authorization_from_json(payload));
  const auto row = TRY(parts.authorizations.create(*call.caller.account, request, call.now));
  auto response = json_response(201, acme::to_json(view(row, parts.urls, parts.persist)));
  response.headers.add("Location", parts.urls.authorization(row.id));
  return response;
}

}  // namespace

void add_new_authorization_route(Edge& edge, const Parts& parts) {
  edge.post("/new-authz", SignedBy::account, [parts](const SignedRequest& call) { return create(call, parts); });
}

void add_authorization_routes(Edge& edge, const Parts& parts) {
  edge.post("/authz/{authorization}", SignedBy::account,
            [parts](const SignedRequest& call) { return read_or_deactivate(call, parts); });
  edge.post("/challenge/{authorization}/{method}", SignedBy::account,
            [parts](const SignedRequest& call) { return read_or_respond(call, parts); });
}

}  // namespace crest::ca::web
