// A ServerChannel is the octets of one accepted connection, plain or TLS, on a non-blocking socket.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

struct ssl_st;      // OpenSSL's SSL
struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace crest::adapters {

// What a TLS server shows and whom it believes; shared by all connections that began under it.
using ServerTls = std::shared_ptr<ssl_ctx_st>;

// TLS 1.2 and 1.3, session tickets, HTTP/1.1 by ALPN. `client_trust_pem` not empty: clients may show a certificate, and
// one that does not lead to these anchors ends the handshake. Error: config, when key and chain are not a pair.
Result<ServerTls> make_server_tls(std::string_view chain_pem, const Secret& key_pem,
                                  std::string_view client_trust_pem = {});

class ServerChannel {
 public:
  enum class Status { done, want_read, want_write, closed };
  struct Outcome {
    Status status = Status::closed;
    std::size_t count = 0;  // octets moved, with done
  };

  // Borrows `socket`. `tls` null: plain.
  ServerChannel(int socket, const ServerTls& tls);
  ~ServerChannel();
  ServerChannel(const ServerChannel&) = delete;
  ServerChannel& operator=(const ServerChannel&) = delete;

  // None of these blocks or raises SIGPIPE. After closed the channel is good for nothing.
  Status handshake();
  Outcome read(std::span<char> into);
  Outcome write(std::string_view data);
  void say_goodbye();                          // close_notify and FIN: no more will be written
  bool has_buffered() const;                   // octets that the socket will not announce any more
  std::string client_certificate_der() const;  // verified, or ""

 private:
  Outcome outcome_of(int result) const;

  int socket_;
  ssl_st* ssl_ = nullptr;
};

}  // namespace crest::adapters
