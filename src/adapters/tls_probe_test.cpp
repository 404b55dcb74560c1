#include "adapters/tls_probe.hpp"

#include <functional>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "acme/challenge.hpp"
#include "adapters/listen_socket.hpp"
#include "adapters/sigpipe_guard.hpp"
#include "ca/testing/fake_network.hpp"
#include "ca/testing/manual_clock.hpp"
#include "ca/va/tls_alpn01.hpp"
#include "crypto/openssl.hpp"
#include "x509/test_certificates.hpp"

namespace crest::adapters {
namespace {

using namespace x509::test;
using SslPtr = crypto::Owned<SSL, SSL_free>;
using ContextPtr = crypto::Owned<SSL_CTX, SSL_CTX_free>;

constexpr int patience_ms = 10'000;
const std::string key_authorization = "token.thumbprint";

// A TLS server on loopback that a test bends; what it saw of the last client is there once the server is gone.
class BentServer {
 public:
  struct Ways {
    int version_min = TLS1_2_VERSION, version_max = TLS1_3_VERSION;
    std::string alpn = "acme-tls/1";  // chosen if it is offered; "" ignores the extension
    bool alert_without_alpn = true;
    bool silent = false;  // accepts, and says nothing
    bool hangs_up = false;
    std::vector<x509::Certificate> more_certificates = {};
  };
  struct Seen {
    std::string server_name, alpn_offer;
    bool resumed = false, said_goodbye = false;
    int application_octets = 0;
  };

