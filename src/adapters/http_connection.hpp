// An HttpConnection takes one accepted socket from handshake to goodbye. It never blocks: it says what it waits for.
#pragma once

#include <atomic>
#include <string>

#include "adapters/beast_server.hpp"
#include "adapters/connection_registry.hpp"
#include "adapters/request_parser.hpp"
#include "adapters/server_channel.hpp"

namespace crest::adapters {

class HttpConnection {
 public:
  struct Deps {
    const ServerOptions& options;
    const std::atomic<bool>& stopping;
    Log& log;
  };
  // Borrows `socket`, and the watch on it; both outlive this. `tls` null: plain.
  HttpConnection(Deps deps, int socket, ServerTls tls, ConnectionWatch& watch, std::string peer_address);

  // Goes on until it needs something. One thread at a time.
  enum class Need { readable, writable, worker, end };
  Need run();
  // After Need::worker, one of these two. answer() blocks for as long as the Service does.
  void answer(http::Service& service, std::string request_id);
  void answer_busy();  // 503

 private:
  enum class Stage { handshake, read, ready, write, drain };
  enum class Next { go_on, readable, writable, worker, end };

  Next step();
  Next shake_hands();
  Next read_request();
  Next digest(std::string_view data);
  Next ready();
  Next write_answer();
  Next await_request();
  Next discard();
  Next refuse(int status);
  static Next wait_of(ServerChannel::Status status);
  void set_answer(const http::Response& response);

  Deps deps_;
  int socket_;
  ServerTls tls_;
  ServerChannel channel_;
  ConnectionWatch& watch_;
  RequestParser parser_;
  Stage stage_ = Stage::handshake;
  bool continued_ = false, keep_alive_ = true, head_only_ = false;
  std::string unread_;  // octets of a request that is not whole yet, or of the next one
  http::Request request_;
  std::string answer_;
  std::size_t sent_ = 0, drained_ = 0;
};

}  // namespace crest::adapters
