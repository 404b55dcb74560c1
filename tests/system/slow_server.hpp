// A SlowServer speaks TLS on loopback and never gets to the point: it wastes time in the way a test chooses.
#pragma once

#include <condition_variable>
#include <mutex>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "adapters/descriptor.hpp"
#include "adapters/listen_socket.hpp"
#include "adapters/server_channel.hpp"
#include "core/time.hpp"

namespace crest::testing {

class SlowServer {
 public:
  enum class Way { no_handshake, no_answer, drip_headers, drip_body };

  SlowServer(Way way, const std::string& chain_pem, const Secret& key_pem)
      : way_(way),
        tls_(adapters::make_server_tls(chain_pem, key_pem).value()),
        listener_(std::move(adapters::listen_on({"127.0.0.1", 0}).value().front())),
        port_(adapters::local_port(listener_)),
        thread_([this](std::stop_token stop) { run(stop); }) {}

  std::string url() const { return "https://localhost:" + std::to_string(port_) + "/directory"; }

 private:
  static constexpr Duration moment{10}, between_octets{200};

  void run(const std::stop_token& stop) {
    std::vector<std::jthread> connections;  // each ends with the server
    while (!stop.stop_requested()) {
      pollfd wait{listener_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 20) != 1) continue;
      const int accepted = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      connections.emplace_back([this, accepted](std::stop_token end) { serve(adapters::Descriptor(accepted), end); });
    }
  }

  // Repeats until it is done, or the other side has gone; false then.
  template <typename Step>
  static bool persist(const std::stop_token& stop, Step step) {
    using Status = adapters::ServerChannel::Status;
    while (!stop.stop_requested()) {
      const Status status = step();
      if (status == Status::done) return true;
      if (status == Status::closed) return false;
      pass(moment, stop);
    }
    return false;
  }

  // Lets time go by, and ends with the server at once.
  static void pass(Duration span, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, span, [] { return false; });
  }

  void serve(const adapters::Descriptor& socket, const std::stop_token& stop) {
    adapters::ServerChannel channel(socket.get(), tls_);
    char buffer[4096];
    const auto gone = [&] { return ::recv(socket.get(), buffer, 1, MSG_PEEK) == 0; };
    if (way_ == Way::no_handshake) {
      while (!stop.stop_requested() && !gone()) pass(moment, stop);
      return;
    }
    if (!persist(stop, [&] { return channel.handshake(); })) return;
    if (!persist(stop, [&] { return channel.read(buffer).status; })) return;
    if (way_ == Way::drip_headers) channel.write("HTTP/1.1 200 OK\r\nX-Slow: ");
    if (way_ == Way::drip_body)
      channel.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n");
    while (!stop.stop_requested() && !gone()) {
      if (way_ != Way::no_answer && channel.write(" ").status == adapters::ServerChannel::Status::closed) return;
      pass(between_octets, stop);
    }
  }

  Way way_;
  adapters::ServerTls tls_;
  adapters::Descriptor listener_;
  std::uint16_t port_;
  std::jthread thread_;
};

}  // namespace crest::testing