  BentServer(x509::Certificate certificate, Ways ways, const char* address = "127.0.0.1")
      : ways_(std::move(ways)),
        listener_(std::move(listen_on({address, 0}).value().front())),
        context_(SSL_CTX_new(TLS_server_method())) {
    const auto pem = key().to_pem();
    const crypto::BioPtr text(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
    const crypto::PkeyPtr owned(PEM_read_bio_PrivateKey(text.get(), nullptr, nullptr, nullptr));
    const Bytes& der = certificate.der();
    SSL_CTX_set_security_level(context_.get(), 0);
    EXPECT_EQ(SSL_CTX_use_certificate_ASN1(context_.get(), static_cast<int>(der.size()), der.data()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), owned.get()), 1);
    for (const auto& more : ways_.more_certificates) {
      const unsigned char* data = more.der().data();
      SSL_CTX_add0_chain_cert(context_.get(), d2i_X509(nullptr, &data, static_cast<long>(more.der().size())));
    }
    SSL_CTX_set_min_proto_version(context_.get(), ways_.version_min);
    SSL_CTX_set_max_proto_version(context_.get(), ways_.version_max);
    SSL_CTX_set_alpn_select_cb(context_.get(), choose, this);
    thread_ = std::thread([this] { run(); });
  }
  ~BentServer() { finish(); }
  void finish() {
    ending_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::uint16_t port() const { return local_port(listener_); }
  const Seen& seen() const { return seen_; }  // after finish()
  int connections() const { return connections_; }

 private:
  static int choose(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offer, unsigned count,
                    void* self_pointer) {
    auto* self = static_cast<BentServer*>(self_pointer);
    self->seen_.alpn_offer = to_text(ByteView(offer, count));
    if (self->ways_.alpn.empty()) return SSL_TLSEXT_ERR_NOACK;
    for (unsigned i = 0; i < count; i += 1u + offer[i]) {
      if (as_text(ByteView(offer + i + 1, offer[i])) != self->ways_.alpn) continue;
      *out = offer + i + 1;
      *size = offer[i];
      return SSL_TLSEXT_ERR_OK;
    }
    return self->ways_.alert_without_alpn ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
  }
  void run() {
    const SigpipeGuard guard;
    while (!ending_) {
      pollfd wait{listener_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 10) != 1) continue;
      const Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      ++connections_;
      if (ways_.silent) {
        while (!ending_) ::poll(nullptr, 0, 5);
      } else if (!ways_.hangs_up) {
        serve(socket);
      }
    }
  }
  void serve(const Descriptor& socket) {
    const timeval patience{patience_ms / 1000, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const SslPtr ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), socket.get());
    const bool accepted = SSL_accept(ssl.get()) == 1;
    const char* name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    seen_.server_name = name ? name : "";
    seen_.resumed = SSL_session_reused(ssl.get()) == 1;
    if (accepted) {
      char octets[64];
      const int count = SSL_read(ssl.get(), octets, sizeof octets);
      if (count > 0) seen_.application_octets = count;
      seen_.said_goodbye = (SSL_get_shutdown(ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
    }
    ERR_clear_error();
  }

  Ways ways_;
  Seen seen_;
  Descriptor listener_;
  ContextPtr context_;
  std::atomic<bool> ending_ = false;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

x509::Certificate certificate_for(const x509::SubjectName& name) {
  const auto digest = acme::key_authorization_digest(key_authorization);
  return x509::tls_alpn_certificate(key(), name, digest, serial(), year_2026).value();
}

x509::TlsTarget target(std::uint16_t port, std::string name = "a.example", const char* address = "127.0.0.1") {
  return {.address = encoding::IpAddress::parse(address).value(),
          .port = port,
          .server_name = std::move(name),
          .alpn = {"acme-tls/1"}};
}

TEST(SocketTlsProbe, TLS_04_TLS_05_TLS_07_WhatItOffersAndWhatItTells) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto certificate = certificate_for(x509::test::dns("a.example"));
    BentServer server(certificate, {.version_min = version, .version_max = version});
    SocketTlsProbe probe;
    for (int i = 0; i < 2; ++i) {
      const auto answer = probe.handshake(target(server.port()), Call());
      ASSERT_TRUE(answer) << answer.error().describe();
      EXPECT_EQ(answer->protocol, version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
      EXPECT_EQ(answer->alpn, "acme-tls/1");
      ASSERT_EQ(answer->chain_der.size(), 1u);
      EXPECT_EQ(answer->chain_der[0], certificate.der());
    }
    server.finish();
    EXPECT_EQ(server.seen().server_name, "a.example");
    EXPECT_EQ(server.seen().alpn_offer,
              "\x0a"
              "acme-tls/1");
    EXPECT_FALSE(server.seen().resumed);
    EXPECT_TRUE(server.seen().said_goodbye);
    EXPECT_EQ(server.seen().application_octets, 0);
  }
}

TEST(SocketTlsProbe, TheWholeChainAndNoServerName) {
  BentServer server(certificate_for(x509::test::dns("a.example")),
                    {.more_certificates = {pki().intermediate, pki().root}});
  SocketTlsProbe probe;
  auto plain = target(server.port(), "");
  plain.alpn.clear();
  const auto answer = probe.handshake(plain, Call());
  ASSERT_TRUE(answer) << answer.error().describe();
  EXPECT_EQ(answer->alpn, "");
  ASSERT_EQ(answer->chain_der.size(), 3u);
  EXPECT_EQ(answer->chain_der[2], pki().root.der());
  server.finish();
  EXPECT_EQ(server.seen().server_name, "");
  EXPECT_EQ(server.seen().alpn_offer, "");
}

TEST(SocketTlsProbe, TLS_07_Tls11IsNotSpoken) {
  BentServer server(certificate_for(x509::test::dns("a.example")),
                    {.version_min = TLS1_VERSION, .version_max = TLS1_1_VERSION});
  SocketTlsProbe probe;
  const auto answer = probe.handshake(target(server.port()), Call());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, ErrorKind::tls);
}

TEST(SocketTlsProbe, TLS_05_AServerWithoutTheProtocol) {
  BentServer refusing(certificate_for(x509::test::dns("a.example")), {.alpn = "http/1.1"});
  SocketTlsProbe probe;
  const auto refused = probe.handshake(target(refusing.port()), Call());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::tls);
  EXPECT_NE(refused.error().message.find("application protocol"), std::string::npos) << refused.error().message;
  BentServer ignoring(certificate_for(x509::test::dns("a.example")), {.alpn = ""});
  const auto ignored = probe.handshake(target(ignoring.port()), Call());
  ASSERT_TRUE(ignored);
  EXPECT_EQ(ignored->alpn, "");
}

TEST(SocketTlsProbe, CHL_20_EveryStepEndsInTime) {
  SocketTlsProbe probe;
  BentServer silent(certificate_for(x509::test::dns("a.example")), {.silent = true});
  Call call;
  call.total = std::chrono::milliseconds(50);
  const auto late = probe.handshake(target(silent.port()), call);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::timeout);
  call.total = Duration(0);
  EXPECT_FALSE(probe.handshake(target(silent.port()), call));

