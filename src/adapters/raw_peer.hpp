// Both ends of HTTP as bare sockets, for tests that say what no well-behaved peer says.
#pragma once

#include <arpa/inet.h>
#include <atomic>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "adapters/descriptor.hpp"
#include "adapters/listen_socket.hpp"

namespace crest::adapters {

// One connection, from either side. Every wait ends after `patience_ms`.
class RawPeer {
 public:
  static constexpr int patience_ms = 10'000;

  explicit RawPeer(Descriptor socket) : socket_(std::move(socket)) {}
  static RawPeer connect(std::uint16_t port) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) socket.close();
    return RawPeer(std::move(socket));
  }

  bool connected() const { return static_cast<bool>(socket_); }
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  // What has come once `enough` holds, or when the other side has closed.
  std::string receive(const std::function<bool(const std::string&)>& enough) {
    std::string text;
    while (socket_ && !enough(text)) {
      pollfd wait{socket_.get(), POLLIN, 0};
      char buffer[4096];
      const ssize_t count = ::poll(&wait, 1, patience_ms) == 1 ? ::recv(socket_.get(), buffer, sizeof buffer, 0) : 0;
      if (count <= 0) break;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }
  std::string receive_head() {
    return receive([](const std::string& text) { return text.find("\r\n\r\n") != text.npos; });
  }
  std::string receive_all() {
    return receive([](const std::string&) { return false; });
  }
  void finish() { ::shutdown(socket_.get(), SHUT_WR); }
  void close() { socket_.close(); }

 private:
  Descriptor socket_;
};

// A server on loopback that does with each connection what a test says, one after the other.
class RawServer {
 public:
  explicit RawServer(std::function<void(RawPeer&)> serve)
      : listener_(std::move(listen_on({"127.0.0.1", 0}).value().front())),
        port_(local_port(listener_)),
        thread_([this, serve = std::move(serve)] { run(serve); }) {}
  ~RawServer() {
    ending_ = true;
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path = "/") const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  int connections() const { return connections_; }
  bool ending() const { return ending_; }

 private:
  void run(const std::function<void(RawPeer&)>& serve) {
    while (!ending_) {
      pollfd wait{listener_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 20) != 1) continue;
      RawPeer peer(Descriptor(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
      ++connections_;
      serve(peer);
    }
  }

  Descriptor listener_;
  std::uint16_t port_;
  std::atomic<bool> ending_{false};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace crest::adapters
