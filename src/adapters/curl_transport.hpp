// A CurlTransport sends requests over HTTP/1.1 with libcurl. What one Call trusts, shows or passes through is never seen
// by another: connections are kept apart by endpoint, trust, client certificate and proxy.
#pragma once

#include <memory>

#include "http/transport.hpp"

namespace crest::adapters {

// Reads no environment variable, no .netrc, and the system's anchors only for a Call that trusts them. TLS 1.2 at least.
// A call with connect_to opens a connection of its own, to that address and no other, and does not keep it.
class CurlTransport final : public http::Transport {
 public:
  static constexpr std::size_t idle_connections_max = 64;
  static constexpr Duration idle_connection_life{50'000};

  CurlTransport();
  ~CurlTransport() override;

  // Blocks for at most call.total over all redirects, and ends at once with call.stop (ErrorKind::timeout); thread-safe.
  // Errors also: config (anchors, client certificate or proxy that are none), usage (a URL that is not http or https).
  Result<http::Response> send(const http::Request& request, const Call& call) override;

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace crest::adapters
