// A Front is the one address of a name that several hosts hold, each with its own account: it asks one after the other.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/transport.hpp"
#include "sim/network.hpp"

namespace crest::sim {

class Front final : public http::Service {
 public:
  Front(const Network& network, std::vector<std::string> hosts) : network_(network), hosts_(std::move(hosts)) {}

  http::Response handle(const http::Request& request) override {
    for (const std::string& host : hosts_) {
      http::Service* service = network_.service(host, 80);
      if (service == nullptr) continue;  // that host is down
      http::Response response = service->handle(request);
      if (response.status == 200) return response;
    }
    return {404, {{"Content-Type", "text/plain"}}, "none of the hosts has it\n", ""};
  }

 private:
  const Network& network_;
  std::vector<std::string> hosts_;
};

}  // namespace crest::sim
