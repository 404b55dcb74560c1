#include "http/transport.hpp"

#include <gtest/gtest.h>

namespace crest::http {
namespace {

class Echo final : public Service {
 public:
  Response handle(const Request& request) override {
    seen = request;
    return answer;
  }
  Request seen;
  Response answer{.status = 200, .headers = {{"A", "b"}}, .body = "hello"};
};

TEST(Loopback, TheServiceSeesWhatAListenerWouldShow) {
  Echo service;
  Loopback loopback(service, "192.0.2.7");
  const Request request{
      .method = "POST", .url = "https://CA.example:8443/acme/x?y=1", .headers = {{"host", "forged"}}, .body = "{}"};
  const auto response = loopback.send(request, Call());
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(service.seen.method, "POST");
  EXPECT_EQ(service.seen.url, "/acme/x?y=1");
  EXPECT_EQ(service.seen.body, "{}");
  EXPECT_EQ(service.seen.headers.all("Host"), std::vector<std::string_view>{"ca.example:8443"});
  EXPECT_EQ(service.seen.peer.address, "192.0.2.7");
}

TEST(Loopback, RequestIdsDiffer) {
  Echo service;
  Loopback loopback(service);
  ASSERT_TRUE(loopback.send({.url = "https://a/"}, Call()));
  const std::string first = service.seen.peer.request_id;
  ASSERT_TRUE(loopback.send({.url = "https://a/"}, Call()));
  EXPECT_NE(service.seen.peer.request_id, first);
}

TEST(Loopback, HeadHasNoBody) {
  Echo service;
  Loopback loopback(service);
  EXPECT_EQ(loopback.send({.method = "HEAD", .url = "https://a/"}, Call())->body, "");
}

TEST(Loopback, CF1_KeepsTheCaps) {
  Echo service;
  Loopback loopback(service);
  Call call;
  call.body_bytes_max = 5;
  EXPECT_TRUE(loopback.send({.url = "https://a/"}, call));
  call.body_bytes_max = 4;
  EXPECT_EQ(loopback.send({.url = "https://a/"}, call).error().kind, ErrorKind::response_too_large);
  call.body_stops_at_cap = true;
  EXPECT_EQ(loopback.send({.url = "https://a/"}, call)->body.size(), 4u);
  for (int i = 0; i < 101; ++i) service.answer.headers.add("Link", "x");
  EXPECT_EQ(loopback.send({.url = "https://a/"}, Call()).error().kind, ErrorKind::response_too_large);
  service.answer.headers = {{"A", std::string(65 << 10, 'x')}};
  EXPECT_EQ(loopback.send({.url = "https://a/"}, Call()).error().kind, ErrorKind::response_too_large);
}

TEST(Loopback, RefusesWhatIsNoUrlAndHeedsStop) {
  Echo service;
  Loopback loopback(service);
  EXPECT_EQ(loopback.send({.url = "/acme"}, Call()).error().kind, ErrorKind::ca_protocol);
  std::stop_source source;
  source.request_stop();
  Call call;
  call.stop = source.get_token();
  EXPECT_EQ(loopback.send({.url = "https://a/"}, call).error().kind, ErrorKind::timeout);
}

}  // namespace
}  // namespace crest::http
