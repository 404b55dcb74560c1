#include "client/session.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "client/testing/rig.hpp"

namespace crest::client {
namespace {

using testing::FakeCa;
using testing::json_response;
using testing::refusal;
using testing::Rig;

const crypto::PrivateKey& key() { return x509::test::key(crypto::KeyType::ec_p256, 70); }

Result<Reply> new_account(Rig& rig) { return rig.session->post({.key = &key()}, rig.ca.url("newAccount"), "{}"); }

encoding::Json header_of(const http::Request& request) {
  const auto body = encoding::Json::parse(request.body).value();
  const auto text = encoding::from_base64url(*body.find("protected")->as_string()).value();
  return encoding::Json::parse(as_text(text)).value();
}

TEST(Session, TR_02_TR_03_TR_07_JWS_01_WhatEachRequestSays) {
  Rig rig;
  ASSERT_TRUE(new_account(rig));
  for (const http::Request& request : rig.ca.requests) {
    EXPECT_TRUE(request.headers.get("User-Agent").value_or("").starts_with("crest/"));
    EXPECT_EQ(request.headers.get("Accept-Language"), "en");
  }
  const http::Request& post = rig.ca.requests.back();
  EXPECT_EQ(post.headers.get("Content-Type"), "application/jose+json");
  const auto body = encoding::Json::parse(post.body).value();
  ASSERT_EQ(body.as_object()->size(), 3u);
  for (const char* member : {"protected", "payload", "signature"}) EXPECT_NE(body.find(member), nullptr) << member;
}

TEST(Session, JWS_09_JWS_19_KeyThenAccountAndTheUrlAsGiven) {
  Rig rig;
  const auto reply = new_account(rig);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->location, rig.ca.accounts.begin()->second);  // sent relative, made absolute
  EXPECT_NE(header_of(rig.ca.requests.back()).find("jwk"), nullptr);
  const std::string odd = rig.ca.url("order/9?a=%7Eb&c");
  (void)rig.session->post({.key = &key(), .account_url = reply->location}, odd, "").has_value();
  const auto header = header_of(rig.ca.requests.back());
  EXPECT_EQ(header.find("jwk"), nullptr);
  EXPECT_EQ(*header.find("kid")->as_string(), reply->location);
  EXPECT_EQ(*header.find("url")->as_string(), odd);
}

TEST(Session, TR_11_PostAsGetHasAnEmptyPayload) {
  Rig rig;
  const auto reply = new_account(rig).value();
  (void)rig.session->post({.key = &key(), .account_url = reply.location}, rig.ca.url("order/9"), "").has_value();
  const auto body = encoding::Json::parse(rig.ca.requests.back().body).value();
  ASSERT_NE(body.find("payload"), nullptr);
  EXPECT_EQ(*body.find("payload")->as_string(), "");
}

TEST(Session, NON_08_NON_09_BadNonceIsRepeatedWithTheNonceOfTheRefusal) {
  Rig rig;
  int refused = 0;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newAccount" || refused == 9) return std::nullopt;
    auto response = refusal(acme::ProblemType::badNonce);
    response.headers.add("Replay-Nonce", "given" + std::to_string(++refused));
    return Result<http::Response>(response);
  };
  // The CA of this test does not know these nonces: so the last answer is badNonce too, and one more try is due.
  const auto reply = new_account(rig);
  EXPECT_EQ(reply.error().kind, ErrorKind::bad_nonce);
  std::set<std::string> nonces, signatures;
  std::vector<std::string> sent;
  for (const http::Request& request : rig.ca.requests) {
    if (request.method != "POST") continue;
    sent.push_back(*header_of(request).find("nonce")->as_string());
    signatures.insert(request.body);
  }
  ASSERT_EQ(sent.size(), 10u);
  for (std::size_t i = 1; i < sent.size(); ++i) EXPECT_EQ(sent[i], "given" + std::to_string(i));
  EXPECT_EQ(signatures.size(), 10u);
}

TEST(Session, NON_09_ASingleBadNonceIsInvisible) {
  Rig rig;
  bool refused = false;
  rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) != "newAccount" || refused) return;
    refused = true;
    const std::string nonce(response->headers.get("Replay-Nonce").value());
    response = refusal(acme::ProblemType::badNonce);
    response->headers.add("Replay-Nonce", nonce);
  };
  EXPECT_TRUE(new_account(rig));
  EXPECT_EQ(rig.ca.count("POST newAccount"), 2u);
  EXPECT_EQ(rig.ca.count("HEAD newNonce"), 1u);
}

