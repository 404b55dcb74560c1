#include "ca/va/http01.hpp"

#include <algorithm>

#include "acme/challenge.hpp"
#include "acme/problem.hpp"

namespace crest::ca::va {
namespace {

using acme::ProblemType;
using encoding::IpAddress;
using encoding::Url;

constexpr std::size_t header_bytes_max = 16u << 10;  // SF44
constexpr std::string_view user_agent = "crest-ca (ACME validation)";

Verdict failed(ProblemType type, std::string detail, bool transient = false) {
  return {.problem = acme::make_problem(type, std::move(detail)), .transient = transient};
}

std::string_view without_trailing_blanks(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n\v\f");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// The first address of each family, IPv6 first (HTTP-06).
std::vector<IpAddress> candidates(const std::vector<IpAddress>& all) {
  std::vector<IpAddress> out;
  for (const bool v4 : {false, true}) {
    const auto first = std::ranges::find_if(all, [=](const IpAddress& address) { return address.is_v4() == v4; });
    if (first != all.end()) out.push_back(*first);
  }
  return out;
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

struct Http01::Journey {
  Clock& clock;
  Instant deadline;
  std::stop_token stop;
  std::string identifier;  // whose rules hold at every hop

  Duration left() const { return std::max(deadline - clock.monotonic(), Duration{0}); }
  bool over() const { return left() == Duration{0} || stop.stop_requested(); }
  Call call(Duration idle) const {
    Call call;
    call.total = left();
    call.idle = idle;
    call.body_bytes_max = body_bytes_max + 1;  // the one too many tells that there is more
    call.body_stops_at_cap = true;
    call.header_bytes_max = header_bytes_max;
    call.stop = stop;
    call.trust.mode = Trust::Mode::none;  // only met behind a redirect; the key authorization is the proof
    call.redirects = Redirects::none;
    return call;
  }
};

std::variant<Http01::Addresses, Verdict> Http01::addresses_of(const Url& url, const Journey& journey) const {
  Addresses all;
  if (auto literal = IpAddress::parse(url.host)) {
    all.push_back(*std::move(literal));
  } else {
    auto found = dns::addresses(deps_.resolver, url.host, options_.resolvers, journey.call(journey.left()));
    if (!found) {
      return failed(ProblemType::dns, "no address of " + url.host + ": " + found.error().message, true);
    }
    all = *std::move(found);
  }
  for (const auto& address : all) {
    // A redirect must not lead where the identifier's own rules do not, nor where the other name's forbid (SF41).
    std::string why = options_.egress.why_denied(address, journey.identifier);
    if (why.empty()) why = options_.egress.why_denied(address, url.host);
    if (why.empty()) why = options_.egress.why_own(address, url.port);
    if (!why.empty()) return failed(ProblemType::connection, url.host + " is not validated: " + why);
  }
  return all;
}

// The next address only if the one before did not let itself be connected to: a host that answers, and be it too late or
// wrong, is the host that was asked (HTTP-06).
std::variant<Http01::Fetched, Verdict> Http01::fetch(const Url& url, const Journey& journey) const {
  auto all = addresses_of(url, journey);
  if (auto* verdict = std::get_if<Verdict>(&all)) return std::move(*verdict);
  const auto tries = candidates(std::get<Addresses>(all));
  http::Request request;
  request.url = url.str();
  request.headers = {{"User-Agent", std::string(user_agent)}, {"Accept", "*/*"}};
  Verdict last = failed(ProblemType::connection, url.authority() + " did not answer in time", true);
  std::string unreached;
  for (std::size_t i = 0; i < tries.size() && !journey.over(); ++i) {
    const auto tries_left = static_cast<Duration::rep>(tries.size() - i);
    bool connected = false;
    Call call = journey.call(journey.left() / tries_left);
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
  const Journey journey{deps_.clock, deps_.clock.monotonic() + total_max, std::move(stop), claim.identifier.value};
  Trail trail(options_.port);
  Url url{.scheme = "http",
          .host = claim.identifier.value,
          .port = options_.port,
          .target = acme::http01_path(claim.token)};
  for (bool first_hop = true;; first_hop = false) {
    auto answer = fetch(url, journey);
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
