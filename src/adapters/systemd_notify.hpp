// A SystemdNotify tells the service manager how the service is, as sd_notify(3) does; without one it says nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace crest::adapters {

class SystemdNotify {
 public:
  // `socket` is $NOTIFY_SOCKET ("" when there is no manager), `watchdog_usec` $WATCHDOG_USEC.
  explicit SystemdNotify(std::string socket, std::string_view watchdog_usec = {});

  // One datagram each; does not block. What cannot be delivered is lost.
  void ready() const { send("READY=1"); }
  void reloading() const;  // READY=1 ends it
  void stopping() const { send("STOPPING=1"); }
  void alive() const { send("WATCHDOG=1"); }
  void status(std::string_view line) const;

  // How often alive() has to be called; nullopt: never.
  std::optional<Duration> alive_every() const { return alive_every_; }

 private:
  void send(const std::string& message) const;

  std::string socket_;
  std::optional<Duration> alive_every_;
};

}  // namespace crest::adapters
