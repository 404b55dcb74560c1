#include "apps/crest_ca/service_process.hpp"

#include <csignal>
#include <cstdlib>
#include <ctime>

#include "adapters/listen_socket.hpp"

namespace crest::apps::crest_ca {
namespace {

std::string taken(const char* name) {
  const char* value = std::getenv(name);
  std::string out = value ? value : "";
  ::unsetenv(name);
  return out;
}

}  // namespace

adapters::SystemdNotify service_manager() {
  std::string socket = taken("NOTIFY_SOCKET");
  const std::string watchdog = taken("WATCHDOG_USEC");
  return adapters::SystemdNotify(std::move(socket), watchdog);
}

int next_signal(Duration longest) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  const timespec span{.tv_sec = longest.count() / 1'000, .tv_nsec = longest.count() % 1'000 * 1'000'000};
  const int number = sigtimedwait(&signals, nullptr, &span);
  return number > 0 ? number : 0;
}

Result<void> add_listener(std::vector<ca::va::OwnListener>& own, const std::string& listen, std::uint16_t port) {
  const auto address = TRY(adapters::ListenAddress::parse(listen));
  for (const auto& place : adapters::reachable_at(address.host)) {
    const auto network = encoding::IpNetwork::parse(place);
    if (network) own.push_back({*network, port});
  }
  return {};
}

}  // namespace crest::apps::crest_ca
