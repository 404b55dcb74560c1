#include "dns/name_servers.hpp"

#include <gtest/gtest.h>

namespace crest::dns {
namespace {

TEST(NameServers, DNS_07_AddressesWithAndWithoutPort) {
  const struct {
    const char *text, *address;
    std::uint16_t port;
  } good[] = {{"10.0.0.53", "10.0.0.53", 53},          {"10.0.0.53:5353", "10.0.0.53", 5353},
              {"2001:db8::1", "2001:db8::1", 53},      {"[2001:db8::1]", "2001:db8::1", 53},
              {"[2001:db8::1]:1", "2001:db8::1", 1},   {"fe80::1%eth0", "fe80::1%eth0", 53},
              {"[fe80::1%2]:5353", "fe80::1%2", 5353}, {"127.0.0.1:65535", "127.0.0.1", 65535}};
  for (const auto& [text, address, port] : good) {
    const auto server = name_server_from_text(text);
    ASSERT_TRUE(server) << text;
    EXPECT_EQ(*server, (NameServer{address, port})) << text;
  }
  for (const char* bad : {"", "dns.example", "10.0.0", "10.0.0.53:", "10.0.0.53:0", "10.0.0.53:65536", "10.0.0.53:x",
                          "[2001:db8::1", "[2001:db8::1]x", "[2001:db8::1]:", "[10.0.0.53", "2001:db8::1:", "fe80::1%",
                          "fe80::1%a\"b", "10.0.0.53\n", " 10.0.0.53", "10.0.0.53:53:53"}) {
    const auto server = name_server_from_text(bad);
    ASSERT_FALSE(server) << bad;
    EXPECT_EQ(server.error().kind, ErrorKind::config);
  }
}

TEST(NameServers, ResolvConf) {
  const auto servers = servers_of_resolv_conf(
      "# nameserver 10.0.0.1\n; nameserver 10.0.0.2\nsearch corp.example\n  nameserver\t10.0.0.3 # ours\n"
      "nameserver fe80::1%eth0\r\nnameserver nonsense\nnameserver 10.0.0.4\nnameserver 10.0.0.5");
  ASSERT_EQ(servers.size(), 3u);
  EXPECT_EQ(servers[0].address, "10.0.0.3");
  EXPECT_EQ(servers[1].address, "fe80::1%eth0");
  EXPECT_EQ(servers[2].address, "10.0.0.4");
  for (const char* none : {"", "\n\n", "nameserver", "options timeout:1\n"}) {
    ASSERT_EQ(servers_of_resolv_conf(none).size(), 1u);
    EXPECT_EQ(servers_of_resolv_conf(none)[0].address, "127.0.0.1");
  }
}

TEST(NameServers, Hosts) {
  const std::string text =
      "127.0.0.1 localhost\n::1\tlocalhost ip6-localhost\n# 10.0.0.1 hidden\n10.0.0.2 Printer.Corp printer#x\n"
      "10.0.0.3 printer.corp\nnonsense printer.corp\n\n10.0.0.4";
  const auto found = [&](std::string_view name) {
    std::vector<std::string> out;
    for (const auto& address : addresses_in_hosts(text, name)) out.push_back(address.str());
    return out;
  };
  EXPECT_EQ(found("localhost"), (std::vector<std::string>{"127.0.0.1", "::1"}));
  EXPECT_EQ(found("printer.corp"), (std::vector<std::string>{"10.0.0.2", "10.0.0.3"}));
  EXPECT_EQ(found("printer"), std::vector<std::string>{"10.0.0.2"});
  EXPECT_TRUE(found("hidden").empty());
  EXPECT_TRUE(found("").empty());
}

}  // namespace
}  // namespace crest::dns
