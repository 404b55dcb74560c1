#include "ca/va/http01.hpp"

#include <algorithm>

#include "acme/challenge.hpp"
#include "acme/problem.hpp"

namespace crest::ca::va {
namespace {

using acme::ProblemType;
using encoding::Url;

constexpr std::size_t header_bytes_max = 16u << 10;  // SF44
constexpr std::string_view user_agent = "crest-ca (ACME validation)";

std::string_view without_trailing_blanks(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n\v\f");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

Verdict not_reached(const Error& error, const Url& url, const std::string& addresses) {
  const std::string where = url.authority() + " (" + addresses + ")";
  switch (error.kind) {
    case ErrorKind::response_too_large:
      return failed(ProblemType::incorrectResponse, where + " answers with more headers than are read");
    case ErrorKind::ca_protocol: return failed(ProblemType::malformed, where + " does not answer with HTTP");
    case ErrorKind::tls: return failed(ProblemType::tls, where + ": the TLS handshake failed", true);
    case ErrorKind::timeout: return failed(ProblemType::connection, where + " did not answer in time", true);
    default:
      return failed(ProblemType::connection, where + ": no connection; check that port and firewall are open", true);
  }
}

// Only the first hop is quoted, and little of it: behind a redirect stands who knows what (SF45).
Verdict judged(const http::Response& response, const Claim& claim, const std::string& place, bool first_hop) {
  const std::string body = response.body.substr(0, Http01::body_bytes_kept);
  const std::string excerpt =
      first_hop && !body.empty() ? ": \"" + Untrusted(body).printable(Http01::excerpt_chars_max) + "\"" : "";
  const std::string where = first_hop ? place : "the place it redirects to";
  if (response.status != 200) {
    return failed(ProblemType::unauthorized,
                  where + " answers " + std::to_string(response.status) + ", not 200" + excerpt);
  }
  if (response.body.size() > Http01::body_bytes_max) {
    return failed(ProblemType::incorrectResponse, where + " answers with more than " +
                                                      std::to_string(Http01::body_bytes_max) +
                                                      " octets, which is no key authorization" + excerpt);
  }
  if (without_trailing_blanks(response.body) != claim.key_authorization) {
    return failed(ProblemType::incorrectResponse, where + " does not answer with the key authorization" + excerpt);
  }
  return {};
}

}  // namespace

// The next address only if the one before did not let itself be connected to: a host that answers, and be it too late or
// wrong, is the host that was asked (HTTP-06).
std::variant<Http01::Fetched, Verdict> Http01::fetch(const Url& url, const std::string& identifier,
                                                     const Deadline& deadline) const {
  auto all =
      addresses_of({deps_.resolver, options_.resolvers, options_.egress}, url.host, url.port, identifier, deadline);
  if (auto* verdict = std::get_if<Verdict>(&all)) return std::move(*verdict);
  const auto tries = in_order(std::get<Addresses>(all));
  http::Request request;
  request.url = url.str();
  request.headers = {{"User-Agent", std::string(user_agent)}, {"Accept", "*/*"}};
  Verdict last = failed(ProblemType::connection, url.authority() + " did not answer in time", true);
  std::string unreached;
  for (std::size_t i = 0; i < tries.size() && !deadline.over(); ++i) {
    const auto tries_left = static_cast<Duration::rep>(tries.size() - i);
    bool connected = false;
    Call call = deadline.call(deadline.left() / tries_left);
    call.body_bytes_max = body_bytes_max + 1;  // the one too many tells that there is more
    call.body_stops_at_cap = true;
    call.header_bytes_max = header_bytes_max;
    call.connect_to = tries[i].str();
    call.connected = &connected;
    const std::string addresses = call.connect_to + (unreached.empty() ? "" : ", after no connection to " + unreached);
    auto response = deps_.transport.send(request, call);
    if (response) return Fetched{*std::move(response), addresses};
    last = not_reached(response.error(), url, addresses);
    if (connected) break;
    unreached = call.connect_to;
  }
  return last;
}

Verdict Http01::validate(const Claim& claim, std::stop_token stop) const {
  const Deadline deadline(deps_.clock, std::move(stop));
  Trail trail(options_.port);
  Url url{.scheme = "http",
          .host = claim.identifier.value,
          .port = options_.port,
          .target = acme::http01_path(claim.token)};
  for (bool first_hop = true;; first_hop = false) {
    auto answer = fetch(url, claim.identifier.value, deadline);
    if (auto* verdict = std::get_if<Verdict>(&answer)) return std::move(*verdict);
    const auto& [response, address] = std::get<Fetched>(answer);
    if (!is_redirect(response.status)) return judged(response, claim, url.str() + " (" + address + ")", first_hop);
    auto next = trail.follow(url, response);
    if (const auto* why = std::get_if<std::string>(&next)) {
      return failed(ProblemType::unauthorized, claim.identifier.value + ": " + *why);
    }
    url = std::get<Url>(std::move(next));
  }
}

}  // namespace crest::ca::va
