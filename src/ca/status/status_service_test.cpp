#include "ca/status/status_service.hpp"

#include "ca/status/testing.hpp"

namespace crest::ca::status::testing {
namespace {

class StatusServiceTest : public StatusTest {
 protected:
  std::unique_ptr<Status> status = node();
  void SetUp() override {
    look(*status);
    issued(serial(1));
  }
  static std::string escaped(std::string text) {
    std::string out;
    for (const char c : text) out += c == '/' ? "%2F" : c == '+' ? "%2b" : c == '=' ? "%3D" : std::string(1, c);
    return out;
  }
};

TEST_F(StatusServiceTest, OCSP_01_GetAndPostSayTheSame) {
  const Bytes asked = question({serial(1)});
  const auto posted = post(*status, asked);
  EXPECT_EQ(posted.status, 200);
  EXPECT_EQ(posted.headers.get("Content-Type"), "application/ocsp-response");
  const std::string text = encoding::base64(asked);
  for (const auto& path : {text, escaped(text), encoding::base64url(asked)}) {
    const auto got = get(*status, "/ocsp/" + path);
    EXPECT_EQ(got.status, 200);
    EXPECT_EQ(got.headers.get("Content-Type"), "application/ocsp-response");
    EXPECT_EQ(got.body, posted.body) << path;
  }
  for (const char* path : {"/ocsp/%", "/ocsp/%zz", "/ocsp/!", "/ocsp/", "/ocsp/AA/BB?x"}) {
    const auto got = get(*status, path);
    EXPECT_EQ(got.status, 200) << path;
    EXPECT_EQ(told_by(to_bytes(got.body)).response, 1) << path;
  }
}

TEST_F(StatusServiceTest, SlashesInAGetAreNoSegments) {
  Bytes asked;
  std::string text;
  for (int i = 1; text.find("//") == text.npos && text.find('/') == text.npos && i < 200; ++i) {
    issued(serial(100 + i % 100) + encoding::hex(Bytes{std::uint8_t(i)}));
    asked = question({serial(100 + i % 100) + encoding::hex(Bytes{std::uint8_t(i)})});
    text = encoding::base64(asked);
  }
  ASSERT_NE(text.find('/'), text.npos);
  EXPECT_EQ(told_by(to_bytes(get(*status, "/ocsp/" + text).body)), (Told{0, {0}}));
}

TEST_F(StatusServiceTest, CachesAreToldWhatTheyNeed) {
  const std::string ocsp = "/ocsp/" + encoding::base64url(question({serial(1)}));
  for (const auto& path : {std::string("/crl/i.crl"), ocsp}) {
    const auto answer = get(*status, path);
    EXPECT_EQ(answer.headers.get("Cache-Control"), "max-age=60, public, no-transform, must-revalidate") << path;
    const Time expires = http::from_http_date(*answer.headers.get("Expires")).value();
    EXPECT_GT(expires, clock.now() + 4h);
    EXPECT_TRUE(answer.headers.get("Last-Modified"));
    const std::string etag(*answer.headers.get("ETag"));
    const auto again = get(*status, path, {{"If-None-Match", "W/\"x\", " + etag}});
    EXPECT_EQ(again.status, 304) << path;
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(again.headers.get("ETag"), etag);
    EXPECT_EQ(get(*status, path, {{"If-None-Match", "\"x\""}}).status, 200);
  }
  revoke(serial(1));
  const std::string etag(*get(*status, "/crl/i.crl").headers.get("ETag"));
  look(*status);
  EXPECT_EQ(get(*status, "/crl/i.crl", {{"If-None-Match", etag}}).status, 200);
}

TEST_F(StatusServiceTest, IssuersAndRoots) {
  const auto answer = get(*status, "/issuer/i.crt");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.get("Content-Type"), "application/pkix-cert");
  EXPECT_EQ(to_bytes(answer.body), issuer_certificate().der());
  EXPECT_EQ(get(*status, "/roots.pem").body, "roots");
  EXPECT_EQ(get(*status, "/issuer/j.crt").status, 404);
  write([&](store::Tx& tx) -> Result<void> {
    return tx.issuers.put({"j", TestHierarchy::get().root.pem(), "", clock.now()});
  });
  EXPECT_EQ(to_bytes(get(*status, "/issuer/j.crt").body), TestHierarchy::get().root.der()) << "one of before";
}

TEST_F(StatusServiceTest, SF89_NothingElseIsThere) {
  for (const char* path : {"/", "/acme/corp/directory", "/health", "/metrics", "/crl", "/crl/", "/crl/i", "/crl/.crl",
                           "/crl/../i.crl", "/issuer/i", "/issuer/i.pem", "/issuer/.crt", "/roots", ""}) {
    EXPECT_EQ(get(*status, path).status, 404) << path;
  }
  for (const char* path : {"/crl/i.crl", "/ocsp/AA", "/roots.pem", "/issuer/i.crt"}) {
    EXPECT_EQ(status->service().handle({.method = "PUT", .url = path}).status, 405) << path;
  }
  EXPECT_EQ(get(*status, "/ocsp").status, 405);
}

}  // namespace
}  // namespace crest::ca::status::testing
