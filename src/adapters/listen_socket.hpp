// Listening TCP sockets by address text: ":80" (IPv4 and IPv6), "127.0.0.1:0", "[::1]:5002".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/descriptor.hpp"
#include "core/result.hpp"

namespace crest::adapters {

struct ListenAddress {
  std::string host;  // an IP address; "" is all of both families
  std::uint16_t port = 0;

  static Result<ListenAddress> parse(std::string_view text);  // error: usage
};

// One socket a family, non-blocking, all on one port; port 0 picks a free one. A machine without IPv6 is no error for
// "". Does not block. Errors: port_in_use, naming who has it where that can be seen; config, saying what to do.
Result<std::vector<Descriptor>> listen_on(const ListenAddress& address);
std::uint16_t local_port(const Descriptor& socket);
// Where a listener on `host` can be reached, as addresses or networks: itself, or for every address ("", "0.0.0.0",
// "::") the whole of loopback and each one that this machine has now.
std::vector<std::string> reachable_at(const std::string& host);

// "nginx, process 1234", or "" when it cannot be seen: another user's process, another network namespace.
std::string port_holder(std::uint16_t port);

}  // namespace crest::adapters
