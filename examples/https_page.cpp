// A page over HTTPS with a certificate that crest keeps: a renewed pair serves the next handshake, without a restart.
//
//   https_page STATE NAME PORT
//
// One connection at a time and no request parsing: the point is the swap.
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include <crest/client.hpp>

namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using TlsPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;

constexpr timeval patience{5, 0};

// The live set as a TLS context. The folder is one generation: key and chain in it belong together.
ContextPtr make_context(const std::string& folder) {
  ContextPtr context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (SSL_CTX_use_certificate_chain_file(context.get(), (folder + "/fullchain.pem").c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), (folder + "/privkey.pem").c_str(), SSL_FILETYPE_PEM) != 1) {
    context.reset();
  }
  return context;
}

// Serves `name` from `client`'s state; loads the pair anew when its generation is another than before.
class Page {
 public:
  Page(const crest::Client& client, std::string name) : client_(client), name_(std::move(name)) {}

  void serve(int connection) {
    refresh();
    if (!context_) return;
    const TlsPtr tls(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(tls.get(), connection);
    if (SSL_accept(tls.get()) != 1) return;
    char request[4096];
    if (SSL_read(tls.get(), request, sizeof request) <= 0) return;
    const std::string body = "served with certificate " + serial_ + "\n";
    const std::string response =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body;
    SSL_write(tls.get(), response.data(), static_cast<int>(response.size()));
    SSL_shutdown(tls.get());
  }

 private:
  void refresh() {
    const auto live = client_.show(name_);
    if (!live || (context_ && live->generation == generation_)) return;
    ContextPtr fresh = make_context(live->folder);
    if (!fresh) return;  // what it has still serves
    context_ = std::move(fresh);
    generation_ = live->generation;
    serial_ = live->serial;
  }

  const crest::Client& client_;
  std::string name_, serial_;
  ContextPtr context_{nullptr, SSL_CTX_free};
  std::uint64_t generation_ = 0;
};

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener, 64) != 0) {
    ::close(listener);
    return -1;
  }
  return listener;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return std::fprintf(stderr, "usage: https_page STATE NAME PORT\n"), 64;
  auto client = crest::Client::open({.directory = "", .state_dir = words[1]});
  if (!client) return std::fprintf(stderr, "https_page: %s\n", client.error().describe().c_str()), 2;
  const int listener = listen_on(static_cast<std::uint16_t>(std::atoi(words[3])));
  if (listener < 0) return std::perror("https_page: cannot listen"), 2;
  Page page(*client, words[2]);
  for (int connection = ::accept(listener, nullptr, nullptr); connection >= 0;
       connection = ::accept(listener, nullptr, nullptr)) {
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    page.serve(connection);
    ::close(connection);
  }
}
