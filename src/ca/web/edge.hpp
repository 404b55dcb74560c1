// The Edge is the CA's HTTP: routes, the headers that every response has, and errors as problem documents.
#pragma once

#include <functional>

#include "ca/jobs/membership.hpp"
#include "ca/web/gate.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/meter.hpp"
#include "encoding/json.hpp"
#include "http/router.hpp"

namespace crest::ca::web {

// A signed request past the gate.
struct SignedRequest {
  Caller caller;
  const http::PathValues& path;
  std::string_view target;
  const http::Peer& peer;
  Time now;
};
using PostHandler = std::function<Result<http::Response>(const SignedRequest&)>;
using GetHandler = std::function<Result<http::Response>(const http::Request&, const http::PathValues&)>;

class Edge final : public http::Service {
 public:
  struct Deps {
    Gate& gate;
    nonce::NonceSource& nonces;
    const Urls& urls;
    Clock& clock;
    Log& log;
    Meter& meter;
    const Membership* membership = nullptr;  // while it has not joined, clients are sent away; nullptr: there is none
  };
  explicit Edge(Deps deps) : deps_(deps) {}

  // Add all before the first request.
  void post(std::string_view pattern, SignedBy signed_by, PostHandler handler);
  void get(std::string_view pattern, GetHandler handler);  // HEAD too

  // Never throws. Thread-safe.
  http::Response handle(const http::Request& request) override;

 private:
  http::Response routed(const http::Request& request);
  http::Response answer_post(const http::Request& request, const http::PathValues& path, SignedBy signed_by,
                             const PostHandler& handler, std::string& account);
  void tell(const http::Request& request, const std::string& route, const std::string& account, int status,
            Instant begun) const;
  void finish(const http::Request& request, http::Response& response);

  Deps deps_;
  http::Router router_;
};

// The payload as a JSON object. Errors: rejection malformed, for an empty payload as well (TR-13).
Result<encoding::Json> json_payload(const Caller& caller);
// For what can only be read. Error: rejection malformed.
Result<void> must_be_reading(const Caller& caller);

}  // namespace crest::ca::web
