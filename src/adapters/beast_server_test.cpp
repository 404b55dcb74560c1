#include "adapters/beast_server.hpp"

#include <atomic>
#include <condition_variable>
#include <sys/resource.h>
#include <thread>

#include <gtest/gtest.h>

#include "adapters/raw_peer.hpp"
#include "adapters/test_pki.hpp"

namespace crest::adapters {
namespace {

// Answers with what it was asked; "/block" waits until released.
class EchoService final : public http::Service {
 public:
  http::Response handle(const http::Request& request) override {
    ++requests_;
    if (request.url == "/throw") throw std::runtime_error("a bug");
    if (request.url == "/block") {
      std::unique_lock lock(mutex_);
      ++blocked_;
      changed_.notify_all();
      changed_.wait(lock, [this] { return released_; });
    }
    http::Response response;
    response.status = 200;
    response.headers.add("X-Peer", request.peer.address);
    response.headers.add("X-Request", request.peer.request_id);
    response.headers.add("X-Split", "a\r\nX-Forged: 1");
    response.headers.add("Content-Length", "999");
    response.body =
        request.url == "/big" ? std::string(3'000'000, 'b') : request.method + " " + request.url + " " + request.body;
    return response;
  }
  void wait_blocked(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return blocked_ >= count; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }
  int requests() const { return requests_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool released_ = false;
  int blocked_ = 0;
  std::atomic<int> requests_{0};
};

class BeastServerTest : public testing::Test {
 protected:
  void serve(ServerOptions options) {
    if (options.address.empty()) options.address = "127.0.0.1:0";
    auto opened = BeastServer::open(std::move(options), log_);
    ASSERT_TRUE(opened) << opened.error().describe();
    server_ = std::move(*opened);
    ASSERT_TRUE(server_->start(service_));
  }
  RawPeer connect() const { return RawPeer::connect(server_->port()); }
  std::string ask(std::string_view request) {
    RawPeer peer = connect();
    peer.send(request);
    return peer.receive_all();
  }

