#include "acme/directory.hpp"

#include <gtest/gtest.h>

namespace crest::acme {
namespace {

using encoding::Json;

Json minimal() {
  return *Json::parse(
      R"({"newNonce":"https://ca.example/n","newAccount":"https://ca.example/a","newOrder":"https://ca.example/o"})");
}

Directory full() {
  Directory directory;
  directory.new_nonce = "https://ca.example/n";
  directory.new_account = "https://ca.example/a";
  directory.new_order = "https://ca.example/o";
  directory.revoke_cert = "https://ca.example/r";
  directory.key_change = "https://ca.example/k";
  directory.renewal_info = "https://ca.example/ari";
  directory.meta.terms_of_service = "https://ca.example/tos";
  directory.meta.website = "https://ca.example/";
  directory.meta.caa_identities = {"ca.example"};
  directory.meta.external_account_required = true;
  directory.meta.profiles = {{"short", "six days"}, {"default", "a day"}};
  return directory;
}

TEST(Directory, DIR_01_DIR_02_JsonBothWays) {
  EXPECT_EQ(
      to_json(full()).dump(),
      R"({"newNonce":"https://ca.example/n","newAccount":"https://ca.example/a","newOrder":"https://ca.example/o",)"
      R"("revokeCert":"https://ca.example/r","keyChange":"https://ca.example/k","renewalInfo":"https://ca.example/ari",)"
      R"("meta":{"termsOfService":"https://ca.example/tos","website":"https://ca.example/","caaIdentities":["ca.example"],)"
      R"("externalAccountRequired":true,"profiles":{"default":"a day","short":"six days"}}})");
  const auto read = directory_from_json(to_json(full()));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read), to_json(full()));
  EXPECT_EQ(read->new_authz, std::nullopt);
  Directory with_authz = full();
  with_authz.new_authz = "https://ca.example/z";
  EXPECT_EQ(directory_from_json(to_json(with_authz))->new_authz, "https://ca.example/z");
}

TEST(Directory, DIR_07_MissingEndpoints) {
  const auto read = directory_from_json(minimal());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->revoke_cert, "");
  EXPECT_EQ(read->key_change, "");
  EXPECT_EQ(read->renewal_info, std::nullopt);
  for (const char* name : {"newNonce", "newAccount", "newOrder"}) {
    const auto bad = directory_from_json(minimal().set(name, nullptr));
    ASSERT_FALSE(bad) << name;
    EXPECT_EQ(bad.error().kind, ErrorKind::ca_protocol);
    EXPECT_NE(bad.error().describe().find(name), std::string::npos) << bad.error().describe();
  }
}

TEST(Directory, TR_01_CF8_OnlyHttps) {
  for (const char* name :
       {"newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "newAuthz", "renewalInfo"}) {
    const Json plain = minimal().set(name, "http://ca.example/x");
    const auto refused = directory_from_json(plain);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().kind, ErrorKind::ca_protocol);
    EXPECT_NE(refused.error().describe().find(name), std::string::npos);
    EXPECT_NE(refused.error().describe().find("http://ca.example"), std::string::npos);
    EXPECT_TRUE(directory_from_json(plain, true)) << name;
  }
}

TEST(Directory, UrlsMustBeUrls) {
  for (const Json& bad : {Json("ftp://ca.example/x"), Json("/x"), Json(""), Json(7), Json(true), Json::array(),
                          Json::object(), Json("https://user@ca.example/"), Json(std::string(5000, 'a'))}) {
    const auto refused = directory_from_json(minimal().set("newOrder", bad), true);
    ASSERT_FALSE(refused) << bad.dump();
    EXPECT_EQ(refused.error().kind, ErrorKind::ca_protocol);
  }
  for (const Json& bad : {Json(), Json::array(), Json("https://ca.example/")}) EXPECT_FALSE(directory_from_json(bad));
}

TEST(Directory, DIR_04_MetaNeverSpoilsIt) {
  for (const char* meta :
       {"null", "7", "\"x\"", "[]", "{}", R"({"termsOfService":7,"website":[],"caaIdentities":"x","profiles":[1]})",
        R"({"externalAccountRequired":"yes","profiles":7,"caaIdentities":[7,null]})",
        R"({"auto-renewal":{"min-lifetime":86400},"delegation-enabled":true,"subdomainAuthAllowed":false})"}) {
    const auto read = directory_from_json(minimal().set("meta", *Json::parse(meta)));
    ASSERT_TRUE(read) << meta;
    EXPECT_FALSE(read->meta.external_account_required);
    EXPECT_TRUE(read->meta.caa_identities.empty());
    EXPECT_TRUE(read->meta.profiles.empty());
    EXPECT_EQ(read->meta.website, std::nullopt);
  }
}

TEST(Directory, PRO_05_ProfilesAreListed) {
  const auto read = directory_from_json(minimal().set("meta", *Json::parse(R"({"profiles":{"a":"first","b":7}})")));
  EXPECT_EQ(read->meta.profiles, (std::map<std::string, std::string>{{"a", "first"}, {"b", ""}}));
}

}  // namespace
}  // namespace crest::acme
