// A Call is how one exchange may be made: how long, how much, trusting whom, through what.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/secret.hpp"
#include "core/time.hpp"

namespace crest {

// Whom a TLS client believes. It belongs to one endpoint; nothing here is process-wide.
struct Trust {
  enum class Mode { system, pem, none };
  Mode mode = Mode::system;
  std::string pem;  // with Mode::pem: the only anchors
  friend bool operator==(const Trust&, const Trust&) = default;
};

struct ClientIdentity {  // a client certificate
  std::string chain_pem;
  Secret key_pem;
};

enum class Redirects { none, https_only, http_and_https };

struct Call {
  static constexpr Duration total_default{30'000};
  static constexpr Duration idle_default{10'000};
  static constexpr std::size_t body_bytes_default = 1u << 20;

  Duration total = total_default;  // look-up, connect, handshake and body together
  Duration idle = idle_default;    // without one octet
  std::size_t body_bytes_max = body_bytes_default;
  bool body_stops_at_cap = false;  // a longer body is cut there and is no error; for whom the status matters more
  std::size_t header_bytes_max = 64u << 10;
  std::size_t header_count_max = 100;
  std::stop_token stop;
  Trust trust;
  const ClientIdentity* identity = nullptr;  // borrowed for the call
  std::string proxy;                         // "" none; "http://host:port"
  std::string connect_to;                    // "" look up; else exactly this IP address and no second look-up
  Redirects redirects = Redirects::none;     // only ever followed for GET and HEAD
  std::size_t redirects_max = 5;
  bool* connected = nullptr;  // borrowed; becomes true once the other end accepted the connection
};

}  // namespace crest
