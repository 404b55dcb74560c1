#include "client/session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "acme/problem.hpp"
#include "core/planted.hpp"
#include "encoding/url.hpp"
#include "http/retry_after.hpp"
#include "jose/jws.hpp"

namespace crest::client {
namespace {

constexpr std::size_t nonce_answer_bytes_max = 64u << 10;
constexpr std::string_view user_agent = "crest/" CREST_VERSION;

// HEAD is what RFC 8555 section 7.2 prefers; a server that fumbles it may still answer GET.
constexpr std::array<std::string_view, 3> nonce_methods = {"HEAD", "GET", "GET"};

bool is_success(const http::Response& response) { return response.status >= 200 && response.status < 300; }

bool is_bad_nonce(const Error& error) {
  return error.problem && acme::problem_type(*error.problem) == acme::ProblemType::badNonce;
}

Error redirected(const http::Response& response, std::string_view what) {
  const Untrusted target{std::string(response.headers.get("Location").value_or("nowhere"))};
  return make_error(ErrorKind::ca_protocol,
                    "the CA redirects a signed request to " + target.printable() +
                        "; a redirect is never followed with a signature: use the final URL as the directory",
                    std::string(what));
}

}  // namespace

Session::Session(Endpoint endpoint, Deps deps) : endpoint_(std::move(endpoint)), deps_(deps) {}

Result<void> Session::check_url(std::string_view url) const {
  const auto parsed = encoding::Url::parse(url);
  const std::string shown = Untrusted(std::string(url)).printable(200);
  if (!parsed)
    return make_error(ErrorKind::ca_protocol,
                      "the CA gave a URL that cannot be used (" + parsed.error().message + "); tell its operator",
                      shown);
  if (parsed->is_https() || endpoint_.allow_http) return {};
  return make_error(ErrorKind::ca_protocol, "the CA gave a URL without https, which ACME needs; tell its operator",
                    shown);
}

Call Session::call(std::size_t body_bytes_max, std::stop_token stop) const {
  Call call;
  call.body_bytes_max = body_bytes_max;
  call.stop = std::move(stop);
  call.trust = endpoint_.trust;
  call.identity = endpoint_.identity ? &*endpoint_.identity : nullptr;
  call.proxy = endpoint_.proxy;
  return call;
}

Result<http::Response> Session::exchange(http::Request request, Call call) {
  // Looked at for each exchange: a request may need ten of them.
  if (deps_.give_up) call.total = std::clamp(*deps_.give_up - deps_.clock.monotonic(), Duration(1), call.total);
  request.headers.add("User-Agent", std::string(user_agent));
  request.headers.add("Accept-Language", endpoint_.accept_language);
  auto response = deps_.transport.send(request, call);
  if (!response) {
    if (response.error().context.empty()) response.error().context = request.url;
    return response;
  }
  note_clock_offset(response->headers);
  const auto coding = response->headers.get("Content-Encoding");
  if (coding && !http::equal_no_case(*coding, "identity"))
    return make_error(ErrorKind::ca_protocol,
                      "the answer is compressed, which was not offered; check for a proxy in between", request.url);
  return response;
}

void Session::note_clock_offset(const http::Headers& headers) {
  const auto text = headers.get("Date");
  if (!text) return;
  const auto date = http::from_http_date(*text);
  if (!date) return;
  const Duration offset = *date - deps_.clock.now();
  if (offset <= clock_offset_max && offset >= -clock_offset_max) return;
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(offset_noted_, true)) return;
  }
  deps_.log.warn("clock_offset", {{"ca", endpoint_.directory_url}, {"seconds", std::to_string(offset / 1s)}});
}

// CF9: another host of the same CA is fine, and worth a line; whom we trust stays what it was.
void Session::note_other_host(const std::string& url) const {
  const auto ours = encoding::Url::parse(endpoint_.directory_url), theirs = encoding::Url::parse(url);
  if (ours && theirs && ours->authority() != theirs->authority())
    deps_.log.info("directory_other_host", {{"ca", endpoint_.directory_url}, {"host", theirs->authority()}});
}

Result<acme::Directory> Session::directory(std::stop_token stop) {
  {
    const std::scoped_lock lock(mutex_);
    if (directory_ && deps_.clock.monotonic() < directory_expires_) return *directory_;
  }
  const std::string& url = endpoint_.directory_url;
  if (auto good = check_url(url); !good) return std::move(good.error()).as(ErrorKind::config);
  Call how = call(json_bytes_max, std::move(stop));
  how.redirects = endpoint_.allow_http ? Redirects::http_and_https : Redirects::https_only;
  http::Request request{.method = "GET", .url = url, .headers = {{"Accept", "application/json"}}};
  const http::Response response = TRY(exchange(std::move(request), how));
  keep_nonce(response.headers);
  if (!is_success(response)) return acme::error_from_response(response, "directory at " + url, deps_.clock.now());
  const encoding::Json json = TRY(json_of(response, "directory " + url));
  auto directory = acme::directory_from_json(json, endpoint_.allow_http);
  if (!directory) return misshapen(std::move(directory.error()), "directory " + url);

  note_other_host(directory->new_order);

  const std::scoped_lock lock(mutex_);
  directory_ = *directory;
  directory_expires_ = deps_.clock.monotonic() + directory_life;
  return directory;
}

