#include "adapters/server_channel.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "adapters/descriptor.hpp"
#include "adapters/test_pki.hpp"

namespace crest::adapters {
namespace {

using ContextPtr = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;
using SslPtr = std::unique_ptr<SSL, void (*)(SSL*)>;
using SessionPtr = std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)>;

// A ServerChannel and an OpenSSL client on the two ends of a socket pair, taking turns on one thread.
class ServerChannelTest : public testing::Test {
 protected:
  ServerChannelTest() {
    const TestPki::Leaf leaf = pki_.leaf();
    tls_ = make_server_tls(leaf.chain_pem, leaf.key_pem).value();
  }

  bool shake_hands(int version_max, std::string_view alpn = {}, SSL_SESSION* session = nullptr) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) return false;
    server_end_ = Descriptor(ends[0]);
    client_end_ = Descriptor(ends[1]);
    channel_ = std::make_unique<ServerChannel>(ends[0], tls_);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    SSL_CTX_set_security_level(context_.get(), 0);
    client_.reset(SSL_new(context_.get()));
    SSL_set_fd(client_.get(), ends[1]);
    if (session != nullptr) SSL_set_session(client_.get(), session);
    if (!alpn.empty()) {
      SSL_set_alpn_protos(client_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
    }
    for (int turn = 0; turn < 20; ++turn) {
      const bool client_done = SSL_connect(client_.get()) == 1;
      const auto status = channel_->handshake();
      if (status == ServerChannel::Status::closed) return false;
      if (client_done && status == ServerChannel::Status::done) return true;
    }
    return false;
  }

  TestPki pki_;
  ServerTls tls_;
  Descriptor server_end_, client_end_;
  std::unique_ptr<ServerChannel> channel_;
  ContextPtr context_{SSL_CTX_new(TLS_client_method()), SSL_CTX_free};
  SslPtr client_{nullptr, SSL_free};
};

TEST_F(ServerChannelTest, SpeaksTls12And13Only) {
  EXPECT_TRUE(shake_hands(TLS1_3_VERSION));
  EXPECT_STREQ(SSL_get_version(client_.get()), "TLSv1.3");
  EXPECT_TRUE(shake_hands(TLS1_2_VERSION));
  EXPECT_STREQ(SSL_get_version(client_.get()), "TLSv1.2");
  EXPECT_FALSE(shake_hands(TLS1_1_VERSION));
}

TEST_F(ServerChannelTest, ChoosesHttp11ByAlpn) {
  EXPECT_TRUE(shake_hands(TLS1_3_VERSION, "\x02h2\x08http/1.1"));
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(client_.get(), &chosen, &size);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  EXPECT_FALSE(shake_hands(TLS1_3_VERSION, "\x02h2"));
  EXPECT_FALSE(shake_hands(TLS1_3_VERSION,
                           "\x0a"
                           "acme-tls/1"));
}

TEST_F(ServerChannelTest, TicketsResumeUnderTheSameCertificateOnly) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    ASSERT_TRUE(shake_hands(version));
    ASSERT_EQ(channel_->write("x").status, ServerChannel::Status::done);
    char octet = 0;
    ASSERT_EQ(SSL_read(client_.get(), &octet, 1), 1);  // takes the ticket in, too
    const SessionPtr session(SSL_get1_session(client_.get()), SSL_SESSION_free);
    SSL_shutdown(client_.get());
    ASSERT_TRUE(shake_hands(version, {}, session.get()));
    EXPECT_TRUE(SSL_session_reused(client_.get())) << version;
  }
  ASSERT_TRUE(shake_hands(TLS1_2_VERSION));
  const SessionPtr session(SSL_get1_session(client_.get()), SSL_SESSION_free);
  SSL_shutdown(client_.get());
  const TestPki::Leaf next = pki_.leaf();
  tls_ = make_server_tls(next.chain_pem, next.key_pem).value();
  ASSERT_TRUE(shake_hands(TLS1_2_VERSION, {}, session.get()));
  EXPECT_FALSE(SSL_session_reused(client_.get()));
}

TEST_F(ServerChannelTest, ReadsWritesAndSaysGoodbye) {
  ASSERT_TRUE(shake_hands(TLS1_3_VERSION));
  std::array<char, 3> buffer{};
  EXPECT_EQ(channel_->read(buffer).status, ServerChannel::Status::want_read);
  ASSERT_EQ(SSL_write(client_.get(), "hello", 5), 5);
  EXPECT_EQ(channel_->read(buffer).count, 3u);
  EXPECT_TRUE(channel_->has_buffered()) << "the socket will not announce the rest";
  EXPECT_EQ(channel_->read(buffer).count, 2u);
  EXPECT_FALSE(channel_->has_buffered());
  EXPECT_EQ(channel_->client_certificate_der(), "");

  const std::string large(4u << 20, 'x');
  std::size_t sent = 0;
  ServerChannel::Outcome outcome{ServerChannel::Status::done};
  while (outcome.status == ServerChannel::Status::done && sent < large.size()) {
    outcome = channel_->write(std::string_view(large).substr(sent));
    sent += outcome.count;
  }
  EXPECT_EQ(outcome.status, ServerChannel::Status::want_write) << "a full socket does not block";
  client_end_.close();
  EXPECT_EQ(channel_->write(std::string_view(large).substr(sent)).status, ServerChannel::Status::closed);
  channel_->say_goodbye();  // CF71: no SIGPIPE
}

}  // namespace
}  // namespace crest::adapters
