#include "adapters/listen_socket.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/raw_peer.hpp"

namespace crest::adapters {
namespace {

TEST(ListenAddress, Reads) {
  const std::tuple<const char*, const char*, int> cases[] = {
      {":80", "", 80}, {"127.0.0.1:0", "127.0.0.1", 0}, {"[::1]:5002", "::1", 5002}, {"[0:0::1]:65535", "::1", 65535}};
  for (const auto& [text, host, port] : cases) {
    const auto address = ListenAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->host, host);
    EXPECT_EQ(address->port, port);
  }
}

TEST(ListenAddress, RefusesWhatIsNone) {
  for (const char* text : {"", "80", "localhost:80", ":", ":x", ":65536", ":-1", ":80 ", "127.0.0.1", "::1:80", "[::1]",
                           "[127.0.0.1]:80", "[]:80", "1.2.3:80", "[::1:80", "[fe80::1%eth0]:80", ":080x"}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().kind, ErrorKind::usage);
  }
}

TEST(ListenOn, OnePortServesBothFamilies) {
  const auto sockets = listen_on({"", 0});
  ASSERT_TRUE(sockets) << sockets.error().describe();
  const std::uint16_t port = local_port(sockets->front());
  EXPECT_GT(port, 0);
  for (const Descriptor& socket : *sockets) EXPECT_EQ(local_port(socket), port);
  EXPECT_TRUE(RawPeer::connect(port).connected());
}

TEST(ListenOn, CF67_TakenPortNamesItsHolder) {
  const auto first = listen_on({"127.0.0.1", 0});
  ASSERT_TRUE(first);
  const std::uint16_t port = local_port(first->front());
  for (const char* host : {"127.0.0.1", ""}) {
    const auto second = listen_on({host, port});
    ASSERT_FALSE(second) << host;
    EXPECT_EQ(second.error().kind, ErrorKind::port_in_use);
    EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())), std::string::npos)
        << second.error().message;
  }
  EXPECT_EQ(port_holder(0), "");
}

TEST(ListenOn, CF67_PrivilegedPortSaysWhatToGrant) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can try as somebody else";
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(1);
    const auto sockets = listen_on({"127.0.0.1", 81});
    if (sockets) ::_exit(77);  // the system lets everybody
    ::_exit(sockets.error().message.find("CAP_NET_BIND_SERVICE") != std::string::npos ? 0 : 2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no port is privileged here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ListenOn, AddressOfAnotherMachine) {
  const auto sockets = listen_on({"192.0.2.1", 0});
  ASSERT_FALSE(sockets);
  EXPECT_EQ(sockets.error().kind, ErrorKind::config);
}

TEST(ListenSocket, SF41_WhereItCanBeReached) {
  EXPECT_EQ(reachable_at("192.0.2.7"), std::vector<std::string>{"192.0.2.7"});
  EXPECT_EQ(reachable_at("::1"), std::vector<std::string>{"::1"});
  for (const char* every : {"", "0.0.0.0", "::"}) {
    const auto places = reachable_at(every);
    ASSERT_GE(places.size(), 2u);
    EXPECT_EQ(places[0], "127.0.0.0/8");
    EXPECT_EQ(places[1], "::1");
  }
}

}  // namespace
}  // namespace crest::adapters