TEST(Session, NothingButBadNonceIsRepeated) {
  for (const auto type : {acme::ProblemType::serverInternal, acme::ProblemType::rateLimited,
                          acme::ProblemType::malformed, acme::ProblemType::orderNotReady}) {
    Rig rig;
    rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
      if (request.method != "POST") return std::nullopt;
      return Result<http::Response>(refusal(type));
    };
    EXPECT_FALSE(new_account(rig));
    EXPECT_EQ(rig.ca.count("POST newAccount"), 1u);
  }
}

TEST(Session, NON_10_CF13_NoncesWithForeignCharactersAreIgnored) {
  for (const std::string& bad : {std::string("a b"), std::string("a\r\nX: y"), std::string(), std::string("a=="),
                                 std::string(257, 'a'), std::string("caf\xc3\xa9")}) {
    Rig rig;
    int asked = 0;
    rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
      if (FakeCa::kind_of(request.url) != "newNonce") return std::nullopt;
      ++asked;
      http::Response response{.status = 200};
      response.headers.add("Replay-Nonce", bad);
      return Result<http::Response>(response);
    };
    const auto reply = new_account(rig);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, ErrorKind::ca_protocol);
    EXPECT_EQ(asked, 3);
    EXPECT_EQ(rig.ca.count("POST newAccount"), 0u);
  }
}

TEST(Session, CF13_AServerThatFumblesHeadIsAskedByGet) {
  Rig rig;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (request.method != "HEAD") return std::nullopt;
    return Result<http::Response>(http::Response{.status = 405});
  };
  EXPECT_TRUE(new_account(rig));
  EXPECT_EQ(rig.ca.count("GET newNonce"), 1u);
}

TEST(NoncePool, NON_11_YoungestFirstEachOnceForgottenAfterTenMinutes) {
  NoncePool pool;
  const Instant start{};
  pool.keep("a", start);
  pool.keep("b", start + 5min);
  EXPECT_EQ(pool.take(start + 6min), "b");
  EXPECT_EQ(pool.take(start + 6min), "a");
  EXPECT_EQ(pool.take(start + 6min), std::nullopt);
  pool.keep("c", start);
  EXPECT_EQ(pool.take(start + 10min), std::nullopt);
  for (int i = 0; i < 250; ++i) pool.keep("n" + std::to_string(i), start);
  std::size_t left = 0;
  while (pool.take(start)) ++left;
  EXPECT_EQ(left, NoncePool::nonces_max);
}

TEST(NoncePool, NON_11_NoNonceGoesToTwoThreads) {
  NoncePool pool;
  for (int i = 0; i < 100; ++i) pool.keep(std::to_string(i), Instant());
  std::mutex mutex;
  std::multiset<std::string> taken;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        while (auto nonce = pool.take(Instant())) {
          const std::scoped_lock lock(mutex);
          taken.insert(*nonce);
        }
      });
  }
  EXPECT_EQ(taken.size(), 100u);
  EXPECT_EQ(std::set<std::string>(taken.begin(), taken.end()).size(), 100u);
}

TEST(Session, TR_01_CF8_AnHttpDirectoryIsRefusedBeforeAnythingIsSent) {
  Rig rig;
  for (const char* const url :
       {"http://ca.test/dir", "ftp://ca.test/dir", "ca.test/dir", "", "https://user@ca.test/dir"}) {
    Session session({.directory_url = url}, {rig.ca, rig.clock, rig.log});
    const auto directory = session.directory();
    ASSERT_FALSE(directory) << url;
    EXPECT_EQ(directory.error().kind, ErrorKind::config) << url;
  }
  EXPECT_TRUE(rig.ca.requests.empty());
}

TEST(Session, CF8_HttpUrlsFromTheCaAreRefused) {
  Rig rig;
  rig.ca.after = [](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) == "newAccount") {
      http::Headers headers;
      for (const auto& [name, value] : response->headers.fields())
        if (name != "Location") headers.add(name, value);
      headers.add("Location", "http://ca.test/acct/1");
      response->headers = headers;
    }
  };
  const auto reply = new_account(rig);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::ca_protocol);
  EXPECT_FALSE(rig.session->post({.key = &key()}, "http://ca.test/newAccount", "{}"));
  EXPECT_FALSE(rig.session->post({.key = &key()}, rig.ca.url(std::string(2100, 'a')), "{}")) << "CF19";
  EXPECT_EQ(rig.ca.count("POST newAccount"), 1u);
}

TEST(Session, TR_01_TheSwitchForTestsLetsHttpThrough) {
  Rig rig;
  Session session({.directory_url = "http://ca.test/dir", .allow_http = true}, {rig.ca, rig.clock, rig.log});
  EXPECT_TRUE(session.check_url("http://ca.test/x"));
  EXPECT_FALSE(session.check_url("gopher://ca.test/x"));
}

