// A BeastServer listens and lets a Service answer: HTTP/1.1 with keep-alive, plain or over TLS, on a few threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/log.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "http/transport.hpp"

namespace crest::adapters {

struct ServerIdentity {
  std::string chain_pem;  // leaf first
  Secret key_pem;
  std::string client_trust_pem;  // not empty: clients may show a certificate that leads to one of these
};

struct ServerOptions {
  std::string address;                     // ":443" (IPv4 and IPv6), "127.0.0.1:0", "[::1]:5002"
  std::optional<ServerIdentity> identity;  // none: plain HTTP

  // SF60. What is over a limit gets a plain answer (413, 431, 503), or is closed.
  std::size_t header_bytes_max = 16u << 10;
  std::size_t header_count_max = 100;
  std::size_t body_bytes_max = http::request_bytes_max;
  Duration handshake_time_max{5'000};
  Duration idle_time_max{60'000};
  Duration request_time_max{30'000};  // from the first octet to the last; the same again for the answer
  Duration stop_time_max{5'000};      // for answers under way
  std::size_t connections_max = 4'096;
  std::size_t connections_per_address_max = 512;
  std::size_t workers = 8;      // requests that the Service works on at a time
  std::size_t queue_max = 256;  // requests that wait for a worker; the next one gets 503 with Retry-After
};

class BeastServer {
 public:
  class Impl;

  // Binds and listens: connections queue from here on. Does not block. `log` outlives this.
  // Errors: usage, port_in_use, config (privileged port; key and certificate that are no pair).
  static Result<std::unique_ptr<BeastServer>> open(ServerOptions options, Log& log);
  ~BeastServer();  // stops

  std::uint16_t port() const;  // the one that was bound
  // Begins to answer, on threads of its own. `service` outlives stop(); handle() runs on `workers` threads at a time.
  // Error: internal, when no thread can be had.
  Result<void> start(http::Service& service);
  // New handshakes use it; connections that stand go on with what they began with. Thread-safe, does not block.
  // REQUIRES an identity in the options. Error: config; the old one stays then.
  Result<void> set_certificate(const std::string& chain_pem, const Secret& key_pem);
  // Closes the listener, lets answers under way go out, and ends the threads. Blocks for stop_time_max, and for as long
  // as a handle() that runs. Once stopped it stays so.
  void stop();

 private:
  explicit BeastServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace crest::adapters
