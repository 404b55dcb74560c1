#include "adapters/request_parser.hpp"

#include <gtest/gtest.h>

namespace crest::adapters {
namespace {

using State = RequestParser::State;

// Feeds `text` in pieces of `piece` octets, as a socket would bring them.
State feed(RequestParser& parser, std::string_view text, std::size_t piece = 1'000'000) {
  std::string held;
  State state = State::need_more;
  for (std::size_t at = 0; at < text.size() && state == State::need_more; at += piece) {
    held += text.substr(at, piece);
    const auto progress = parser.feed(held);
    held.erase(0, progress.consumed);
    state = progress.state;
  }
  return state;
}

TEST(RequestParser, ReadsARequestInPiecesOfAnySize) {
  constexpr std::string_view text =
      "POST /acme/new-order?x=1 HTTP/1.1\r\nHost: ca\r\nContent-Type: application/jose+json\r\n"
      "X-Empty:\r\nContent-Length: 11\r\n\r\nhello world";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, text.size()}) {
    RequestParser parser({});
    ASSERT_EQ(feed(parser, text, piece), State::done) << piece;
    EXPECT_TRUE(parser.keep_alive());
    EXPECT_FALSE(parser.head_only());
    const http::Request request = parser.take();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "/acme/new-order?x=1");
    EXPECT_EQ(request.headers.get("content-type"), "application/jose+json");
    EXPECT_EQ(request.headers.get("x-empty"), "");
    EXPECT_EQ(request.body, "hello world");
  }
}

TEST(RequestParser, ReadsChunkedBodiesAndThenTheNextRequest) {
  constexpr std::string_view first =
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n";
  constexpr std::string_view second = "HEAD /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  RequestParser parser({});
  const std::string both = std::string(first) + std::string(second);
  const auto progress = parser.feed(both);
  ASSERT_EQ(progress.state, State::done);
  EXPECT_EQ(progress.consumed, first.size());
  EXPECT_EQ(parser.take().body, "hello world");
  ASSERT_EQ(parser.feed(both.substr(progress.consumed)).state, State::done);
  EXPECT_TRUE(parser.head_only());
  EXPECT_FALSE(parser.keep_alive());
}

TEST(RequestParser, SF60_RefusesWithTheStatusThatSaysWhy) {
  const std::string long_value(20'000, 'x');
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  const std::pair<std::string, int> cases[] = {
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 501},
      {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50001\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFF\r\n" + std::string(60'000, 'x'), 413},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + long_value + "\r\n\r\n", 431},
      {"GET /" + long_value, 431},
      {many + "\r\n", 431},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX y: z\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX : z\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: a\x01b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n", 417},
      {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 505},
      {"\x16\x03\x01\x02\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 505},
  };
  for (const auto& [text, status] : cases) {
    RequestParser parser({});
    ASSERT_EQ(feed(parser, text), State::failed) << text.substr(0, 120);
    EXPECT_EQ(parser.failure_status(), status) << text.substr(0, 120);
  }
}

TEST(RequestParser, LimitsAreInclusive) {
  RequestParser parser({.header_bytes_max = 16u << 10, .header_count_max = 2, .body_bytes_max = 10});
  EXPECT_EQ(feed(parser, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789"), State::done);
  parser.take();
  EXPECT_EQ(feed(parser, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n"), State::failed);
}

TEST(RequestParser, KnowsWhenTheClientWaits) {
  RequestParser parser({});
  ASSERT_EQ(feed(parser, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"),
            State::need_more);
  EXPECT_TRUE(parser.expects_continue());
  ASSERT_EQ(feed(parser, "abc"), State::done);
}

TEST(RequestParser, OldVersionClosesItsConnection) {
  RequestParser parser({});
  ASSERT_EQ(feed(parser, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), State::done);
  EXPECT_FALSE(parser.keep_alive());
}

}  // namespace
}  // namespace crest::adapters