TEST(Session, TR_15_CF7_ARedirectIsNotFollowedWithASignature) {
  Rig rig;
  rig.ca.before = [](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (request.method != "POST") return std::nullopt;
    http::Response response{.status = 307};
    response.headers.add("Location", "https://elsewhere.test/");
    return Result<http::Response>(response);
  };
  const auto reply = new_account(rig);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind, ErrorKind::ca_protocol);
  EXPECT_NE(reply.error().message.find("https://elsewhere.test/"), std::string::npos);
  EXPECT_EQ(rig.ca.last_call.redirects, Redirects::none);
}

TEST(Session, CF7_OnlyTheDirectoryMayRedirectAndOnlyToHttps) {
  Rig rig;
  ASSERT_TRUE(rig.session->directory());
  EXPECT_EQ(rig.ca.last_call.redirects, Redirects::https_only);
  EXPECT_LE(rig.ca.last_call.redirects_max, 5u);
}

TEST(Session, CF1_TR_17_TR_18_EachCallHasItsCapsItsTrustAndItsProxy) {
  Rig rig;
  Session session({.directory_url = rig.ca.directory_url(),
                   .trust = {.mode = Trust::Mode::pem, .pem = "anchors"},
                   .proxy = "http://proxy:3128"},
                  {rig.ca, rig.clock, rig.log});
  ASSERT_TRUE(session.directory());
  EXPECT_EQ(rig.ca.last_call.body_bytes_max, 1u << 20);
  EXPECT_EQ(rig.ca.last_call.trust.pem, "anchors");
  EXPECT_EQ(rig.ca.last_call.proxy, "http://proxy:3128");
  EXPECT_LE(rig.ca.last_call.total, 30s);
  (void)session.post({.key = &key()}, rig.ca.url("cert/1"), "", Session::chain_bytes_max).has_value();
  EXPECT_EQ(rig.ca.last_call.body_bytes_max, 8u << 20);
}

TEST(Session, CF3_ACompressedAnswerIsRefused) {
  Rig rig;
  rig.ca.after = [](const http::Request&, Result<http::Response>& response) {
    response->headers.add("Content-Encoding", "gzip");
  };
  const auto directory = rig.session->directory();
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().kind, ErrorKind::ca_protocol);
}

TEST(Session, DIR_03_DirectoryIsAskedOnceADayAndAgainWhenAResourceIsGone) {
  Rig rig;
  ASSERT_TRUE(rig.session->directory());
  ASSERT_TRUE(rig.session->directory());
  EXPECT_EQ(rig.ca.count("GET dir"), 1u);
  rig.clock.advance(24h);
  ASSERT_TRUE(rig.session->directory());
  EXPECT_EQ(rig.ca.count("GET dir"), 2u);
  (void)rig.session->post({.key = &key()}, rig.ca.url("newAccount"), "{}").has_value();
  rig.ca.before = [](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (request.method != "POST") return std::nullopt;
    return Result<http::Response>(http::Response{.status = 404});
  };
  EXPECT_FALSE(new_account(rig));
  rig.ca.before = nullptr;
  ASSERT_TRUE(rig.session->directory());
  EXPECT_EQ(rig.ca.count("GET dir"), 3u);
}

TEST(Session, DIR_04_DIR_07_UnknownMembersAreIgnoredMissingOnesNamed) {
  Rig rig;
  rig.ca.meta = encoding::Json::object().set("weird", encoding::Json::array()).set("website", "https://ca.test");
  ASSERT_TRUE(rig.session->directory());
  rig.session->forget_directory();
  rig.ca.after = [](const http::Request&, Result<http::Response>& response) {
    response->body = R"({"newNonce":"https://ca.test/n","newAccount":"https://ca.test/a"})";
  };
  const auto directory = rig.session->directory();
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().kind, ErrorKind::ca_protocol);
  EXPECT_NE(directory.error().describe().find("newOrder"), std::string::npos) << directory.error().describe();
}

TEST(Session, CF9_AnotherHostInTheDirectoryIsAllowedAndLogged) {
  Rig rig;
  ASSERT_TRUE(rig.session->directory());
  EXPECT_FALSE(rig.log.has("directory_other_host"));
  rig.session->forget_directory();
  rig.ca.after = [](const http::Request&, Result<http::Response>& response) {
    response->body = R"({"newNonce":"https://b.test/n","newAccount":"https://b.test/a","newOrder":"https://b.test/o"})";
  };
  ASSERT_TRUE(rig.session->directory());
  EXPECT_TRUE(rig.log.has("directory_other_host"));
}

