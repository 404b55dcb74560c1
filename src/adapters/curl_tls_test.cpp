// CurlTransport and BeastServer over TLS: trust, names, dates, client certificates, and certificates that change.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/beast_server.hpp"
#include "adapters/curl_transport.hpp"
#include "adapters/test_pki.hpp"

namespace crest::adapters {
namespace {

class ShowPeer final : public http::Service {
 public:
  http::Response handle(const http::Request& request) override {
    http::Response response;
    response.status = 200;
    response.headers.add("X-Client", request.peer.certificate_der.empty() ? "unknown" : "known");
    response.body = request.method + " " + request.body;
    return response;
  }
};

class CurlTlsTest : public testing::Test {
 protected:
  void serve(ServerIdentity identity, const std::string& address = "127.0.0.1:0") {
    auto opened = BeastServer::open({.address = address, .identity = std::move(identity)}, log_);
    ASSERT_TRUE(opened) << opened.error().describe();
    server_ = std::move(*opened);
    ASSERT_TRUE(server_->start(service_));
  }
  http::Request get(const std::string& host = "127.0.0.1") const {
    return {.url = "https://" + host + ":" + std::to_string(server_->port()) + "/"};
  }
  Call trusting(const Trust& trust) const {
    Call call;
    call.trust = trust;
    return call;
  }
  Error error_of(const Call& call, const std::string& host = "127.0.0.1") {
    const auto response = transport_.send(get(host), call);
    EXPECT_FALSE(response) << host;
    return response ? Error{} : response.error();
  }