void Session::forget_directory() {
  const std::scoped_lock lock(mutex_);
  directory_.reset();
}

// A resource that is gone may have moved: the next attempt asks the directory again.
void Session::forget_directory_after(const Error& error) {
  if (error.problem && (error.problem->status == 404 || error.problem->status == 410)) forget_directory();
}

void Session::keep_nonce(const http::Headers& headers) {
  if (auto nonce = nonce_of(headers)) nonces_.keep(*std::move(nonce), deps_.clock.monotonic());
}

Result<std::string> Session::nonce(std::stop_token stop) {
  if (auto kept = nonces_.take(deps_.clock.monotonic())) return *std::move(kept);
  const acme::Directory where = TRY(directory(stop));
  const Call how = call(nonce_answer_bytes_max, stop);
  for (const std::string_view method : nonce_methods) {
    const http::Response response = TRY(exchange({.method = std::string(method), .url = where.new_nonce}, how));
    if (auto nonce = nonce_of(response.headers); nonce && is_success(response)) return *std::move(nonce);
    const bool fumbled = method == "HEAD" && (response.status == 405 || response.status == 501);
    if (response.status < 400 || fumbled) continue;
    Error error = acme::error_from_response(response, "newNonce at " + where.new_nonce, deps_.clock.now());  // CF15
    forget_directory_after(error);
    return error;
  }
  return make_error(ErrorKind::ca_protocol, "the CA gave no usable Replay-Nonce; tell its operator",
                    "newNonce at " + where.new_nonce);
}

Result<Reply> Session::reply_of(const std::string& url, http::Response response) const {
  Reply reply{.response = std::move(response), .url = url};
  reply.retry_after = http::retry_after(reply.response.headers, deps_.clock.now());
  const auto location = reply.response.headers.get("Location");
  if (!location) return reply;
  auto absolute = encoding::resolve(url, *location);
  if (!absolute) return misshapen(std::move(absolute.error()), "Location in the answer of " + url);
  TRY(check_url(*absolute));
  reply.location = *std::move(absolute);
  return reply;
}

// The first word tells acme::error_from_response whether a refusal can be about the account.
std::string Session::operation(const Identity& who, const std::string& url) {
  if (url == who.account_url) return "account";
  const std::scoped_lock lock(mutex_);
  if (!directory_) return "request";
  if (url == directory_->new_account) return "newAccount";
  if (url == directory_->new_order) return "newOrder";
  if (url == directory_->revoke_cert) return "revokeCert";
  if (url == directory_->key_change) return "keyChange";
  return "request";
}

Result<Reply> Session::post(const Identity& who, const std::string& url, const std::string& payload,
                            std::size_t body_bytes_max, std::stop_token stop) {
  TRY(check_url(url));
  const std::string what = operation(who, url) + " at " + url;
  const Call how = call(body_bytes_max, stop);
  std::string next_nonce = TRY(nonce(stop));
  for (int attempt = 1;; ++attempt) {
    const jose::SignedParts parts = TRY(jose::sign(*who.key, {who.account_url}, next_nonce, url, payload));
    http::Request request{.method = "POST", .url = url, .body = parts.dump()};
    request.headers.add("Content-Type", "application/jose+json");
    request.headers.add("Accept", "application/json, application/problem+json, application/pem-certificate-chain");
    http::Response response = TRY(exchange(std::move(request), how));
    if (is_success(response) || response.status < 400) {
      keep_nonce(response.headers);
      if (planted(Planted::reuse_nonce)) nonces_.keep(next_nonce, deps_.clock.monotonic());
      if (!is_success(response)) return redirected(response, what);
      return reply_of(url, std::move(response));
    }
    Error error = acme::error_from_response(response, what, deps_.clock.now());
    forget_directory_after(error);
    const bool again = is_bad_nonce(error) && attempt < nonce_attempts_max && !stop.stop_requested();
    auto given = nonce_of(response.headers);
    if (!again) {
      if (given) keep_nonce(response.headers);
      return error;
    }
    if (!given) given = TRY(nonce(stop));
    next_nonce = *std::move(given);  // NON-09: the one from the refusal, never from the pool
  }
}

Result<Reply> Session::get(const std::string& url, std::stop_token stop) {
  TRY(check_url(url));
  const Call how = call(json_bytes_max, std::move(stop));
  http::Request request{.method = "GET", .url = url, .headers = {{"Accept", "application/json"}}};
  http::Response response = TRY(exchange(std::move(request), how));
  keep_nonce(response.headers);
  if (is_success(response)) return reply_of(url, std::move(response));
  if (response.status < 400) return redirected(response, "GET at " + url);
  return acme::error_from_response(response, "GET at " + url, deps_.clock.now());
}

}  // namespace crest::client