TEST(Session, ENT_08_AClockThatIsFarOffIsWarnedAbout) {
  Rig rig;
  rig.ca.after = [](const http::Request&, Result<http::Response>& response) {
    response->headers.add("Date", "Sun, 01 Mar 2026 00:04:00 GMT");
  };
  ASSERT_TRUE(rig.session->directory());
  EXPECT_FALSE(rig.log.has("clock_offset"));
  rig.clock.advance(-10min);
  rig.session->forget_directory();
  ASSERT_TRUE(rig.session->directory());
  EXPECT_TRUE(rig.log.has("clock_offset"));
  rig.session->forget_directory();
  ASSERT_TRUE(rig.session->directory());
  EXPECT_EQ(std::count_if(rig.log.lines.begin(), rig.log.lines.end(),
                          [](const std::string& line) { return line.starts_with("clock_offset"); }),
            1);
}

// The time given is for all exchanges of a request together, not for each of them anew.
TEST(Session, CF2_RepeatedRequestsShareOneDeadline) {
  for (const bool no_nonce : {false, true}) {
    Rig rig;
    const Instant end = rig.clock.monotonic() + 10s;
    Session session({.directory_url = rig.ca.directory_url()}, {rig.ca, rig.clock, rig.log, end});
    ASSERT_TRUE(session.directory());
    std::vector<Duration> given;
    rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
      given.push_back(rig.ca.last_call.total);
      if (rig.ca.last_call.total < 3s) {
        rig.clock.advance(rig.ca.last_call.total);
        return Result<http::Response>(make_error(ErrorKind::timeout, "the answer did not come in time"));
      }
      rig.clock.advance(3s);
      const bool head = FakeCa::kind_of(request.url) == "newNonce";
      if (head && no_nonce) return Result<http::Response>(http::Response{.status = 200});
      http::Response response = head ? http::Response{.status = 200} : refusal(acme::ProblemType::badNonce);
      response.headers.add("Replay-Nonce", "slow" + std::to_string(given.size()));
      return Result<http::Response>(response);
    };
    const auto& key = x509::test::key(crypto::KeyType::ec_p256, 1);
    ASSERT_FALSE(session.post({.key = &key}, rig.ca.url("newAccount"), "{}"));
    EXPECT_LE(rig.clock.monotonic(), end + 1s) << no_nonce;
    EXPECT_EQ(given.front(), 10s);
    EXPECT_EQ(given.at(1), 7s);
  }
}

TEST(Session, GetIsUnauthenticated) {
  Rig rig;
  rig.ca.before = [](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "ari") return std::nullopt;
    auto response = json_response(200, encoding::Json::object());
    response.headers.add("Retry-After", "60");
    return Result<http::Response>(response);
  };
  const auto reply = rig.session->get(rig.ca.url("ari/x"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(rig.ca.requests.back().method, "GET");
  EXPECT_EQ(rig.ca.requests.back().body, "");
  EXPECT_EQ(reply->retry_after, rig.clock.now() + 60s);
  EXPECT_FALSE(rig.session->get(rig.ca.url("nothing")));
}

struct BodyCase {
  const char* type;
  const char* body;
  bool good;
};
TEST(Answer, CF4_CF5_OnlyJsonOfItsTypeIsRead) {
  for (const BodyCase& c :
       {BodyCase{"application/json", "{\"a\":1}", true}, BodyCase{"Application/JSON; charset=utf-8", "{}", true},
        BodyCase{"text/html", "{}", false}, BodyCase{"application/problem+json", "{}", false},
        BodyCase{"", "{}", false}, BodyCase{"application/json", "", false},
        BodyCase{"application/json", "\xef\xbb\xbf{}", false}, BodyCase{"application/json", "{\"a\":1,\"a\":2}", false},
        BodyCase{"application/json", "{} x", false}, BodyCase{"application/jsonp", "{}", false}}) {
    http::Response response{.status = 200, .body = c.body};
    if (*c.type != 0) response.headers.add("Content-Type", c.type);
    const auto json = json_of(response, "order");
    EXPECT_EQ(json.has_value(), c.good) << c.type << " " << c.body;
    if (!json) {
      EXPECT_EQ(json.error().kind, ErrorKind::ca_protocol);
      EXPECT_TRUE(json.error().message.find("check that the URL") != std::string::npos ||
                  json.error().message.find("no JSON") != std::string::npos);
    }
  }
}

TEST(Answer, ChainNeedsItsType) {
  http::Response response{.status = 200, .body = "-----BEGIN CERTIFICATE-----"};
  response.headers.add("Content-Type", "application/pem-certificate-chain");
  EXPECT_TRUE(chain_text_of(response, "certificate"));
  response.headers.set("Content-Type", "text/html");
  EXPECT_EQ(chain_text_of(response, "certificate").error().kind, ErrorKind::ca_protocol);
}

}  // namespace
}  // namespace crest::client