  BentServer second(certificate_for(x509::test::dns("a.example")), {.silent = true});
  std::stop_source stop;
  call.total = std::chrono::seconds(60);
  call.stop = stop.get_token();
  std::thread stopper([&] {
    while (second.connections() == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto stopped = probe.handshake(target(second.port()), call);
  stopper.join();
  ASSERT_FALSE(stopped);
  EXPECT_NE(stopped.error().message.find("stopped"), std::string::npos);
}

TEST(SocketTlsProbe, FailuresHaveTheirKinds) {
  SocketTlsProbe probe;
  std::uint16_t free_port = 0;
  {
    const auto held = listen_on({"127.0.0.1", 0}).value();
    free_port = local_port(held.front());
  }
  const auto refused = probe.handshake(target(free_port), Call());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::connect);
  BentServer rude(certificate_for(x509::test::dns("a.example")), {.hangs_up = true});
  const auto cut = probe.handshake(target(rude.port()), Call());
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().kind, ErrorKind::tls);
}

TEST(SocketTlsProbe, IPv6) {
  BentServer server(certificate_for(x509::test::dns("a.example")), {}, "::1");
  SocketTlsProbe probe;
  EXPECT_TRUE(probe.handshake(target(server.port(), "a.example", "::1"), Call()));
}

// The method on the real adapter: whatever the responder does, the verdict says what to do.
TEST(SocketTlsProbe, SF46_TLS_06_TLS_10_ProvesNamesAndAddresses) {
  SocketTlsProbe probe;
  ca::testing::FakeResolver resolver;
  ca::testing::ManualClock clock;
  resolver.hosts["a.example"] = {"127.0.0.1"};
  const auto verdict = [&](std::uint16_t port, acme::Identifier identifier) {
    ca::va::TlsAlpn01::Options options{.port = port};
    options.egress.allow = {{encoding::IpNetwork::parse("127.0.0.0/8").value(), ""}};
    const ca::va::TlsAlpn01 method(options, {resolver, probe, clock});
    const auto found = method.validate(
        {.identifier = std::move(identifier), .key_authorization = key_authorization, .method = "tls-alpn-01"}, {});
    return found.problem ? std::string(found.problem->acme_word()) : "valid";
  };
  const acme::Identifier name{.value = "a.example"}, address{acme::IdentifierType::ip, "127.0.0.1"};
  BentServer good(certificate_for(x509::test::dns("a.example")), {});
  EXPECT_EQ(verdict(good.port(), name), "valid");
  EXPECT_EQ(verdict(good.port(), address), "unauthorized");
  BentServer by_address(certificate_for(ip("127.0.0.1")), {});
  EXPECT_EQ(verdict(by_address.port(), address), "valid");
  by_address.finish();
  EXPECT_EQ(by_address.seen().server_name, "1.0.0.127.in-addr.arpa");
  BentServer without(certificate_for(x509::test::dns("a.example")), {.alpn = ""});
  EXPECT_EQ(verdict(without.port(), name), "unauthorized");
  BentServer other(certificate_for(x509::test::dns("a.example")), {.alpn = "h2"});
  EXPECT_EQ(verdict(other.port(), name), "tls");
  BentServer old(certificate_for(x509::test::dns("a.example")),
                 {.version_min = TLS1_1_VERSION, .version_max = TLS1_1_VERSION});
  EXPECT_EQ(verdict(old.port(), name), "tls");
  BentServer ordinary(pki().leaf, {});
  EXPECT_EQ(verdict(ordinary.port(), name), "unauthorized");
}

}  // namespace
}  // namespace crest::adapters
