// A TlsProbe shakes hands with a TLS server and tells what it showed; it judges nothing.
#pragma once

#include <string>
#include <vector>

#include "core/call.hpp"
#include "core/result.hpp"
#include "encoding/ip.hpp"

namespace crest::x509 {

struct TlsTarget {
  encoding::IpAddress address;  // exactly this one; names are looked up by the caller
  std::uint16_t port = 443;
  std::string server_name;        // SNI; "" sends none
  std::vector<std::string> alpn;  // offered in this order; empty: the extension is left out
};

struct TlsAnswer {
  std::string protocol;            // "TLSv1.2" or "TLSv1.3"
  std::string alpn;                // what the server chose, or ""
  std::vector<Bytes> chain_der{};  // as it was sent, leaf first; at most chain_length_max
};

class TlsProbe {
 public:
  virtual ~TlsProbe() = default;
  // A whole handshake of TLS 1.2 or later, then close_notify and nothing else; the chain is not verified and no session
  // is resumed. Blocks for at most call.total, and ends at once with call.stop; thread-safe. Errors: connect (no TCP
  // connection within call.idle, whatever the reason), tls (the handshake failed), timeout (connected, then silence).
  virtual Result<TlsAnswer> handshake(const TlsTarget& target, const Call& call) = 0;
};

}  // namespace crest::x509
