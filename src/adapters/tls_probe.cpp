#include "adapters/tls_probe.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "adapters/descriptor.hpp"
#include "adapters/sigpipe_guard.hpp"
#include "crypto/openssl.hpp"
#include "x509/certificate.hpp"

namespace crest::adapters {
namespace {

using x509::TlsAnswer;
using x509::TlsTarget;
using SslPtr = crypto::Owned<SSL, SSL_free>;

constexpr std::size_t alpn_word_max = 255;

// Waits for a socket until a deadline, and gives up as soon as it is told to stop.
class Patience {
 public:
  explicit Patience(const Call& call)
      : end_(std::chrono::steady_clock::now() + std::max(call.total, Duration{0})),
        connect_end_(std::chrono::steady_clock::now() + std::max(call.idle, Duration{0})),
        stop_(call.stop),
        bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        on_stop_(stop_, Ring{bell_.get()}) {}

  bool wait(int socket, short events) const { return wait(socket, events, end_); }
  bool wait_to_connect(int socket) const { return wait(socket, POLLOUT, std::min(end_, connect_end_)); }
  bool stopped() const { return stop_.stop_requested(); }

 private:
  using Moment = std::chrono::steady_clock::time_point;
  struct Ring {
    int bell;
    void operator()() const {
      const std::uint64_t one = 1;
      if (::write(bell, &one, sizeof one) < 0) return;  // full: it rings already
    }
  };

  bool wait(int socket, short events, Moment end) const {
    while (!stop_.stop_requested()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
      if (left <= 0) return false;
      pollfd set[2] = {{socket, events, 0}, {bell_.get(), POLLIN, 0}};
      const int ready = ::poll(set, 2, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
      if (ready < 0 && errno != EINTR) return false;
      if (ready > 0 && set[1].revents == 0) return true;
    }
    return false;
  }

  Moment end_, connect_end_;
  std::stop_token stop_;
  Descriptor bell_;
  std::stop_callback<Ring> on_stop_;  // last: gone before the bell is
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

SocketAddress socket_address(const TlsTarget& target) {
  SocketAddress out;
  const Bytes& octets = target.address.octets();
  if (target.address.is_v4()) {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_port = htons(target.port);
    std::memcpy(&v4->sin_addr, octets.data(), sizeof v4->sin_addr);
    out.size = sizeof *v4;
  } else {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(target.port);
    std::memcpy(&v6->sin6_addr, octets.data(), sizeof v6->sin6_addr);
    out.size = sizeof *v6;
  }
  return out;
}

Error not_connected(const TlsTarget& target, const std::string& why) {
  return make_error(ErrorKind::connect, "no connection: " + why + "; check that the port is open and the host is up",
                    target.address.str() + " port " + std::to_string(target.port));
}

std::string words(int number) { return std::generic_category().message(number); }

Result<Descriptor> connect(const TlsTarget& target, const Patience& patience) {
  const SocketAddress address = socket_address(target);
  Descriptor socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return not_connected(target, words(errno));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return socket;
  if (errno != EINPROGRESS) return not_connected(target, words(errno));
  if (!patience.wait_to_connect(socket.get())) {
    return not_connected(target, patience.stopped() ? "stopped" : "no answer in time");
  }
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return not_connected(target, words(error));
  return socket;
}

// The wire form of the list: a length octet in front of each.
Result<Bytes> alpn_list(const std::vector<std::string>& protocols) {
  Bytes out;
  for (const auto& protocol : protocols) {
    if (protocol.empty() || protocol.size() > alpn_word_max) {
      return make_error(ErrorKind::internal, "a protocol for ALPN has 1 to 255 octets");
    }
    out.push_back(static_cast<std::uint8_t>(protocol.size()));
    out.insert(out.end(), protocol.begin(), protocol.end());
  }
  return out;
}

Result<SslPtr> make_ssl(SSL_CTX* context, const TlsTarget& target, int socket) {
  const Bytes alpn = TRY(alpn_list(target.alpn));
  SslPtr ssl = crypto::made(SslPtr(SSL_new(context)));
  if (!alpn.empty() && SSL_set_alpn_protos(ssl.get(), alpn.data(), static_cast<unsigned>(alpn.size())) != 0) {
    crypto::out_of_memory();
  }
  if (!target.server_name.empty() && SSL_set_tlsext_host_name(ssl.get(), target.server_name.c_str()) != 1) {
    return make_error(ErrorKind::internal, "not a server name: " + crypto::openssl_error(), target.server_name);
  }
  if (SSL_set_fd(ssl.get(), socket) != 1) crypto::out_of_memory();
  SSL_set_connect_state(ssl.get());
  return ssl;
}

Result<void> shake_hands(SSL* ssl, int socket, const Patience& patience, const std::string& where) {
  while (true) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl);
    if (result == 1) return {};
    const int saved = errno;
    const int cause = SSL_get_error(ssl, result);
    const bool wants_write = cause == SSL_ERROR_WANT_WRITE;
    if (!wants_write && cause != SSL_ERROR_WANT_READ) {
      const bool by_socket = cause == SSL_ERROR_SYSCALL && ERR_peek_error() == 0;
      const std::string why = !by_socket ? crypto::openssl_error() : saved != 0 ? words(saved) : "the peer hung up";
      return make_error(ErrorKind::tls, why, where);
    }
    if (!patience.wait(socket, wants_write ? POLLOUT : POLLIN)) {
      return make_error(ErrorKind::timeout,
                        patience.stopped() ? "stopped in the TLS handshake" : "the TLS handshake did not end in time",
                        where);
    }
  }
}

Bytes der_of(X509* certificate) {
  unsigned char* out = nullptr;
  const int size = i2d_X509(certificate, &out);
  const crypto::OctetsPtr owned(out);
  return size <= 0 ? Bytes{} : Bytes(out, out + size);
}

TlsAnswer answer_of(const SSL* ssl) {
  TlsAnswer answer;
  answer.protocol = SSL_get_version(ssl);
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &chosen, &size);
  if (size != 0) answer.alpn = to_text(ByteView(chosen, size));
  const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);  // of a server: its own certificate is the first
  for (int i = 0; i < sk_X509_num(chain) && answer.chain_der.size() < x509::chain_length_max; ++i) {
    answer.chain_der.push_back(der_of(sk_X509_value(chain, i)));
  }
  return answer;
}

}  // namespace

SocketTlsProbe::SocketTlsProbe() : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  if (!context_) crypto::out_of_memory();
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_max_proto_version(context_.get(), 0);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_max_cert_list(context_.get(), certificate_message_bytes_max);
}

Result<TlsAnswer> SocketTlsProbe::handshake(const TlsTarget& target, const Call& call) {
  const SigpipeGuard guard;  // OpenSSL writes with write(2)
  const Patience patience(call);
  const Descriptor socket = TRY(connect(target, patience));
  const SslPtr ssl = TRY(make_ssl(context_.get(), target, socket.get()));
  TRY(shake_hands(ssl.get(), socket.get(), patience, target.address.str() + " port " + std::to_string(target.port)));
  TlsAnswer answer = answer_of(ssl.get());
  SSL_shutdown(ssl.get());  // close_notify, if it fits into the socket at once; nobody waits for the peer's
  ERR_clear_error();
  return answer;
}

}  // namespace crest::adapters
