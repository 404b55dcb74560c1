// Servers add members, some on purpose at random: nothing of it may break a client (TR-14).
#include <gtest/gtest.h>

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/directory.hpp"
#include "acme/order.hpp"
#include "acme/problem.hpp"
#include "acme/renewal_info.hpp"

namespace crest::acme {
namespace {

using encoding::Json;

constexpr const char* strange[] = {
    "null", "true", "7", "-1e300", "\"text\"", "[]", "[[{}],null]", "{}", R"({"status":{"a":[1]}})"};

// `read(object)` succeeds with an unknown member of any type in the object, and in each object inside it.
template <typename Read>
void expect_ignored(const char* text, Read read) {
  const Json plain = Json::parse(text).value();
  const auto expected = read(plain);
  ASSERT_TRUE(expected) << text;
  for (const char* value : strange) {
    const Json unknown = Json::parse(value).value();
    Json object = plain;
    object.set("zFhT9kqW", unknown).set("x-extension", unknown);
    for (const auto& [name, member] : *plain.as_object()) {
      Json inner = member;
      if (!inner.as_object()) continue;
      inner.set("zFhT9kqW", unknown);
      object.set(name, inner);
    }
    const auto got = read(object);
    ASSERT_TRUE(got) << object.dump() << ": " << got.error().describe();
    EXPECT_EQ(to_json(*got), to_json(*expected)) << value;
  }
}

TEST(UnknownMembers, TR_14_DIR_04_Directory) {
  expect_ignored(
      R"({"newNonce":"https://ca.example/n","newAccount":"https://ca.example/a","newOrder":"https://ca.example/o",
                     "meta":{"website":"https://ca.example/"}})",
      [](const Json& json) { return directory_from_json(json); });
}

TEST(UnknownMembers, TR_14_Account) {
  expect_ignored(R"({"status":"valid","contact":["mailto:a@b.example"]})", account_from_json);
}

TEST(UnknownMembers, TR_14_Order) {
  expect_ignored(R"({"status":"invalid","identifiers":[{"type":"dns","value":"a.example","ancestorDomain":[]}],
                     "authorizations":["https://ca.example/z/1"],"finalize":"https://ca.example/f",
                     "error":{"type":"urn:ietf:params:acme:error:caa","detail":"no"}})",
                 order_from_json);
}

TEST(UnknownMembers, TR_14_Authorization) {
  expect_ignored(R"({"status":"pending","identifier":{"type":"dns","value":"a.example"},"challenges":[
                     {"type":"http-01","url":"https://ca.example/c","token":"abc","x":{"y":[1]}}]})",
                 authorization_from_json);
}

TEST(UnknownMembers, TR_14_Challenge) {
  expect_ignored(R"({"type":"http-01","url":"https://ca.example/c","token":"abc","status":"pending",
                     "error":{"type":"urn:ietf:params:acme:error:dns"}})",
                 challenge_from_json);
}

TEST(UnknownMembers, TR_14_Problem) {
  expect_ignored(R"({"type":"urn:ietf:params:acme:error:caa","detail":"no","status":403})", problem_from_json);
}

TEST(UnknownMembers, TR_14_RenewalInfo) {
  expect_ignored(R"({"suggestedWindow":{"start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z"}})",
                 renewal_info_from_json);
}

}  // namespace
}  // namespace crest::acme
