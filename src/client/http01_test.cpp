#include "client/http01.hpp"

#include <gtest/gtest.h>

#include "acme/challenge.hpp"
#include "client/testing/memory_disk.hpp"

namespace crest::client {
namespace {

const std::string place = ".well-known/acme-challenge/";

Proof proof(std::string token, std::string answer = "token.thumbprint") {
  return {.identifier = {acme::IdentifierType::dns, "app.example"},
          .token = std::move(token),
          .key_authorization = std::move(answer)};
}

int status(Http01Answers& answers, std::string method, std::string url) {
  return answers.handle({.method = std::move(method), .url = std::move(url)}).status;
}

TEST(Http01Answers, HTTP_07_HTTP_09_ExactlyTheLiveTokens) {
  Http01Answers answers;
  ASSERT_TRUE(answers.present(proof("abc_-9", "abc_-9.print")));
  const auto good = answers.handle({.url = "/" + place + "abc_-9"});
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, "abc_-9.print");
  EXPECT_EQ(status(answers, "HEAD", "/" + place + "abc_-9"), 200);
  EXPECT_EQ(status(answers, "GET", "/" + place + "abc_-9?x=1"), 200);
  for (const std::string& url : {"/" + place + "abc_-", "/" + place + "abc_-99", "/" + place, "/" + place + "../abc_-9",
                                 "/" + place + "abc_-9/", std::string("/"), std::string(), "/" + place + "ABC_-9",
                                 "/" + place + "%61bc_-9", "http://x/" + place + "abc_-9"})
    EXPECT_EQ(status(answers, "GET", url), 404) << url;
  for (const char* const method : {"POST", "PUT", "OPTIONS", "get"})
    EXPECT_EQ(status(answers, method, "/" + place + "abc_-9"), 404) << method;
}

TEST(Http01Answers, CF72_NothingOfTheRequestIsEchoed) {
  Http01Answers answers;
  const auto response = answers.handle({.url = "/" + place + "<script>"});
  EXPECT_EQ(response.status, 404);
  EXPECT_TRUE(response.body.empty());
}

TEST(Http01Answers, CleanUpTakesOnlyItsOwn) {
  Http01Answers answers;
  ASSERT_TRUE(answers.present(proof("a")));
  ASSERT_TRUE(answers.present(proof("a")));
  ASSERT_TRUE(answers.present(proof("b")));
  ASSERT_TRUE(answers.clean_up(proof("a")));
  ASSERT_TRUE(answers.clean_up(proof("a")));
  EXPECT_EQ(status(answers, "GET", "/" + place + "a"), 404);
  EXPECT_EQ(status(answers, "GET", "/" + place + "b"), 200);
}

TEST(Http01Answers, CF18_BadTokensAreRefused) {
  Http01Answers answers;
  for (const std::string& token :
       {std::string(), std::string("../x"), std::string("a/b"), std::string("a%2e"), std::string(257, 'a')}) {
    EXPECT_EQ(answers.present(proof(token)).error().kind, ErrorKind::bad_token);
    EXPECT_TRUE(answers.clean_up(proof(token)));
  }
}

TEST(Http01Answers, ThereIsALimit) {
  Http01Answers answers;
  for (std::size_t i = 0; i < Http01Answers::answers_max; ++i) ASSERT_TRUE(answers.present(proof(std::to_string(i))));
  EXPECT_FALSE(answers.present(proof("more")));
}

struct WebrootTest : ::testing::Test {
  testing::MemoryDisk disk;
  Webroot webroot{disk};
};

TEST_F(WebrootTest, WritesAndTakesAway) {
  ASSERT_TRUE(webroot.check());
  EXPECT_TRUE(disk.files().empty());
  ASSERT_TRUE(webroot.present(proof("tok")));
  ASSERT_TRUE(webroot.present(proof("tok")));
  EXPECT_EQ(disk.files().at(place + "tok"), "token.thumbprint");
  EXPECT_EQ(disk.modes().at(place + "tok"), 0644u);
  ASSERT_TRUE(webroot.clean_up(proof("tok")));
  ASSERT_TRUE(webroot.clean_up(proof("tok")));
  EXPECT_TRUE(disk.files().empty());
}

TEST_F(WebrootTest, CF18_TokensDoNotLeaveTheFolder) {
  for (const char* const token : {"../../index.html", "..", "", "a/b", "a\\b"}) {
    EXPECT_EQ(webroot.present(proof(token)).error().kind, ErrorKind::bad_token);
    EXPECT_TRUE(webroot.clean_up(proof(token)));
  }
  EXPECT_TRUE(disk.files().empty());
}

TEST_F(WebrootTest, AFileOfSomebodyElseIsLeftAlone) {
  ASSERT_TRUE(webroot.check());
  ASSERT_TRUE(disk.create(place + "tok", as_bytes("somebody else's"), 0644));
  EXPECT_EQ(webroot.present(proof("tok")).error().kind, ErrorKind::storage);
  ASSERT_TRUE(webroot.clean_up(proof("tok")));
  EXPECT_EQ(disk.files().at(place + "tok"), "somebody else's");
}

TEST_F(WebrootTest, CF57_ALinkInItsPlaceIsNotWrittenThrough) {
  ASSERT_TRUE(webroot.check());
  ASSERT_TRUE(disk.create(place + "target", as_bytes("precious"), 0644));
  ASSERT_TRUE(disk.link_to("target", place + "tok"));
  EXPECT_FALSE(webroot.present(proof("tok")));
  EXPECT_EQ(disk.files().at(place + "target"), "precious");
}

TEST_F(WebrootTest, AnAnswerTornByACrashIsWrittenAnew) {
  ASSERT_TRUE(webroot.check());
  ASSERT_TRUE(disk.create(place + "tok", as_bytes("token.th"), 0644));
  ASSERT_TRUE(webroot.present(proof("tok")));
  EXPECT_EQ(disk.files().at(place + "tok"), "token.thumbprint");
}

TEST_F(WebrootTest, CheckSaysWhenItCannotWrite) {
  disk.arm(testing::MemoryDisk::At::fail, 0);
  EXPECT_EQ(webroot.check().error().kind, ErrorKind::storage);
}

}  // namespace
}  // namespace crest::client
