#include "http/router.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

namespace crest::http {
namespace {

Router::Handler saying(std::string word, std::string value = {}) {
  return [word, value](const Request&, const PathValues& values) {
    return Response{.status = 200, .body = word + (value.empty() ? "" : ":" + std::string(values.get(value)))};
  };
}

class Routes : public testing::Test {
 protected:
  Routes() {
    router_.add("GET", "/acme/{ca}/directory", saying("directory", "ca"));
    router_.add("POST", "/acme/{ca}/order/{id}", saying("order", "id"));
    router_.add("POST", "/acme/{ca}/order/{id}/finalize", saying("finalize", "id"));
    router_.add("HEAD", "/acme/{ca}/new-nonce", saying("head"));
    router_.add("GET", "/acme/{ca}/new-nonce", saying("get"));
    router_.add("GET", "/roots.pem", saying("roots"));
    router_.add("GET", "/", saying("front"));
  }
  std::string body(std::string method, std::string target) {
    return router_.handle({.method = std::move(method), .url = std::move(target)}).body;
  }
  int status(std::string method, std::string target) {
    return router_.handle({.method = std::move(method), .url = std::move(target)}).status;
  }
  Router router_;
};

TEST_F(Routes, FindHandlersAndValues) {
  EXPECT_EQ(body("GET", "/acme/corp/directory"), "directory:corp");
  EXPECT_EQ(body("POST", "/acme/corp/order/a_-9"), "order:a_-9");
  EXPECT_EQ(body("POST", "/acme/corp/order/7/finalize"), "finalize:7");
  EXPECT_EQ(body("GET", "/"), "front");
  EXPECT_EQ(body("GET", "/roots.pem?x=/acme"), "roots");
  EXPECT_EQ(body("POST", "/acme/corp/order/%2e%2e"), "order:%2e%2e");  // as received
}

TEST_F(Routes, NON_01_HeadHasItsOwnHandlerOrGets) {
  EXPECT_EQ(body("HEAD", "/acme/corp/new-nonce"), "head");
  EXPECT_EQ(body("GET", "/acme/corp/new-nonce"), "get");
  EXPECT_EQ(body("HEAD", "/acme/corp/directory"), "directory:corp");
}

TEST_F(Routes, UnknownPathsAre404) {
  for (const char* target :
       {"", "acme", "/acme", "/acme/corp", "/acme/corp/directory/", "/acme//directory", "/ACME/corp/directory",
        "/acme/corp/order/", "/acme/corp/order/1/x", "//roots.pem", "/roots.pem/", "*", "https://a/roots.pem"}) {
    EXPECT_EQ(status("GET", target), 404) << target;
    EXPECT_EQ(router_.match("GET", target).allow, "");
  }
  EXPECT_EQ(status("GET", "/" + std::string(3000, 'a')), 404);
  EXPECT_EQ(status("GET", std::string(1000, '/')), 404);
}

TEST_F(Routes, TR_09_OtherMethodsAre405WithAllow) {
  const Response refused = router_.handle({.method = "GET", .url = "/acme/corp/order/1"});
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.get("Allow"), "POST");
  EXPECT_EQ(router_.match("DELETE", "/acme/corp/new-nonce").allow, "GET, HEAD");
  EXPECT_EQ(router_.match("OPTIONS", "/acme/corp/directory").allow, "GET, HEAD");
  EXPECT_EQ(status("get", "/roots.pem"), 405);  // methods have case
}

TEST_F(Routes, TheFirstOfSeveralWins) {
  router_.add("GET", "/{any}", saying("any", "any"));
  EXPECT_EQ(body("GET", "/roots.pem"), "roots");
  EXPECT_EQ(body("GET", "/other"), "any:other");
  EXPECT_EQ(status("GET", "/"), 200);
}

TEST(Router, RefusesPatternsThatCannotBe) {
  Router router;
  for (const char* pattern : {"", "a", "/{", "/{}", "/x{a}", "/{a}x", "/a}"}) {
    EXPECT_THROW(router.add("GET", pattern, saying("x")), std::invalid_argument) << pattern;
  }
  EXPECT_THROW(router.add("", "/", saying("x")), std::invalid_argument);
  EXPECT_THROW(router.add("GET", "/", nullptr), std::invalid_argument);
}

TEST(Router, ValuesOfOtherNamesAreEmpty) {
  Router router;
  router.add("GET", "/{a}/{b}", saying("x"));
  const auto match = router.match("GET", "/1/2");
  EXPECT_EQ(match.values.get("a"), "1");
  EXPECT_EQ(match.values.get("b"), "2");
  EXPECT_EQ(match.values.get("c"), "");
}

}  // namespace
}  // namespace crest::http
