#include "adapters/curl_transport.hpp"

#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "adapters/raw_peer.hpp"

namespace crest::adapters {
namespace {

http::Request get(const std::string& url) { return {.method = "GET", .url = url}; }

// Answers each connection with `text` after it has read a request, and holds it open until the client goes.
std::function<void(RawPeer&)> saying(const std::string& text) {
  return [text](RawPeer& peer) {
    peer.receive_head();
    peer.send(text);
    peer.finish();
  };
}

Error error_of(const Result<http::Response>& response) {
  EXPECT_FALSE(response.has_value());
  return response ? Error{} : response.error();
}

TEST(CurlTransport, SendsWhatWasAskedAndNothingMore) {
  std::string seen;
  RawServer server([&](RawPeer& peer) {
    seen = peer.receive([](const std::string& text) { return text.ends_with("body"); });
    peer.send("HTTP/1.1 201 Created\r\nLocation:  /x \r\nReplay-Nonce: abc\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok");
  });
  CurlTransport transport;
  const http::Request request{.method = "POST",
                              .url = server.url("/a/../b?c=%2e"),
                              .headers = {{"Content-Type", "application/jose+json"}, {"X-Empty", ""}},
                              .body = "body"};
  const auto response = transport.send(request, {});
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->headers.get("location"), "/x");
  EXPECT_EQ(response->headers.get("replay-nonce"), "abc");
  EXPECT_EQ(response->headers.get("x-empty"), "");
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(response->final_url, "");
  EXPECT_TRUE(seen.starts_with("POST /a/../b?c=%2e HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("\r\nContent-Type: application/jose+json\r\n"), seen.npos);
  EXPECT_NE(seen.find("\r\nUser-Agent: crest/"), seen.npos) << "TR-02";
  EXPECT_NE(seen.find(" libcurl/"), seen.npos);
  EXPECT_NE(seen.find("\r\nX-Empty:"), seen.npos);
  EXPECT_EQ(seen.find("Accept-Encoding"), seen.npos) << "CF3";
  EXPECT_EQ(seen.find("Expect"), seen.npos);
  EXPECT_EQ(seen.find("Cookie"), seen.npos);
}

TEST(CurlTransport, MethodsFollowEachOtherOnOneConnection) {
  std::vector<std::string> lines;
  RawServer server([&](RawPeer& peer) {
    for (std::string head = peer.receive_head(); !head.empty(); head = peer.receive_head()) {
      lines.push_back(head.substr(0, head.find(' ')) + (head.ends_with("x") ? "+x" : ""));
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  CurlTransport transport;
  for (const char* method : {"GET", "POST", "HEAD", "GET", "DELETE", "PUT", "OPTIONS", "GET"}) {
    http::Request request = get(server.url());
    request.method = method;
    if (std::string_view(method) == "POST" || std::string_view(method) == "PUT") request.body = "x";
    const auto response = transport.send(request, {});
    ASSERT_TRUE(response) << method << response.error().describe();
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"GET", "POST+x", "HEAD", "GET", "DELETE", "PUT+x", "OPTIONS", "GET"}));
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlTransport, RefusesRequestsThatWouldBreakTheWire) {
  CurlTransport transport;
  http::Request request = get("http://127.0.0.1:9/");
  request.headers = {{"X", "a\r\nY: b"}};
  EXPECT_EQ(error_of(transport.send(request, {})).kind, ErrorKind::internal);
  request.headers = {{"X: y", "a"}};
  EXPECT_EQ(error_of(transport.send(request, {})).kind, ErrorKind::internal);
  request.headers = {};
  request.method = "GET / HTTP/1.1\r\nX: y\r\n\r\n";
  EXPECT_EQ(error_of(transport.send(request, {})).kind, ErrorKind::internal);
  for (const char* url : {"", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://user:pw@127.0.0.1/",
                          "http://127.0.0.1/\r\nX: y", "//127.0.0.1/", "gopher://127.0.0.1:70/x"}) {
    EXPECT_EQ(error_of(transport.send(get(url), {})).kind, ErrorKind::usage) << url;
  }
}

TEST(CurlTransport, CF1_SF44_BodyIsCappedWhileItComes) {
  std::atomic<std::size_t> sent{0};
  RawServer server([&](RawPeer& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");  // no length: endless
    const std::string piece(64u << 10, 'x');
    while (sent < (256u << 20) && peer.send(piece)) sent += piece.size();
  });
  CurlTransport transport;
  Call call;
  call.body_bytes_max = 100'000;
  const Error error = error_of(transport.send(get(server.url()), call));
  EXPECT_EQ(error.kind, ErrorKind::response_too_large);
  EXPECT_NE(error.message.find("100000"), std::string::npos);
  EXPECT_LT(sent, 64u << 20);
  RawServer exact(saying("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'y')));
  EXPECT_TRUE(transport.send(get(exact.url()), call));
}

TEST(CurlTransport, HTTP_05_ABodyMayBeCutAtTheCapInstead) {
  RawServer server([&](RawPeer& peer) {
    const bool again = peer.receive_head().find("/again") != std::string::npos;
    if (again) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole");
      peer.receive_all();
      return;
    }
    peer.send("HTTP/1.1 404 Not Found\r\nX: y\r\n\r\n");  // no length: endless
    while (peer.send(std::string(64u << 10, 'x'))) {
    }
  });
  CurlTransport transport;
  Call call;
  call.body_stops_at_cap = true;
  for (const std::size_t most : {std::size_t{1000}, std::size_t{0}}) {
    call.body_bytes_max = most;
    const auto cut = transport.send(get(server.url()), call);
    ASSERT_TRUE(cut) << cut.error().describe();
    EXPECT_EQ(cut->status, 404);
    EXPECT_EQ(cut->headers.get("x"), "y");
    EXPECT_EQ(cut->body, std::string(most, 'x'));
  }
  call.body_bytes_max = 5;
  EXPECT_EQ(transport.send(get(server.url("/again")), call)->body, "whole");
  call.body_bytes_max = 1000;
  RawServer broken(saying("HTTP/1.1 404 Not Found\r\nContent-Length: 10\r\n\r\nshort"));
  EXPECT_EQ(error_of(transport.send(get(broken.url()), call)).kind, ErrorKind::ca_protocol);
}

// A listener whose queue is full: it neither accepts nor refuses.
class FullListener {
 public:
  FullListener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket_.get(), 0), 0);
    address.sin_port = htons(local_port(socket_));
    for (int i = 0; i < 4; ++i) {
      waiting_.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      (void)::connect(waiting_.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(local_port(socket_)) + "/"; }

 private:
  Descriptor socket_;
  std::vector<Descriptor> waiting_;
};

TEST(CurlTransport, HTTP_06_TellsWhetherTheOtherEndAccepted) {
  CurlTransport transport;
  std::uint16_t free_port = 0;
  {
    const RawServer gone([](RawPeer&) {});
    free_port = gone.port();
  }
  RawServer silent([](RawPeer& peer) { peer.receive_all(); });
  RawServer closing([](RawPeer& peer) { peer.receive_head(); });
  RawServer answering(saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const FullListener full;
  const std::pair<std::string, bool> cases[] = {{"http://127.0.0.1:" + std::to_string(free_port) + "/", false},
                                                {full.url(), false},
                                                {silent.url(), true},
                                                {"https" + silent.url().substr(4), true},
                                                {closing.url(), true},
                                                {answering.url(), true}};
  for (const auto& [url, expected] : cases) {
    bool connected = false;
    Call call;
    call.idle = Duration(300);
    call.connect_to = "127.0.0.1";
    call.connected = &connected;
    const auto response = transport.send(get(url), call);
    EXPECT_EQ(connected, expected) << url << (response ? "" : response.error().describe());
  }
}

TEST(CurlTransport, CF10_SF44_HeadersAreCapped) {
  CurlTransport transport;
  std::string many = "HTTP/1.1 200 OK\r\n", interim;
  for (int i = 0; i < 200; ++i) many += "Link: <https://a/" + std::to_string(i) + ">;rel=\"alternate\"\r\n";
  for (int i = 0; i < 2000; ++i) interim += "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n";
  for (const std::string& text :
       {many + "\r\n", "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", interim}) {
    RawServer server(saying(text));
    EXPECT_EQ(error_of(transport.send(get(server.url()), {})).kind, ErrorKind::response_too_large)
        << text.substr(0, 50);
  }
  std::string enough = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 99; ++i) enough += "X: y\r\n";
  RawServer server(saying(enough + "Content-Length: 0\r\n\r\n"));
  EXPECT_TRUE(transport.send(get(server.url()), {}));
}

TEST(CurlTransport, CF2_SF44_DripAndSilenceEndInTime) {
  CurlTransport transport;
  Call call;
  call.total = Duration(400);
  call.idle = Duration(5'000);
  RawServer drip([](RawPeer& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (peer.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  });
  auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of(transport.send(get(drip.url()), call)).kind, ErrorKind::timeout) << "total";
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));

  call.total = Duration(20'000);
  call.idle = Duration(200);
  RawServer silent([](RawPeer& peer) {
    peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Le");
    peer.receive_all();
  });
  start = std::chrono::steady_clock::now();
  const Error error = error_of(transport.send(get(silent.url()), call));
  EXPECT_EQ(error.kind, ErrorKind::timeout) << "idle";
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(3));
  EXPECT_NE(error.message.find("answer"), std::string::npos) << error.message;

  // A TLS handshake that nobody answers.
  RawServer stalled([](RawPeer& peer) { peer.receive_all(); });
  const Error handshake = error_of(transport.send(get("https://127.0.0.1:" + std::to_string(stalled.port())), call));
  EXPECT_EQ(handshake.kind, ErrorKind::timeout);
  EXPECT_NE(handshake.message.find("handshake"), std::string::npos) << handshake.message;
  call.total = Duration(0);
  EXPECT_EQ(error_of(transport.send(get(silent.url()), call)).kind, ErrorKind::timeout);
}

TEST(CurlTransport, StopEndsACallAtOnce) {
  CurlTransport transport;
  std::stop_source stop;
  RawServer silent([&](RawPeer& peer) {
    peer.receive_head();
    stop.request_stop();
    peer.receive_all();
  });
  Call call;
  call.stop = stop.get_token();
  const auto start = std::chrono::steady_clock::now();
  const Error error = error_of(transport.send(get(silent.url()), call));
  EXPECT_EQ(error.kind, ErrorKind::timeout);
  EXPECT_NE(error.message.find("stopped"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(error_of(transport.send(get(silent.url()), call)).kind, ErrorKind::timeout) << "stopped before it began";
}

TEST(CurlTransport, CF3_SF44_CompressionIsRefused) {
  CurlTransport transport;
  for (const char* coding : {"gzip", "br", "deflate, gzip", "x"}) {
    RawServer server(
        saying("HTTP/1.1 200 OK\r\nContent-Encoding: " + std::string(coding) + "\r\nContent-Length: 1\r\n\r\nx"));
    EXPECT_EQ(error_of(transport.send(get(server.url()), {})).kind, ErrorKind::ca_protocol) << coding;
  }
  RawServer server(saying("HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 1\r\n\r\nx"));
  EXPECT_TRUE(transport.send(get(server.url()), {}));
}

TEST(CurlTransport, WhatIsNoHttpIsNamed) {
  CurlTransport transport;
  const std::pair<std::string, ErrorKind> cases[] = {
      {"SSH-2.0-OpenSSH_9.2\r\n", ErrorKind::ca_protocol},
      {"", ErrorKind::ca_protocol},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", ErrorKind::ca_protocol},
      {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", ErrorKind::ca_protocol},
      {"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n", ErrorKind::ca_protocol},
      {"HTTP/1.1 abc\r\n\r\n", ErrorKind::ca_protocol},
  };
  for (const auto& [text, kind] : cases) {
    RawServer server(saying(text));
    const Error error = error_of(transport.send(get(server.url()), {}));
    EXPECT_EQ(error.kind, kind) << text << " -> " << error.describe();
    EXPECT_NE(error.context.find(server.url()), std::string::npos);
  }
}

TEST(CurlTransport, FailuresToReachAreTold) {
  CurlTransport transport;
  std::uint16_t free_port = 0;
  {
    free_port = local_port(listen_on({"127.0.0.1", 0}).value().front());
  }
  const Error refused = error_of(transport.send(get("http://127.0.0.1:" + std::to_string(free_port) + "/"), {}));
  EXPECT_EQ(refused.kind, ErrorKind::connect);
  EXPECT_NE(refused.message.find("refused"), std::string::npos) << refused.message;
  Call call;
  call.total = Duration(5'000);
  const Error unknown = error_of(transport.send(get("http://no.such.name.invalid/"), call));
  EXPECT_TRUE(unknown.kind == ErrorKind::dns || unknown.kind == ErrorKind::timeout) << unknown.describe();
}

// Serves redirects: /loop, /deep/N, /else (another origin), /plain; everything else is 200 with its own head as body.
class RedirectServer {
 public:
  RedirectServer() : server_([this](RawPeer& peer) { serve(peer); }) {}
  std::string url(const std::string& path) const { return server_.url(path); }
  void redirect(const std::string& path, const std::string& to) { targets_[path] = to; }

 private:
  void serve(RawPeer& peer) {
    for (std::string head = peer.receive_head(); !head.empty(); head = peer.receive_head()) {
      const auto begin = head.find(' ') + 1;
      const auto target = targets_.find(head.substr(begin, head.find(' ', begin) - begin));
      if (target == targets_.end()) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(head.size()) + "\r\n\r\n" + head);
      } else {
        peer.send("HTTP/1.1 302 Found\r\nLocation: " + target->second + "\r\nContent-Length: 0\r\n\r\n");
      }
    }
  }

  std::map<std::string, std::string> targets_;  // written before anybody asks
  RawServer server_;
};

TEST(CurlTransport, CF7_RedirectsAreFollowedWithinBounds) {
  RedirectServer first, second, third;
  first.redirect("/one", "two?x=y");
  first.redirect("/two?x=y", "/three");
  first.redirect("/loop", "/pool");
  first.redirect("/pool", "/loop");
  first.redirect("/else", second.url("/there"));
  third.redirect("/else", second.url("/there"));
  first.redirect("/file", "file:///etc/passwd");
  first.redirect("/garbage", "http://[::");
  for (int i = 0; i < 10; ++i) first.redirect("/deep/" + std::to_string(i), "/deep/" + std::to_string(i + 1));
  CurlTransport transport;
  Call call;
  EXPECT_EQ(transport.send(get(first.url("/one")), call)->status, 302) << "not unless asked";

  call.redirects = Redirects::http_and_https;
  const auto followed = transport.send(get(first.url("/one")), call);
  ASSERT_TRUE(followed) << followed.error().describe();
  EXPECT_EQ(followed->status, 200);
  EXPECT_EQ(followed->final_url, first.url("/three"));
  EXPECT_EQ(transport.send({.method = "POST", .url = first.url("/one"), .body = "x"}, call)->status, 302) << "TR-15";
  for (const char* path : {"/loop", "/deep/0", "/file", "/garbage"}) {
    EXPECT_EQ(error_of(transport.send(get(first.url(path)), call)).kind, ErrorKind::ca_protocol) << path;
  }
  EXPECT_TRUE(transport.send(get(first.url("/deep/5")), call)) << "five hops are allowed";

  http::Request with_secret = get(first.url("/else"));
  with_secret.headers = {{"Authorization", "Basic xyz"}, {"X-Kept", "1"}};
  const auto elsewhere = transport.send(with_secret, call);
  ASSERT_TRUE(elsewhere);
  EXPECT_EQ(elsewhere->body.find("Authorization"), std::string::npos);
  EXPECT_NE(elsewhere->body.find("X-Kept"), std::string::npos);

  call.connect_to = "127.0.0.1";
  EXPECT_EQ(error_of(transport.send(get(third.url("/else")), call)).kind, ErrorKind::ca_protocol)
      << "bound to an address";
  call.connect_to.clear();
  call.redirects = Redirects::https_only;
  EXPECT_EQ(error_of(transport.send(get(first.url("/one")), call)).kind, ErrorKind::ca_protocol)
      << "never to plain http";
}

TEST(CurlTransport, SF42_ConnectToIsTheOnlyAddress) {
  std::string head;
  RawServer server([&](RawPeer& peer) {
    head = peer.receive_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.receive_all();
  });
  CurlTransport transport;
  Call call;
  call.connect_to = "127.0.0.1";
  const std::string url = "http://app.corp.example:" + std::to_string(server.port()) + "/x";
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(transport.send(get(url), call));
  EXPECT_NE(head.find("\r\nHost: app.corp.example:"), head.npos);
  EXPECT_EQ(server.connections(), 2) << "connections to strangers are not kept";
  call.connect_to = "app.corp.example";
  EXPECT_EQ(error_of(transport.send(get(url), call)).kind, ErrorKind::internal);

  const auto v6 = listen_on({"::1", 0});
  if (!v6) GTEST_SKIP() << "no IPv6 here";
  const std::uint16_t port = local_port(v6->front());
  std::thread peer([&] {
    pollfd wait{v6->front().get(), POLLIN, 0};
    if (::poll(&wait, 1, RawPeer::patience_ms) != 1) return;
    RawPeer accepted(Descriptor(::accept(v6->front().get(), nullptr, nullptr)));
    accepted.receive_head();
    accepted.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  call.connect_to = "::1";
  const auto response = transport.send(get("http://app.corp.example:" + std::to_string(port) + "/"), call);
  peer.join();
  ASSERT_TRUE(response) << response.error().describe();
  EXPECT_EQ(response->status, 204);
}

TEST(CurlTransport, CF81_ProxyOnlyWhereItWasNamedAndNeverForLoopback) {
  std::string head;
  RawServer proxy([&](RawPeer& peer) {
    head = peer.receive_head();
    peer.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
  });
  RawServer server(saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  const std::string named = "http://127.0.0.1:" + std::to_string(proxy.port());
  ::setenv("http_proxy", named.c_str(), 1);
  ::setenv("https_proxy", named.c_str(), 1);
  ::setenv("ALL_PROXY", named.c_str(), 1);
  CurlTransport transport;
  Call call;
  EXPECT_TRUE(transport.send(get(server.url()), call));
  call.total = Duration(3'000);
  EXPECT_FALSE(transport.send(get("http://no.such.name.invalid/"), call));
  EXPECT_EQ(proxy.connections(), 0);

  call.proxy = named;
  EXPECT_TRUE(transport.send(get(server.url()), call)) << "loopback goes straight";
  EXPECT_EQ(proxy.connections(), 0);
  ::setenv("no_proxy", "*", 1);
  EXPECT_EQ(transport.send(get("http://ca.corp.example/x"), call)->status, 407);
  EXPECT_TRUE(head.starts_with("GET http://ca.corp.example/x HTTP/1.1\r\n")) << head;
  const Error refused = error_of(transport.send(get("https://ca.corp.example/x"), call));
  EXPECT_EQ(refused.kind, ErrorKind::connect) << refused.describe();
  EXPECT_NE(refused.message.find("407"), std::string::npos) << refused.message;
  EXPECT_TRUE(head.starts_with("CONNECT ca.corp.example:443 HTTP/1.1\r\n")) << head;
  for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY", "no_proxy"}) ::unsetenv(name);
  for (const char* bad : {"socks5://127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1:1/path", "https://127.0.0.1:1"}) {
    call.proxy = bad;
    EXPECT_EQ(error_of(transport.send(get(server.url()), call)).kind, ErrorKind::config) << bad;
  }
}

TEST(CurlTransport, CF71_WritingToAClosedSocketKillsNobody) {
  CurlTransport transport;
  RawServer server([](RawPeer& peer) {
    peer.receive_head();
    peer.close();
  });
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(transport.send({.method = "POST", .url = server.url(), .body = std::string(5'000'000, 'x')}, {}));
  }
}

}  // namespace
}  // namespace crest::adapters
