#include "adapters/systemd_notify.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/descriptor.hpp"
#include "adapters/temporary_folder.hpp"

namespace crest::adapters {
namespace {

// What a service manager would hear.
class Manager {
 public:
  explicit Manager(const std::string& name) : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length), 0) << std::strerror(errno);
  }
  std::string heard() {
    std::array<char, 512> text{};
    const auto count = ::recv(socket_.get(), text.data(), text.size(), 0);
    return count < 0 ? "" : std::string(text.data(), static_cast<std::size_t>(count));
  }

 private:
  Descriptor socket_;
};

TEST(SystemdNotify, SaysHowTheServiceIs) {
  const TemporaryFolder folder;
  for (const std::string& name : {folder.path() + "/notify", "@crest-test-" + std::to_string(::getpid())}) {
    Manager manager(name);
    const SystemdNotify notify(name);
    notify.ready();
    EXPECT_EQ(manager.heard(), "READY=1");
    notify.reloading();
    EXPECT_TRUE(manager.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    notify.alive();
    EXPECT_EQ(manager.heard(), "WATCHDOG=1");
    notify.stopping();
    EXPECT_EQ(manager.heard(), "STOPPING=1");
    notify.status("two\nlines");
    EXPECT_EQ(manager.heard().find('\n'), std::string::npos);
  }
}

TEST(SystemdNotify, WithoutAManagerItSaysNothing) {
  SystemdNotify("").ready();
  SystemdNotify("/nonexistent/notify").ready();
  SystemdNotify(std::string(300, 'x')).ready();
  EXPECT_FALSE(SystemdNotify("", "30000000").alive_every());
}

TEST(SystemdNotify, HalfOfTheWatchdogsTime) {
  EXPECT_EQ(SystemdNotify("/x", "30000000").alive_every(), 15s);
  for (const char* bad : {"", "0", "-1", "30s", "99999999999999999999"})
    EXPECT_FALSE(SystemdNotify("/x", bad).alive_every());
}

}  // namespace
}  // namespace crest::adapters
