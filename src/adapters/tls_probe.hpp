// The TlsProbe of production: OpenSSL on a non-blocking socket.
#pragma once

#include <memory>

#include "x509/tls_probe.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace crest::adapters {

class SocketTlsProbe final : public x509::TlsProbe {
 public:
  static constexpr std::size_t certificate_message_bytes_max = 64u << 10;  // what a server may show

  SocketTlsProbe();
  Result<x509::TlsAnswer> handshake(const x509::TlsTarget& target, const Call& call) override;

 private:
  std::shared_ptr<ssl_ctx_st> context_;  // never changed after the constructor: shared by all threads
};

}  // namespace crest::adapters
