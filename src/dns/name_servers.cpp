#include "dns/name_servers.hpp"

#include <charconv>

#include "dns/name.hpp"

namespace crest::dns {
namespace {

using encoding::IpAddress;

constexpr std::size_t servers_max = 3;
constexpr std::string_view blanks = " \t\r";

// The next word of `line`, cut off its front; "" at its end or at a comment.
std::string_view next_word(std::string_view& line) {
  const auto first = line.find_first_not_of(blanks);
  if (first == std::string_view::npos || line[first] == '#' || line[first] == ';') return {};
  line.remove_prefix(first);
  const auto word = line.substr(0, line.find_first_of(" \t\r#"));
  line.remove_prefix(word.size());
  return word;
}

template <typename Each>
void each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    each(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

bool is_scope(std::string_view text) {
  if (text.empty() || text.size() > 16) return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == text.npos;
}

bool is_address(std::string_view text) {
  const auto percent = text.find('%');
  if (!IpAddress::parse(text.substr(0, percent))) return false;
  return percent == std::string_view::npos || is_scope(text.substr(percent + 1));
}

}  // namespace

Result<NameServer> name_server_from_text(std::string_view text) {
  const Error wrong =
      make_error(ErrorKind::config, "not a name server; write its IP address, such as 10.0.0.53 or [2001:db8::1]:5353",
                 '"' + Untrusted(std::string(text)).printable(80) + '"');
  std::string_view address = text, port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return wrong;
    address = text.substr(1, end - 1);
    const auto rest = text.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return wrong;
    if (!rest.empty()) port = rest.substr(1);
    if (!rest.empty() && port.empty()) return wrong;
  } else if (const auto colon = text.find(':'); colon != text.npos && text.find(':', colon + 1) == text.npos) {
    address = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (port.empty()) return wrong;
  }
  if (!is_address(address)) return wrong;
  NameServer server{.address = std::string(address)};
  if (port.empty()) return server;
  const auto [end, code] = std::from_chars(port.data(), port.data() + port.size(), server.port);
  if (code != std::errc() || end != port.data() + port.size() || server.port == 0) return wrong;
  return server;
}

std::vector<NameServer> servers_of_resolv_conf(std::string_view text) {
  std::vector<NameServer> servers;
  each_line(text, [&](std::string_view line) {
    if (next_word(line) != "nameserver") return;
    const auto address = next_word(line);
    if (servers.size() < servers_max && is_address(address)) servers.push_back({.address = std::string(address)});
  });
  if (servers.empty()) servers.push_back({.address = "127.0.0.1"});
  return servers;
}

std::vector<IpAddress> addresses_in_hosts(std::string_view text, std::string_view name) {
  std::vector<IpAddress> found;
  each_line(text, [&](std::string_view line) {
    auto address = IpAddress::parse(next_word(line));
    if (!address) return;
    for (auto word = next_word(line); !word.empty(); word = next_word(line)) {
      if (folded(word) == name) {
        found.push_back(*address);
        return;
      }
    }
  });
  return found;
}

}  // namespace crest::dns
