// What the services of crest-ca have in common: the service manager, signals, and where they listen.
#pragma once

#include <string>
#include <vector>

#include "adapters/systemd_notify.hpp"
#include "ca/va/egress.hpp"

namespace crest::apps::crest_ca {

inline constexpr Duration signal_wait_max = 24h;

// Takes what it is told out of the environment, so that no child speaks for us. Call before there is a thread.
adapters::SystemdNotify service_manager();

// SIGINT, SIGTERM or SIGHUP, which are blocked in every thread; 0 when none came in time.
int next_signal(Duration longest);

// Adds the addresses at which `listen` is reached: what must never be taken for a host that is validated (SF41). Error:
// usage.
Result<void> add_listener(std::vector<ca::va::OwnListener>& own, const std::string& listen, std::uint16_t port);

}  // namespace crest::apps::crest_ca
