#include "ca/web/responses.hpp"

#include <algorithm>

#include "http/link.hpp"

namespace crest::ca::web {
namespace {

using acme::ProblemType;

constexpr int unavailable = 503;
constexpr Duration storage_retry{10'000};

void add_retry_after(http::Response& response, Time moment, Time now) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(moment - now).count();
  response.headers.set("Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1)));
}

}  // namespace

http::Response json_response(int status, const encoding::Json& body) {
  return {.status = status, .headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

http::Response problem_response(const Problem& problem) {
  http::Response response{.status = problem.status,
                          .headers = {{"Content-Type", "application/problem+json"}},
                          .body = acme::to_json(problem).dump()};
  if (acme::problem_type(problem) == ProblemType::userActionRequired && !problem.instance.empty()) {
    response.headers.add("Link", http::format_link(problem.instance.raw(), "terms-of-service"));
  }
  return response;
}

http::Response error_response(const Error& error, const http::Request& request, Time now, Log& log) {
  if (error.problem) {
    auto response = problem_response(*error.problem);
    if (error.not_before) add_retry_after(response, *error.not_before, now);
    return response;
  }
  const bool is_alarm = error.kind == ErrorKind::clock_suspect;  // told once where it was found
  log.write(is_alarm ? LogLevel::debug : LogLevel::error, "request_failed",
            {{"request", request.peer.request_id}, {"target", request.url}, {"error", error.describe()}});
  const bool passes = is_alarm || error.kind == ErrorKind::storage || error.kind == ErrorKind::locked;
  auto response = problem_response(acme::make_problem(ProblemType::serverInternal, {}, passes ? unavailable : 500));
  if (passes) add_retry_after(response, now + storage_retry, now);
  return response;
}

}  // namespace crest::ca::web
