#include "ca/va/remote_codec.hpp"

#include <gtest/gtest.h>

namespace crest::ca::va {
namespace {

const std::string token = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";

Claim claim() {
  return {.identifier = {.value = "a.example"},
          .token = token,
          .key_authorization = token + ".oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
          .method = "http-01",
          .wildcard = false,
          .account_url = "https://ca.test/acme/corp/account/1"};
}

TEST(RemoteCodec, AClaimComesBackAsItWas) {
  auto sent = claim();
  for (const auto& identifier : {acme::Identifier{acme::IdentifierType::dns, "a.example"},
                                 acme::Identifier{acme::IdentifierType::ip, "2001:db8::1"}}) {
    sent.identifier = identifier;
    sent.wildcard = !sent.wildcard;
    const auto read = claim_from_json(to_json(sent).dump());
    ASSERT_TRUE(read) << read.error().describe();
    EXPECT_EQ(read->identifier, sent.identifier);
    EXPECT_EQ(read->token, sent.token);
    EXPECT_EQ(read->key_authorization, sent.key_authorization);
    EXPECT_EQ(read->method, sent.method);
    EXPECT_EQ(read->wildcard, sent.wildcard);
    EXPECT_EQ(read->account_url, sent.account_url);
  }
}

TEST(RemoteCodec, SF51_NoClaimLeadsAstray) {
  const auto with = [](auto change) {
    auto json = to_json(claim());
    change(json);
    return json.dump();
  };
  using encoding::Json;
  const std::string bad[] = {
      "",
      "{}",
      "[]",
      "null",
      std::string(claim_bytes_max + 1, ' '),
      with([](Json& json) { json.set("token", "../../etc/passwd"); }),
      with([](Json& json) { json.set("token", ""); }),
      with([](Json& json) { json.set("token", "a b"); }),
      with([](Json& json) { json.set("key_authorization", "other"); }),
      with([](Json& json) { json.set("key_authorization", token + ".short"); }),
      with([](Json& json) { json.set("method", "http-02"); }),
      with([](Json& json) { json.set("wildcard", "yes"); }),
      with([](Json& json) { json.set("account_url", "file:///etc/passwd"); }),
      with([](Json& json) { json.set("port", 22); }),
      with([](Json& json) { json.set("identifier", acme::to_json(acme::Identifier{.value = "*.a.example"})); }),
      with([](Json& json) { json.set("identifier", acme::to_json(acme::Identifier{.value = "A_EXAMPLE\n"})); }),
      with([](Json& json) { json.set("identifier", "a.example"); }),
  };
  for (const auto& text : bad) EXPECT_FALSE(claim_from_json(text)) << text;
}

TEST(RemoteCodec, AVerdictComesBackAsItWas) {
  Verdict good;
  good.reusable_for = 8h;
  good.for_operator = "asked 192.0.2.1";
  auto read = verdict_from_json(to_json(good).dump());
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_FALSE(read->problem);
  EXPECT_EQ(read->reusable_for, good.reusable_for);
  EXPECT_EQ(read->for_operator, good.for_operator);
  const auto bad = failed(acme::ProblemType::connection, "no connection", true);
  read = verdict_from_json(to_json(bad).dump());
  ASSERT_TRUE(read) << read.error().describe();
  ASSERT_TRUE(read->problem);
  EXPECT_EQ(read->problem->acme_word(), "connection");
  EXPECT_EQ(read->problem->detail.raw(), "no connection");
  EXPECT_TRUE(read->transient);
}

TEST(RemoteCodec, SF51_NoVerdictSaysTwoThings) {
  const char* bad[] = {"",
                       "{}",
                       R"({"proved":"true"})",
                       R"({"proved":true,"problem":{"type":"urn:ietf:params:acme:error:dns"}})",
                       R"({"proved":false})",
                       R"({"proved":false,"problem":{"type":"urn:ietf:params:acme:error:nonsense"}})",
                       R"({"proved":false,"problem":{"type":"about:blank"}})",
                       R"({"proved":true,"reusable_for":-1})",
                       R"({"proved":true,"reusable_for":99999999999999})",
                       R"({"proved":true,"valid":true})",
                       R"({"proved":true} {"proved":true})"};
  for (const auto* text : bad) EXPECT_FALSE(verdict_from_json(text)) << text;
}

TEST(RemoteCodec, SF51_WhatAValidatorSaysCannotPaintATerminal) {
  const auto read = verdict_from_json(
      R"({"proved":false,"for_operator":"\u001b[2J","problem":{"type":"urn:ietf:params:acme:error:dns","detail":"\u001b[2J"}})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->for_operator.find('\x1b'), std::string::npos);
  EXPECT_EQ(read->problem->detail.raw().find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace crest::ca::va