  NullLog log_;
  EchoService service_;
  std::unique_ptr<BeastServer> server_;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

int count_of(const std::string& text, std::string_view part) {
  int count = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

TEST_F(BeastServerTest, AnswersWithItsOwnFraming) {
  serve({});
  const std::string answer = ask("GET /x?y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\nDate: ")) << answer;
  EXPECT_TRUE(has(answer, "\r\nX-Peer: 127.0.0.1\r\n"));
  EXPECT_TRUE(has(answer, "\r\nContent-Length: 9\r\n"));
  EXPECT_TRUE(has(answer, "\r\nConnection: close\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\nGET /x?y "));
  EXPECT_FALSE(has(answer, "Forged"));
  EXPECT_FALSE(has(answer, "999"));
  EXPECT_FALSE(has(answer, "Server:"));
}

TEST_F(BeastServerTest, KeepsTheConnectionAndReadsAhead) {
  serve({});
  RawPeer peer = connect();
  peer.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /2 HTTP/1.1\r\nHost: a\r\n\r\nPOST /3 HTTP/1.1\r\nHost: a\r\n"
      "Content-Length: 4\r\n\r\nbo");
  const std::string two = peer.receive([](const std::string& text) { return count_of(text, "\r\n\r\n") == 2; });
  EXPECT_TRUE(two.ends_with("\r\n\r\n")) << "HEAD has no body";
  EXPECT_FALSE(has(two, "Connection"));
  peer.send("dyGET /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string rest = peer.receive_all();
  EXPECT_TRUE(has(rest, "POST /3 body"));
  EXPECT_TRUE(has(rest, "GET /4 "));
  EXPECT_EQ(service_.requests(), 4);
}

TEST_F(BeastServerTest, RequestIdsDiffer) {
  serve({});
  const std::string answer =
      ask("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const auto first = answer.find("X-Request: "), second = answer.rfind("X-Request: ");
  ASSERT_NE(first, second);
  EXPECT_NE(answer.substr(first, 27), answer.substr(second, 27));
}

TEST_F(BeastServerTest, LargeAnswersGoOutWhole) {
  serve({});
  const std::string answer = ask("GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_GT(answer.size(), 3'000'000u);
  EXPECT_TRUE(answer.ends_with("bbb"));
}

TEST_F(BeastServerTest, ContinueIsSaidOnce) {
  serve({});
  RawPeer peer = connect();
  peer.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(peer.receive_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("o");
  peer.send("k");
  EXPECT_TRUE(peer.receive_all().ends_with("POST / ok"));
}

TEST_F(BeastServerTest, SF60_WhatIsOverALimitGetsAPlainAnswer) {
  serve({});
  const std::pair<std::string, std::string_view> cases[] = {
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50001\r\n\r\n" + std::string(50'001, 'x'), "HTTP/1.1 413 "},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", "HTTP/1.1 431 "},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "HTTP/1.1 400 "},
      {"nonsense\r\n\r\n", "HTTP/1.1 400 "},
  };
  for (const auto& [request, begin] : cases) {
    const std::string answer = ask(request);
    EXPECT_TRUE(answer.starts_with(begin)) << answer.substr(0, 100);
    EXPECT_TRUE(has(answer, "Connection: close"));
  }
  EXPECT_EQ(service_.requests(), 0);
}

TEST_F(BeastServerTest, SF60_SlowOnesAreClosed) {
  serve({.idle_time_max = Duration(150), .request_time_max = Duration(150)});
  RawPeer silent = connect();
  EXPECT_EQ(silent.receive_all(), "");
  RawPeer half = connect();
  half.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(half.receive_all(), "");
  RawPeer between = connect();
  between.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(between.receive_all().ends_with("GET / ")) << "answered, then idle";
}

TEST_F(BeastServerTest, TR_01_SF60_WithoutAHandshakeThereIsNoAnswer) {
  serve({.identity = TestPki().identity(), .handshake_time_max = Duration(150)});
  RawPeer peer = connect();
  peer.send("\x16\x03\x01");
  EXPECT_EQ(peer.receive_all(), "");
  RawPeer plain = connect();
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(has(plain.receive_all(), "HTTP/1.1"));
}

TEST_F(BeastServerTest, SF60_ConnectionsAreCounted) {
  serve({.connections_max = 3, .connections_per_address_max = 2});
  RawPeer one = connect(), two = connect();
  one.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  two.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(has(one.receive_head(), "200 OK"));
  EXPECT_TRUE(has(two.receive_head(), "200 OK"));
  EXPECT_EQ(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  one.close();
  // Its place is free once the server has seen it go.
  std::string answer;
  for (int i = 0; i < 500 && answer.empty(); ++i)
    answer = ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(has(answer, "200 OK"));
}

TEST_F(BeastServerTest, CF71_RunningOutOfDescriptorsPasses) {
  serve({.address = ":0"});
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  const rlimit few{static_cast<rlim_t>(next + 9), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  {
    std::vector<RawPeer> peers;
    do {
      peers.push_back(connect());
      peers.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    } while (peers.back().connected());
    EXPECT_LE(peers.size(), 10u);  // nine at most found a descriptor, fewer when the server was quick to take its own
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(has(ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "200 OK"));
}

TEST_F(BeastServerTest, SF52_FullQueueIsTurnedAwayAndTheRestIsServed) {
  serve({.workers = 1, .queue_max = 1});
  constexpr std::string_view block = "GET /block HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  RawPeer working = connect();
  working.send(block);
  service_.wait_blocked(1);
  // One of these two queues, the other does not; which, is for the threads to say.
  RawPeer second = connect(), third = connect();
  second.send(block);
  third.send(block);
  std::string answers[2];
  std::thread reader([&] { answers[0] = second.receive_all(); });
  std::thread other([&] { answers[1] = third.receive_all(); });
  const std::string turned_away = [&] {
    std::string answer;
    while (!has(answer, "503")) answer = ask(block);
    return answer;
  }();
  EXPECT_TRUE(has(turned_away, "Retry-After: 1"));
  service_.release();
  EXPECT_TRUE(has(working.receive_all(), "GET /block"));
  reader.join();
  other.join();
  EXPECT_EQ(has(answers[0], "GET /block") + has(answers[1], "GET /block"), 1);
}

TEST_F(BeastServerTest, AServiceThatThrowsCostsOneRequest) {
  serve({});
  const std::string answer =
      ask("GET /throw HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(has(answer, "HTTP/1.1 500 "));
  EXPECT_TRUE(has(answer, "HTTP/1.1 200 "));
  EXPECT_FALSE(has(answer, "a bug"));
}

TEST_F(BeastServerTest, StopLetsAnswersOut) {
  serve({});
  RawPeer idle = connect(), working = connect();
  working.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n");
  service_.wait_blocked(1);
  std::thread stopper([this] { server_->stop(); });
  EXPECT_EQ(idle.receive_all(), "") << "idle ones go at once";
  EXPECT_FALSE(has(ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "200 OK"));
  service_.release();
  EXPECT_TRUE(working.receive_all().ends_with("GET /block "));
  stopper.join();
  server_->stop();
}

TEST_F(BeastServerTest, ListensOnBothFamilies) {
  serve({.address = ":0"});
  EXPECT_TRUE(has(ask("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), "X-Peer: 127.0.0.1"));
  const auto again = BeastServer::open({.address = ":" + std::to_string(server_->port())}, log_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::port_in_use);
}

TEST(BeastServer, RefusesWhatItCannotServe) {
  NullLog log;
  const TestPki pki;
  const auto kind_of = [&](ServerOptions options) {
    const auto server = BeastServer::open(std::move(options), log);
    return server ? ErrorKind::internal : server.error().kind;
  };
  const auto one = pki.leaf(), other = pki.leaf();
  EXPECT_EQ(kind_of({.address = "nonsense"}), ErrorKind::usage);
  EXPECT_EQ(kind_of({.address = "127.0.0.1:0", .identity = ServerIdentity{one.chain_pem, other.key_pem, {}}}),
            ErrorKind::config);
  EXPECT_EQ(kind_of({.address = "127.0.0.1:0", .identity = ServerIdentity{"", one.key_pem, {}}}), ErrorKind::config);
  EXPECT_EQ(kind_of({.address = "127.0.0.1:0", .identity = ServerIdentity{one.chain_pem, Secret("x"), {}}}),
            ErrorKind::config);
  EXPECT_EQ(kind_of({.address = "127.0.0.1:0", .identity = ServerIdentity{one.chain_pem, one.key_pem, "no anchors"}}),
            ErrorKind::config);
  auto plain = BeastServer::open({.address = "127.0.0.1:0"}, log);
  ASSERT_TRUE(plain);
  EXPECT_FALSE((*plain)->set_certificate(one.chain_pem, one.key_pem));
}

}  // namespace
}  // namespace crest::adapters
