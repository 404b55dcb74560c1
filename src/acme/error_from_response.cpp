#include <algorithm>
#include <array>

#include "acme/problem_rows.hpp"
#include "http/retry_after.hpp"

namespace crest::acme {
namespace {

constexpr Duration not_before_max = std::chrono::hours(7 * 24);  // CF12: what a CA may ask for
constexpr std::size_t excerpt_octets_max = 512;
constexpr int status_no_answer = 0;  // of a Problem: nothing the CA decided, so a later try may succeed

// Requests that only the account itself can be refused for. Where an order or what belongs to it is refused, a new
// order may still succeed.
constexpr std::array<std::string_view, 6> account_requests = {"newAccount", "newOrder",  "newAuthz",
                                                              "account",    "keyChange", "revokeCert"};

struct Finding {
  ErrorKind kind = ErrorKind::ca_protocol;
  int status = 0;  // for Problem::status, on which retryable() stands
  std::string_view advice;
};

// The first line with something on it: all that is shown of a page that is no problem document (CF6).
std::string first_line(std::string_view body) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t start = body.find_first_not_of(blanks);
  if (start == std::string_view::npos) return {};
  body = body.substr(start, excerpt_octets_max);
  return std::string(body.substr(0, body.find_first_of("\r\n")));
}

std::optional<Problem> problem_document(const http::Response& response) {
  if (response.body.size() > problem_bytes_max) return std::nullopt;
  const auto json = encoding::Json::parse(response.body);
  if (!json || !json->as_object()) return std::nullopt;
  const auto has_text = [&](std::string_view name) {
    const encoding::Json* member = json->find(name);
    return member && member->as_string();
  };
  if (!has_text("type") && !has_text("detail") && !has_text("title")) return std::nullopt;
  auto problem = problem_from_json(*json);
  if (!problem) return std::nullopt;
  if (response.status < 400 && problem->acme_word().empty()) return std::nullopt;  // other objects have a type, too
  return *std::move(problem);
}

Finding by_status(int status) {
  if (status == 429) return {ErrorKind::rate_limited, status, "wait, and ask less often"};
  if (status == 408) return {ErrorKind::timeout, status, "try again"};
  if (status >= 500) return {ErrorKind::ca_protocol, status, "try again later; if it stays, tell the CA's operator"};
  if (status == 404 || status == 410) {
    return {ErrorKind::ca_protocol, status, "check the directory URL: what is asked for is not there"};
  }
  if (status >= 400) {
    return {ErrorKind::ca_protocol, status, "check the directory URL, and any proxy between here and the CA"};
  }
  if (status >= 300) {
    return {ErrorKind::ca_protocol, status, "requests to a CA are not redirected: correct the directory URL"};
  }
  return {ErrorKind::ca_protocol, status_no_answer,
          "this is not what a CA answers: check the directory URL, and any proxy between here and the CA"};
}

bool is_refused(const Problem& problem) {
  const auto type = problem_type(problem);
  return type && problem_row(*type).verdict == Verdict::refused;
}

Finding unauthorized(const ProblemRow& row, int status, std::string_view what) {
  const std::string_view request = what.substr(0, what.find(' '));
  const bool about_account =
      status == 401 || std::find(account_requests.begin(), account_requests.end(), request) != account_requests.end();
  return {about_account ? row.kind : ErrorKind::order_failed, status, row.advice};
}

// The type decides first (ERR-04); `status` is the one of the HTTP answer.
Finding by_type(const ProblemRow& row, const Problem& problem, int status, std::string_view what) {
  const int refusal = status >= 400 && status < 500 ? status : row.status;
  switch (row.verdict) {
    case Verdict::refused: return {row.kind, refusal, row.advice};
    case Verdict::failed: return {row.kind, status, row.advice};
    case Verdict::retry:
      return {row.kind, row.type == ProblemType::serverInternal ? std::max(status, row.status) : status, row.advice};
    case Verdict::depends: break;
  }
  if (row.type == ProblemType::unauthorized) return unauthorized(row, status, what);
  if (std::any_of(problem.subproblems.begin(), problem.subproblems.end(), is_refused)) {
    return {ErrorKind::ca_protocol, refusal, row.advice};
  }
  return {row.kind, status, row.advice};
}

std::string answer_text(const Problem& problem, bool document, int status) {
  const std::string http = "HTTP " + std::to_string(status);
  if (!document) return http + " without a problem document";
  const std::string_view word = problem.acme_word();
  return std::string(word.empty() ? std::string_view(problem.type) : word) + " (" + http + ")";
}

}  // namespace

Error error_from_response(const http::Response& response, std::string_view what, Time now) {
  std::optional<Problem> document = problem_document(response);
  const bool has_document = document.has_value();
  Problem problem;
  if (has_document) {
    problem = *std::move(document);
  } else {
    problem.type = "about:blank";
    problem.detail = Untrusted(first_line(response.body));
  }
  const auto type = problem_type(problem);
  const Finding finding =
      type ? by_type(problem_row(*type), problem, response.status, what) : by_status(response.status);
  problem.status = finding.status;

  Error error = make_error(finding.kind, std::string(what) + ": the CA answered " +
                                             answer_text(problem, has_document, response.status) + "; " +
                                             std::string(finding.advice));
  error.problem = std::make_shared<const Problem>(std::move(problem));
  if (error.retryable() && error.kind != ErrorKind::bad_nonce) {
    error.not_before = http::retry_after(response.headers, now);
    if (error.not_before) error.not_before = std::min(*error.not_before, saturating_add(now, not_before_max));
  }
  return error;
}

}  // namespace crest::acme
