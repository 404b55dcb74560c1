#include "adapters/server_channel.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace crest::adapters {
namespace {

constexpr char groups[] = "X25519:P-256:P-384";
constexpr char tls12_ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr unsigned char session_context[] = "crest";
constexpr unsigned char alpn_http11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
constexpr int client_chain_depth_max = 5;

// OpenSSL's own socket BIO writes with write(2) and so raises SIGPIPE in a process that is not ours.
int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int socket = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const ssize_t count = ::send(socket, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const int socket = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
  const ssize_t count = ::recv(socket, data, static_cast<std::size_t>(size), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(count);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

int choose_http11(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                  unsigned int offered_size, void*) {
  unsigned char* match = nullptr;
  if (SSL_select_next_proto(&match, size, alpn_http11, sizeof alpn_http11, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 section 3.2
  }
  *chosen = match;
  return SSL_TLSEXT_ERR_OK;
}

using BioPtr = std::unique_ptr<BIO, int (*)(BIO*)>;
using X509Ptr = std::unique_ptr<X509, void (*)(X509*)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

BioPtr memory_of(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(std::min<std::size_t>(text.size(), 1u << 24))), BIO_free};
}

// Without a callback OpenSSL would ask for the passphrase of an encrypted key on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Error bad(const char* what) {
  ERR_clear_error();
  return make_error(ErrorKind::config, what, "listener");
}

Result<void> use_chain(SSL_CTX* context, std::string_view chain_pem) {
  const BioPtr text = memory_of(chain_pem);
  const X509Ptr leaf(PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr), X509_free);
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) {
    return bad("the listener's certificate is not one PEM block after another, leaf first");
  }
  while (X509* issuer = PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, issuer) == 1) continue;
    X509_free(issuer);
    return bad("the listener's chain has a certificate that OpenSSL does not take");
  }
  ERR_clear_error();
  return {};
}

Result<void> use_key(SSL_CTX* context, const Secret& key_pem) {
  const BioPtr text = memory_of(key_pem.reveal());
  const KeyPtr key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_passphrase, nullptr), EVP_PKEY_free);
  if (!key) return bad("the listener's key is no private key in PEM, or is encrypted");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return bad("the listener's key does not belong to its certificate");
  }
  return {};
}

Result<void> believe_clients_of(SSL_CTX* context, std::string_view trust_pem) {
  const BioPtr text = memory_of(trust_pem);
  int count = 0;
  for (;; ++count) {
    const X509Ptr anchor(PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr), X509_free);
    if (!anchor) break;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), anchor.get()) != 1 ||
        SSL_CTX_add_client_CA(context, anchor.get()) != 1) {
      return bad("an anchor for client certificates is not one that OpenSSL takes");
    }
  }
  ERR_clear_error();
  if (count == 0) return bad("the anchors for client certificates are no certificates in PEM");
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_verify_depth(context, client_chain_depth_max);
  return {};
}

}  // namespace

Result<ServerTls> make_server_tls(std::string_view chain_pem, const Secret& key_pem,
                                  std::string_view client_trust_pem) {
  ServerTls tls(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* context = tls.get();
  if (context == nullptr) return bad("OpenSSL has no TLS; check its configuration");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);                           // one recv(2) for header and body of a record
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets carry the state: nothing grows here
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_session_id_context(context, session_context, sizeof session_context);
  SSL_CTX_set_alpn_select_cb(context, choose_http11, nullptr);
  if (SSL_CTX_set1_groups_list(context, groups) != 1 || SSL_CTX_set_cipher_list(context, tls12_ciphers) != 1) {
    return bad("OpenSSL lacks the usual groups and ciphers; check its configuration");
  }
  TRY(use_chain(context, chain_pem));
  TRY(use_key(context, key_pem));
  if (!client_trust_pem.empty()) TRY(believe_clients_of(context, client_trust_pem));
  return tls;
}

ServerChannel::ServerChannel(int socket, const ServerTls& tls) : socket_(socket) {
  if (!tls) return;
  ssl_ = SSL_new(tls.get());
  BIO* bio = BIO_new(socket_method());
  if (ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(socket)));
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_accept_state(ssl_);
}

ServerChannel::~ServerChannel() { SSL_free(ssl_); }

ServerChannel::Outcome ServerChannel::outcome_of(int result) const {
  if (result > 0) return {Status::done, static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ: return {Status::want_read};
    case SSL_ERROR_WANT_WRITE: return {Status::want_write};
    default: ERR_clear_error(); return {Status::closed};
  }
}

ServerChannel::Status ServerChannel::handshake() {
  if (ssl_ == nullptr) return Status::done;
  ERR_clear_error();
  return outcome_of(SSL_do_handshake(ssl_)).status;
}

ServerChannel::Outcome ServerChannel::read(std::span<char> into) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    return outcome_of(SSL_read(ssl_, into.data(), static_cast<int>(into.size())));
  }
  const ssize_t count = ::recv(socket_, into.data(), into.size(), 0);
  if (count > 0) return {Status::done, static_cast<std::size_t>(count)};
  return {count < 0 && (errno == EAGAIN || errno == EINTR) ? Status::want_read : Status::closed};
}

ServerChannel::Outcome ServerChannel::write(std::string_view data) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    return outcome_of(SSL_write(ssl_, data.data(), static_cast<int>(std::min<std::size_t>(data.size(), 1u << 30))));
  }
  const ssize_t count = ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
  if (count >= 0) return {Status::done, static_cast<std::size_t>(count)};
  return {errno == EAGAIN || errno == EINTR ? Status::want_write : Status::closed};
}

void ServerChannel::say_goodbye() {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  ::shutdown(socket_, SHUT_WR);
}

bool ServerChannel::has_buffered() const { return ssl_ != nullptr && SSL_has_pending(ssl_) == 1; }

std::string ServerChannel::client_certificate_der() const {
  if (ssl_ == nullptr || SSL_get_verify_result(ssl_) != X509_V_OK) return {};
  const X509* certificate = SSL_get0_peer_certificate(ssl_);
  unsigned char* der = nullptr;
  const int size = certificate != nullptr ? i2d_X509(certificate, &der) : 0;
  std::string text(reinterpret_cast<const char*>(der), size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(der);
  return text;
}

}  // namespace crest::adapters