  NullLog log_;
  ShowPeer service_;
  std::unique_ptr<BeastServer> server_;
  CurlTransport transport_;
  TestPki pki_;
};

TEST_F(CurlTlsTest, TR_17_TrustBelongsToTheCall) {
  serve(pki_.identity());
  const Call trusted = trusting(pki_.trust());
  EXPECT_EQ(transport_.send(get(), trusted)->status, 200);
  EXPECT_EQ(transport_.send(get(), trusted)->status, 200);
  const Error none = error_of({});
  EXPECT_EQ(none.kind, ErrorKind::tls);
  EXPECT_NE(none.message.find("--trust"), std::string::npos) << none.message;
  EXPECT_EQ(error_of(trusting(TestPki("Other").trust())).kind, ErrorKind::tls);
  EXPECT_EQ(error_of(trusting({.mode = Trust::Mode::pem, .pem = ""})).kind, ErrorKind::config);
  EXPECT_EQ(error_of(trusting({.mode = Trust::Mode::pem, .pem = "no certificate"})).kind, ErrorKind::config);
  EXPECT_EQ(transport_.send(get(), trusting({.mode = Trust::Mode::none}))->status, 200);
  EXPECT_EQ(error_of({}).kind, ErrorKind::tls) << "that one call believed anything leaves no mark";
  EXPECT_EQ(transport_.send(get(), trusted)->status, 200);
}

TEST_F(CurlTlsTest, NameAndDatesAreChecked) {
  using Type = x509::SubjectName::Type;
  const auto serve_leaf = [&](const TestPki::Leaf& leaf) { serve({leaf.chain_pem, leaf.key_pem, {}}); };
  const Call call = trusting(pki_.trust());
  serve_leaf(pki_.leaf({{Type::dns, "other.corp.example"}}));
  const Error name = error_of(call);
  EXPECT_EQ(name.kind, ErrorKind::tls);
  EXPECT_NE(name.message.find("not for 127.0.0.1"), std::string::npos) << name.message;
  serve_leaf(pki_.leaf({{Type::ip, "127.0.0.1"}}, Duration(7'200'000), Duration(3'600'000)));
  const Error expired = error_of(call);
  EXPECT_EQ(expired.kind, ErrorKind::tls);
  EXPECT_NE(expired.message.find("expired"), std::string::npos) << expired.message;
  serve_leaf(pki_.leaf({{Type::ip, "127.0.0.1"}}, Duration(-3'600'000)));
  const Error early = error_of(call);
  EXPECT_NE(early.message.find("not valid yet"), std::string::npos) << early.message;
  // The name is checked against the URL, not against the address that was connected to.
  serve_leaf(pki_.leaf({{Type::dns, "app.corp.example"}}));
  Call pinned = call;
  pinned.connect_to = "127.0.0.1";
  EXPECT_TRUE(transport_.send(get("app.corp.example"), pinned));
  EXPECT_EQ(error_of(pinned, "www.corp.example").kind, ErrorKind::tls);
}

TEST_F(CurlTlsTest, PlainServerIsNamed) {
  auto opened = BeastServer::open({.address = "127.0.0.1:0"}, log_);
  ASSERT_TRUE(opened);
  server_ = std::move(*opened);
  ASSERT_TRUE(server_->start(service_));
  const Error error = error_of(trusting(pki_.trust()));
  EXPECT_EQ(error.kind, ErrorKind::tls);
  EXPECT_NE(error.message.find("does not speak TLS"), std::string::npos) << error.message;
}

TEST_F(CurlTlsTest, ClientCertificateIsShownOnlyByItsCall) {
  ServerIdentity identity = pki_.identity();
  identity.client_trust_pem = pki_.root_pem();
  serve(identity);
  const TestPki::Leaf leaf = pki_.leaf(), stranger = TestPki("Other").leaf();
  const ClientIdentity known{leaf.chain_pem, leaf.key_pem}, unknown{stranger.chain_pem, stranger.key_pem};
  const ClientIdentity torn{leaf.chain_pem, stranger.key_pem};
  Call call = trusting(pki_.trust());
  EXPECT_EQ(transport_.send(get(), call)->headers.get("X-Client"), "unknown");
  call.identity = &known;
  EXPECT_EQ(transport_.send(get(), call)->headers.get("X-Client"), "known");
  EXPECT_EQ(transport_.send(get(), call)->headers.get("X-Client"), "known");
  call.identity = nullptr;
  EXPECT_EQ(transport_.send(get(), call)->headers.get("X-Client"), "unknown");
  call.identity = &unknown;
  EXPECT_FALSE(transport_.send(get(), call));
  call.identity = &torn;
  const auto refused = transport_.send(get(), call);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::config) << refused.error().describe();
}

TEST_F(CurlTlsTest, IPv6Works) {
  auto opened = BeastServer::open({.address = "[::1]:0", .identity = pki_.identity()}, log_);
  if (!opened) GTEST_SKIP() << opened.error().describe();
  server_ = std::move(*opened);
  ASSERT_TRUE(server_->start(service_));
  const auto response = transport_.send(get("[::1]"), trusting(pki_.trust()));
  ASSERT_TRUE(response) << response.error().describe();
}

TEST_F(CurlTlsTest, CertificateIsSwappedWhileConnectionsGoOn) {
  const TestPki other("Next Root");
  serve(pki_.identity());
  const Call old_call = trusting(pki_.trust()), new_call = trusting(other.trust());
  ASSERT_TRUE(transport_.send(get(), old_call));
  const TestPki::Leaf next = other.leaf(), third = pki_.leaf();
  EXPECT_FALSE(server_->set_certificate(next.chain_pem, third.key_pem)) << "no pair";
  ASSERT_TRUE(server_->set_certificate(next.chain_pem, next.key_pem));
  EXPECT_TRUE(transport_.send(get(), old_call)) << "the connection that stands goes on";
  EXPECT_TRUE(transport_.send(get(), new_call)) << "a new one sees the new certificate";
  CurlTransport fresh;
  EXPECT_FALSE(fresh.send(get(), old_call));
}

TEST_F(CurlTlsTest, SixtyFourClientsAtOnceWhileTheCertificateChanges) {
  constexpr int clients = 64, requests = 20;
  serve(pki_.identity());
  std::atomic<int> good{0};
  std::atomic<bool> done{false};
  std::thread swapper([&] {
    while (!done) {
      const TestPki::Leaf leaf = pki_.leaf();
      if (!server_->set_certificate(leaf.chain_pem, leaf.key_pem)) ADD_FAILURE();
    }
  });
  std::vector<std::thread> threads;
  for (int client = 0; client < clients; ++client) {
    threads.emplace_back([&, client] {
      const Call call = trusting(pki_.trust());
      for (int i = 0; i < requests; ++i) {
        http::Request request = get();
        request.method = "POST";
        request.body = std::to_string(client) + "/" + std::to_string(i);
        const auto response = transport_.send(request, call);
        if (response && response->body == "POST " + request.body) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  done = true;
  swapper.join();
  EXPECT_EQ(good, clients * requests);
}

}  // namespace
}  // namespace crest::adapters
