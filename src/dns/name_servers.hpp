// What the machine knows of names without asking: /etc/hosts, and which servers /etc/resolv.conf names.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "encoding/ip.hpp"

namespace crest::dns {

struct NameServer {
  std::string address;  // an IP address, an IPv6 one maybe with its scope behind '%'
  std::uint16_t port = 53;
  friend bool operator==(const NameServer&, const NameServer&) = default;
};
// "10.0.0.53", "10.0.0.53:5353", "2001:db8::1", "[2001:db8::1]:5353". Error: config.
Result<NameServer> name_server_from_text(std::string_view text);

// The `nameserver` lines of a resolv.conf, at most three as everywhere; none: the machine itself (resolv.conf(5)).
std::vector<NameServer> servers_of_resolv_conf(std::string_view text);
// The addresses that a hosts file gives `name` (lower case).
std::vector<encoding::IpAddress> addresses_in_hosts(std::string_view text, std::string_view name);

}  // namespace crest::dns
