#include "adapters/response_text.hpp"

#include <gtest/gtest.h>

namespace crest::adapters {
namespace {

constexpr std::string_view date = "Fri, 02 Jan 2026 03:04:05 GMT";

TEST(ResponseText, IsTheOctetsOfOneAnswer) {
  http::Response response;
  response.status = 201;
  response.headers = {{"Location", "/order/1"}, {"Content-Type", "application/json"}};
  response.body = "{}";
  EXPECT_EQ(response_text(response, {.date = date}),
            "HTTP/1.1 201 Created\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\nLocation: /order/1\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_TRUE(response_text(response, {.head_only = true, .date = date}).ends_with("Content-Length: 2\r\n\r\n"));
  EXPECT_TRUE(
      response_text(response, {.keep_alive = false, .date = date}).ends_with("\r\nConnection: close\r\n\r\n{}"));
}

TEST(ResponseText, SomeAnswersHaveNoBody) {
  for (const int status : {204, 304}) {
    http::Response response;
    response.status = status;
    response.body = "ignored";
    const std::string text = response_text(response, {.date = date});
    EXPECT_TRUE(text.ends_with("GMT\r\n\r\n")) << text;
  }
}

TEST(ResponseText, FieldsCannotStartAnotherAnswer) {
  http::Response response;
  response.status = 200;
  response.headers = {{"A", "x\r\n\r\nHTTP/1.1 200 OK"},
                      {"B", std::string("a\0b", 3)},
                      {"C: D", "e"},
                      {"", "f"},
                      {"G\n", "h"},
                      {"transfer-encoding", "chunked"},
                      {"Kept", "yes"}};
  EXPECT_EQ(response_text(response, {.date = date}),
            "HTTP/1.1 200 OK\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\nKept: yes\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace
}  // namespace crest::adapters
