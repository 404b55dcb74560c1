// A Transport sends a Request and brings the Response; a Service answers one. Loopback joins the two.
#pragma once

#include <atomic>

#include "http/message.hpp"

namespace crest::http {

class Transport {
 public:
  virtual ~Transport() = default;
  // Any HTTP status is a Response. Errors: dns, connect, tls, timeout, response_too_large, ca_protocol (no HTTP).
  // Blocks for at most call.total; thread-safe.
  virtual Result<Response> send(const Request& request, const Call& call) = 0;
};

class Service {
 public:
  virtual ~Service() = default;
  // Never throws for what the peer sent; thread-safe; may block on the disk, never on a stranger.
  virtual Response handle(const Request& request) = 0;
};

// `response` within the body's and the headers' caps of `call`, for transports without a wire. Error:
// response_too_large.
Result<Response> capped(Response response, const Call& call, const std::string& url);

// The client's end of a Service in the same process. Follows no redirect and dials nobody, so of the Call only the
// caps and `stop` count.
class Loopback final : public Transport {
 public:
  explicit Loopback(Service& service, std::string peer_address = "127.0.0.1")
      : service_(service), peer_address_(std::move(peer_address)) {}
  Result<Response> send(const Request& request, const Call& call) override;

 private:
  Service& service_;
  std::string peer_address_;
  std::atomic<std::uint64_t> requests_ = 0;  // numbers the request ids
};

}  // namespace crest::http
