#include "adapters/systemd_notify.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>

#include "adapters/descriptor.hpp"
#include "core/error.hpp"

namespace crest::adapters {
namespace {

constexpr std::size_t status_chars_max = 200;
constexpr std::int64_t microseconds_in_a_millisecond = 1'000;

// Half of the time that the manager waits for.
std::optional<Duration> half_of(std::string_view microseconds) {
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(microseconds.data(), microseconds.data() + microseconds.size(), value);
  const bool whole = problem == std::errc() && end == microseconds.data() + microseconds.size();
  if (!whole || value <= 0) return std::nullopt;
  return Duration(std::max<std::int64_t>(value / microseconds_in_a_millisecond / 2, 1));
}

}  // namespace

SystemdNotify::SystemdNotify(std::string socket, std::string_view watchdog_usec) : socket_(std::move(socket)) {
  if (!socket_.empty()) alive_every_ = half_of(watchdog_usec);
}

void SystemdNotify::reloading() const {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void SystemdNotify::status(std::string_view line) const {
  send("STATUS=" + Untrusted(std::string(line)).printable(status_chars_max));
}

void SystemdNotify::send(const std::string& message) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // an abstract name
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  (void)::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address),
                 length);
}

}  // namespace crest::adapters
