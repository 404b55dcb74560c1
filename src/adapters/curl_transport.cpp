#include "adapters/curl_transport.hpp"

#include <algorithm>
#include <mutex>
#include <set>
#include <vector>

#include "adapters/curl_exchange.hpp"
#include "adapters/curl_handle.hpp"
#include "encoding/ip.hpp"
#include "encoding/url.hpp"

namespace crest::adapters {

using Steady = CurlExchange::Steady;
using encoding::Url;

// Handles that are at rest, each with the connection it keeps.
class CurlTransport::Pool {
 public:
  Result<std::unique_ptr<CurlHandle>> take(CurlSettings settings) {
    {
      const std::lock_guard lock(mutex_);
      drop_old(Steady::now());
      const auto match = [&](const Idle& idle) { return idle.handle->settings() == settings; };
      const auto found = std::find_if(idle_.rbegin(), idle_.rend(), match);  // the last one used is the most alive
      if (found != idle_.rend()) {
        auto handle = std::move(found->handle);
        idle_.erase(std::next(found).base());
        return handle;
      }
    }
    return CurlHandle::create(std::move(settings));
  }

  void give_back(std::unique_ptr<CurlHandle> handle) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() == idle_connections_max) idle_.erase(idle_.begin());
    idle_.push_back({std::move(handle), Steady::now()});
  }

 private:
  struct Idle {
    std::unique_ptr<CurlHandle> handle;
    Steady::time_point since;
  };
  void drop_old(Steady::time_point now) {
    std::erase_if(idle_, [now](const Idle& idle) { return now - idle.since > idle_connection_life; });
  }

  std::mutex mutex_;
  std::vector<Idle> idle_;
};

namespace {

Error bad_redirect(const std::string& why, const std::string& from) {
  return make_error(ErrorKind::ca_protocol, "the server redirects " + why + "; give the final URL instead",
                    Untrusted(from).printable(300));
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

Result<void> check_call(const Call& call) {
  if (call.trust.mode == Trust::Mode::pem && call.trust.pem.empty()) {
    return make_error(ErrorKind::config, "no anchors given for this endpoint; name the CA's root");
  }
  if (!call.connect_to.empty() && !encoding::IpAddress::parse(call.connect_to)) {
    return make_error(ErrorKind::internal, "not an IP address to connect to",
                      Untrusted(call.connect_to).printable(100));
  }
  if (call.proxy.empty()) return {};
  const auto proxy = Url::parse(call.proxy);
  if (!proxy || proxy->is_https() || proxy->target != "/") {
    return make_error(ErrorKind::config, "not a proxy that can be used; write it as http://host:port",
                      Untrusted(call.proxy).printable(100));
  }
  if (!call.connect_to.empty()) {
    return make_error(ErrorKind::config, "a call that is bound to one address cannot go through a proxy");
  }
  return {};
}

CurlSettings settings_of(const Url& url, const Call& call) {
  CurlSettings settings;
  if (call.connect_to.empty()) settings.origin = url.scheme + "://" + url.authority();
  if (url.is_https()) {
    settings.trust = call.trust;
    if (call.identity != nullptr) settings.identity = *call.identity;
  }
  settings.proxy = call.proxy;
  return settings;
}

// Where the answer leads; an Error when it may not be followed there. `seen` holds the URLs of the call so far.
Result<Url> redirect_target(const http::Response& response, const Url& from, const Call& call,
                            const std::set<std::string>& seen) {
  const auto location = response.headers.get("Location");
  if (!location) return bad_redirect("without saying where to", from.str());
  const auto target = encoding::resolve(from.str(), *location);
  auto url = target ? Url::parse(*target) : Result<Url>(target.error());
  if (!url) return bad_redirect("to something that is no http or https URL", from.str());
  if (call.redirects == Redirects::https_only && !url->is_https()) {
    return bad_redirect("to plain http, which is not followed", from.str());
  }
  if (!call.connect_to.empty() && url->authority() != from.authority()) {
    return bad_redirect("to another host, and this call is bound to one address", from.str());
  }
  if (seen.count(url->str()) != 0) return bad_redirect("in a circle", from.str());
  if (seen.size() > call.redirects_max) {
    return bad_redirect("more than " + std::to_string(call.redirects_max) + " times", from.str());
  }
  return url;
}

// Another origin gets nothing that was meant for the first (CF7).
http::Headers without_credentials(const http::Headers& headers) {
  http::Headers kept;
  for (const auto& [name, value] : headers.fields()) {
    if (!http::equal_no_case(name, "Authorization") && !http::equal_no_case(name, "Cookie")) kept.add(name, value);
  }
  return kept;
}

}  // namespace

CurlTransport::CurlTransport() : pool_(std::make_unique<Pool>()) {}
CurlTransport::~CurlTransport() = default;

Result<http::Response> CurlTransport::send(const http::Request& request, const Call& call) {
  TRY(check_call(call));
  const Steady::time_point deadline = Steady::now() + std::min(call.total, Duration(24 * 3'600'000));
  const bool follows = call.redirects != Redirects::none && (request.method == "GET" || request.method == "HEAD");
  const http::Request* current = &request;
  http::Request stripped;
  std::string next = request.url;
  std::set<std::string> seen;
  for (;;) {
    const auto url = Url::parse(next);
    if (!url) return make_error(ErrorKind::usage, "not an http or https URL; check it", Untrusted(next).printable(300));
    const std::string text = url->str();
    seen.insert(text);
    std::unique_ptr<CurlHandle> handle = TRY(pool_->take(settings_of(*url, call)));
    auto response = CurlExchange(*handle, *current, text, call, deadline).run();
    if (!response) return response;  // and the handle goes, with whatever state its connection is in
    pool_->give_back(std::move(handle));
    if (seen.size() > 1) response->final_url = text;
    if (!follows || !is_redirect(response->status)) return response;
    const Url target = TRY(redirect_target(*response, *url, call, seen));
    if (target.authority() != url->authority() || target.scheme != url->scheme) {
      stripped = {.method = request.method, .headers = without_credentials(request.headers), .body = request.body};
      current = &stripped;
    }
    next = target.str();
  }
}

}  // namespace crest::adapters
