#include "ca/web/edge.hpp"

#include "acme/problem.hpp"
#include "ca/web/responses.hpp"
#include "http/link.hpp"

namespace crest::ca::web {
namespace {

using acme::ProblemType;

constexpr int not_found = 404, method_not_allowed = 405, unavailable = 503;
constexpr Duration membership_retry{10'000};

http::Response preflight(const std::string& allow) {
  return {.status = 204,
          .headers = {{"Allow", allow},
                      {"Access-Control-Allow-Methods", allow},
                      {"Access-Control-Allow-Headers", "Content-Type"},
                      {"Access-Control-Max-Age", "86400"}}};
}

http::Response no_handler(int status, const std::string& allow, const std::string& method) {
  if (status == not_found) {
    return problem_response(acme::make_problem(ProblemType::malformed, "there is nothing at this URL", not_found));
  }
  auto response = problem_response(
      acme::make_problem(ProblemType::malformed, "this URL does not take " + Untrusted(method).printable(20), status));
  response.headers.add("Allow", allow);
  return response;
}

// A node that does not know whether another does its work begins nothing that it may not be able to write down.
Error not_joined(Time now) {
  Error error = acme::rejection(ProblemType::serverInternal,
                                "this node waits for its place among the others; try again", unavailable);
  error.not_before = now + membership_retry;
  return error;
}

}  // namespace

// One line and one count a request. Routes are as they were added, so that their number is bounded.
void Edge::tell(const http::Request& request, const std::string& route, const std::string& account, int status,
                Instant begun) const {
  const double seconds = std::chrono::duration<double>(deps_.clock.monotonic() - begun).count();
  const std::string method =
      request.method == "GET" || request.method == "HEAD" || request.method == "POST" ? request.method : "other";
  deps_.meter.count("crest_ca_requests_total", method + " " + route + " " + std::to_string(status));
  deps_.meter.observe("crest_ca_request_seconds", seconds);
  deps_.log.info("request", {{"request", request.peer.request_id},
                             {"peer", request.peer.address},
                             {"account", account},
                             {"method", method},
                             {"route", route},
                             {"status", std::to_string(status)},
                             {"milliseconds", std::to_string(static_cast<std::int64_t>(seconds * 1'000))}});
}

http::Response Edge::answer_post(const http::Request& request, const http::PathValues& path, SignedBy signed_by,
                                 const PostHandler& handler, std::string& account) {
  const Time now = deps_.clock.now();
  if (deps_.membership && deps_.membership->place() != Membership::Place::joined)
    return error_response(not_joined(now), request, now, deps_.log);
  auto caller = deps_.gate.admit(request, signed_by);
  if (!caller) return error_response(caller.error(), request, now, deps_.log);
  if (caller->account) account = caller->account->id;
  auto response = handler({*std::move(caller), path, request.url, request.peer, now});
  if (!response) return error_response(response.error(), request, now, deps_.log);
  return *std::move(response);
}

void Edge::post(std::string_view pattern, SignedBy signed_by, PostHandler handler) {
  router_.add("POST", deps_.urls.path(pattern),
              [this, signed_by, route = std::string(pattern), handler = std::move(handler)](
                  const http::Request& request, const http::PathValues& path) -> http::Response {
                const Instant begun = deps_.clock.monotonic();
                std::string account;
                auto response = answer_post(request, path, signed_by, handler, account);
                tell(request, route, account, response.status, begun);
                return response;
              });
}

void Edge::get(std::string_view pattern, GetHandler handler) {
  router_.add("GET", pattern,
              [this, route = std::string(pattern), handler = std::move(handler)](const http::Request& request,
                                                                                 const http::PathValues& path) {
                const Instant begun = deps_.clock.monotonic();
                auto made = handler(request, path);
                auto response =
                    made ? *std::move(made) : error_response(made.error(), request, deps_.clock.now(), deps_.log);
                tell(request, route, {}, response.status, begun);
                return response;
              });
}

http::Response Edge::routed(const http::Request& request) {
  const auto match = router_.match(request.method, request.url);
  if (match.handler) return (*match.handler)(request, match.values);
  if (request.method == "OPTIONS" && match.status == method_not_allowed) return preflight(match.allow);
  tell(request, "none", {}, match.status, deps_.clock.monotonic());
  return no_handler(match.status, match.allow, request.method);
}

// A failed request spent its nonce, so its answer brings the next one as well.
void Edge::finish(const http::Request& request, http::Response& response) {
  const bool is_directory = request.url == deps_.urls.path("/directory");
  const bool failed = response.status >= 400;
  if ((request.method == "POST" || failed) && !response.headers.get("Replay-Nonce")) {
    response.headers.add("Replay-Nonce", deps_.nonces.issue());
  }
  if (!is_directory) response.headers.add("Link", http::format_link(deps_.urls.directory(), "index"));
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.headers.add("Access-Control-Expose-Headers", "Link, Replay-Nonce, Location, Retry-After");
}

http::Response Edge::handle(const http::Request& request) {
  http::Response response;
  try {
    response = routed(request);
    finish(request, response);
    return response;
  } catch (const std::exception& failure) {
    deps_.log.error("request_failed", {{"request", request.peer.request_id}, {"error", failure.what()}});
  }
  return problem_response(acme::make_problem(ProblemType::serverInternal, {}));
}

Result<encoding::Json> json_payload(const Caller& caller) {
  if (caller.payload.empty()) return acme::rejection(ProblemType::malformed, "this request needs a payload");
  auto json = encoding::Json::parse(caller.payload);
  if (!json) return acme::rejection(ProblemType::malformed, "the payload: " + json.error().describe());
  if (!json->as_object()) return acme::rejection(ProblemType::malformed, "the payload must be a JSON object");
  return json;
}

Result<void> must_be_reading(const Caller& caller) {
  if (caller.is_reading()) return {};
  return acme::rejection(ProblemType::malformed, "this resource can only be read; send an empty payload");
}

}  // namespace crest::ca::web
