#include "adapters/listen_socket.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ifaddrs.h>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "encoding/ip.hpp"

namespace crest::adapters {
namespace {

constexpr int backlog = 1024;  // the kernel cuts it to net.core.somaxconn
constexpr int free_port_attempts_max = 20;
constexpr unsigned privileged_below = 1024;

Error no_address(std::string_view text) {
  return make_error(ErrorKind::usage, "not an address to listen on; write :80, 127.0.0.1:5002 or [::1]:5002",
                    Untrusted(std::string(text)).printable(100));
}

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress socket_address(const encoding::IpAddress& address, std::uint16_t port) {
  SocketAddress result;
  if (address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    std::memcpy(&v4->sin_addr, address.octets().data(), sizeof v4->sin_addr);
    result.size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    std::memcpy(&v6->sin6_addr, address.octets().data(), sizeof v6->sin6_addr);
    result.size = sizeof *v6;
  }
  return result;
}

std::string shown(const encoding::IpAddress& address, std::uint16_t port) {
  const std::string host = address.is_v4() ? address.str() : "[" + address.str() + "]";
  return host + ":" + std::to_string(port);
}

Error bind_error(int number, const std::string& where, std::uint16_t port) {
  if (number == EADDRINUSE) {
    const std::string holder = port_holder(port);
    return make_error(ErrorKind::port_in_use,
                      "the port is taken" + (holder.empty() ? std::string() : " by " + holder) +
                          "; stop what listens there, or choose another port",
                      where);
  }
  if (number == EACCES && port < privileged_below) {
    return make_error(ErrorKind::config,
                      "ports below 1024 need a privilege; grant CAP_NET_BIND_SERVICE (systemd: AmbientCapabilities=), "
                      "or listen on another port that a proxy or a firewall rule leads to",
                      where);
  }
  if (number == EADDRNOTAVAIL) {
    return make_error(ErrorKind::config, "this machine does not have that address; see `ip address`", where);
  }
  return make_error(ErrorKind::config, std::string("cannot listen: ") + std::strerror(number), where);
}

struct Attempt {
  Descriptor socket;
  int problem = 0;  // errno
};

Attempt bind_one(const encoding::IpAddress& address, std::uint16_t port) {
  Attempt attempt;
  const int family = address.is_v4() ? AF_INET : AF_INET6;
  attempt.socket = Descriptor(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int socket = attempt.socket.get(), on = 1;
  const SocketAddress at = socket_address(address, port);
  const bool listens = attempt.socket && ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                       (address.is_v4() || ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
                       ::bind(socket, at.get(), at.size) == 0 && ::listen(socket, backlog) == 0;
  if (!listens) attempt.problem = errno;
  return attempt;
}

bool family_is_missing(int number) {
  return number == EAFNOSUPPORT || number == EADDRNOTAVAIL || number == EPROTONOSUPPORT;
}

Result<std::vector<Descriptor>> listen_on_all(std::uint16_t port) {
  const auto v4 = TRY(encoding::IpAddress::parse("0.0.0.0"));
  const auto v6 = TRY(encoding::IpAddress::parse("::"));
  // A port that the kernel picked free for IPv4 may be taken for IPv6: pick again.
  for (int attempt = 0; attempt < free_port_attempts_max; ++attempt) {
    Attempt first = bind_one(v4, port);
    if (first.problem != 0 && !family_is_missing(first.problem))
      return bind_error(first.problem, shown(v4, port), port);
    const std::uint16_t chosen = first.problem == 0 ? local_port(first.socket) : port;
    Attempt second = bind_one(v6, chosen);
    if (second.problem == EADDRINUSE && port == 0) continue;
    const bool one_is_enough = family_is_missing(second.problem) && first.problem == 0;
    if (second.problem != 0 && !one_is_enough) return bind_error(second.problem, shown(v6, chosen), chosen);
    std::vector<Descriptor> sockets;
    if (first.problem == 0) sockets.push_back(std::move(first.socket));
    if (second.problem == 0) sockets.push_back(std::move(second.socket));
    return sockets;
  }
  return make_error(ErrorKind::port_in_use, "no port is free for IPv4 and IPv6 alike; name one");
}

}  // namespace

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos) return no_address(text);
  const std::string_view digits = text.substr(colon + 1);
  std::string_view host = text.substr(0, colon);
  ListenAddress address;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (problem != std::errc() || end != digits.data() + digits.size()) return no_address(text);
  if (host.empty()) return address;
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  const auto ip = encoding::IpAddress::parse(host);
  if (!ip || ip->is_v4() == brackets) return no_address(text);
  address.host = ip->str();
  return address;
}

std::vector<std::string> reachable_at(const std::string& host) {
  const auto given = encoding::IpAddress::parse(host);
  const auto is_zero = [](std::uint8_t octet) { return octet == 0; };
  if (given && !std::all_of(given->octets().begin(), given->octets().end(), is_zero)) return {host};
  std::vector<std::string> addresses = {"127.0.0.0/8", "::1"};
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return addresses;
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
  for (const ifaddrs* at = first; at; at = at->ifa_next) {
    char text[INET6_ADDRSTRLEN] = "";
    if (!at->ifa_addr) continue;
    if (at->ifa_addr->sa_family == AF_INET) {
      ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(at->ifa_addr)->sin_addr, text, sizeof text);
    } else if (at->ifa_addr->sa_family == AF_INET6) {
      ::inet_ntop(AF_INET6, &reinterpret_cast<sockaddr_in6*>(at->ifa_addr)->sin6_addr, text, sizeof text);
    }
    if (text[0] != '\0') addresses.emplace_back(text);
  }
  return addresses;
}

std::uint16_t local_port(const Descriptor& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  return ntohs(storage.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&storage)->sin_port
                                            : reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port);
}

Result<std::vector<Descriptor>> listen_on(const ListenAddress& address) {
  if (address.host.empty()) return listen_on_all(address.port);
  const auto ip = TRY(encoding::IpAddress::parse(address.host));
  Attempt attempt = bind_one(ip, address.port);
  if (attempt.problem != 0) return bind_error(attempt.problem, shown(ip, address.port), address.port);
  std::vector<Descriptor> sockets;
  sockets.push_back(std::move(attempt.socket));
  return sockets;
}

}  // namespace crest::adapters
