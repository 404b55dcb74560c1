#include "ca/web/edge.hpp"

#include <gtest/gtest.h>

#include "acme/directory.hpp"
#include "ca/testing/acme_driver.hpp"

namespace crest::ca::web {
namespace {

using testing::AcmeDriver;
using testing::TestCa;
using testing::TestHierarchy;

class EdgeTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
};

TEST_F(EdgeTest, DIR_01_DIR_02_DirectoryHasWhatItMust) {
  const auto answer = driver.plain("GET", AcmeDriver::url("/directory"));
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.header("Content-Type"), "application/json");
  const auto directory = acme::directory_from_json(answer.json).value();
  EXPECT_EQ(directory.new_nonce, AcmeDriver::url("/new-nonce"));
  EXPECT_EQ(directory.new_account, AcmeDriver::url("/new-account"));
  EXPECT_EQ(directory.new_order, AcmeDriver::url("/new-order"));
  EXPECT_EQ(directory.revoke_cert, AcmeDriver::url("/revoke-cert"));
  EXPECT_EQ(directory.key_change, AcmeDriver::url("/key-change"));
  EXPECT_FALSE(directory.new_authz);
  EXPECT_EQ(directory.renewal_info, AcmeDriver::url("/renewal-info"));
}

TEST_F(EdgeTest, DIR_05_TermsAreAdvertisedWhereTheyAreEnforced) {
  ca.options.terms_of_service = "https://ca.test/terms";
  ca.start();
  const auto directory = acme::directory_from_json(driver.plain("GET", AcmeDriver::url("/directory")).json).value();
  EXPECT_EQ(directory.meta.terms_of_service, "https://ca.test/terms");
  EXPECT_FALSE(directory.meta.external_account_required);
}

TEST_F(EdgeTest, NON_01_NON_02_NewNonce) {
  for (const auto& [method, status] : {std::pair{"HEAD", 200}, {"GET", 204}}) {
    const auto answer = driver.plain(method, AcmeDriver::url("/new-nonce"));
    EXPECT_EQ(answer.status(), status) << method;
    EXPECT_EQ(answer.response.body, "");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_TRUE(encoding::is_base64url(answer.header("Replay-Nonce")));
    EXPECT_EQ(answer.response.headers.all("Replay-Nonce").size(), 1u);
  }
}

TEST_F(EdgeTest, TR_10_DirectoryAndNonceTakePostAsGet) {
  driver.new_account();
  const auto directory = driver.read(AcmeDriver::url("/directory"));
  EXPECT_EQ(directory.status(), 200);
  EXPECT_EQ(directory.text("newOrder"), AcmeDriver::url("/new-order"));
  const auto nonce = driver.read(AcmeDriver::url("/new-nonce"));
  EXPECT_EQ(nonce.status(), 204);
  EXPECT_EQ(nonce.header("Cache-Control"), "no-store");
  EXPECT_EQ(nonce.response.headers.all("Replay-Nonce").size(), 1u);
  EXPECT_EQ(driver.post(AcmeDriver::url("/directory"), "{}").type(), "malformed");
}

TEST_F(EdgeTest, TR_09_OtherGetsAre405WithMalformedAndAllow) {
  for (const auto* path :
       {"/new-account", "/new-order", "/revoke-cert", "/key-change", "/account/x", "/account/x/orders", "/order/x",
        "/order/x/finalize", "/authz/x", "/challenge/x/http-01", "/certificate/x"}) {
    for (const auto* method : {"GET", "HEAD", "PUT", "DELETE", "PATCH", "BREW"}) {
      const auto answer = driver.plain(method, AcmeDriver::url(path));
      EXPECT_EQ(answer.status(), 405) << method << path;
      EXPECT_EQ(answer.type(), "malformed") << path;
      EXPECT_EQ(answer.header("Allow"), "POST") << path;
    }
  }
  EXPECT_EQ(driver.plain("DELETE", AcmeDriver::url("/directory")).header("Allow"), "GET, HEAD, POST");
}

TEST_F(EdgeTest, SF15_UnknownPathsAre404WithMalformed) {
  for (const auto* path :
       {"/", "/acme", "/acme/corp", "/acme/corp/", "/acme/other/directory", "/acme/corp/new-authz", "/acme/corp/order/",
        "/acme/corp/order/x/y", "/ACME/corp/directory", "/acme/corp/directory/"}) {
    const auto answer = driver.plain("GET", path);
    EXPECT_EQ(answer.status(), 404) << path;
    EXPECT_EQ(answer.type(), "malformed") << path;
    EXPECT_EQ(answer.header("Content-Type"), "application/problem+json") << path;
  }
}

TEST_F(EdgeTest, ERR_10_EveryResponseButTheDirectoryLinksTheIndex) {
  driver.new_account();
  const auto index = [](const testing::Answer& answer) {
    return http::link_targets(answer.response.headers, "index", TestCa::base);
  };
  EXPECT_TRUE(index(driver.plain("GET", AcmeDriver::url("/directory"))).empty());
  for (const auto& answer : {driver.plain("HEAD", AcmeDriver::url("/new-nonce")), driver.plain("GET", "/nothing"),
                             driver.new_order({std::string("a.corp.example")}),
                             driver.new_order(std::vector<std::string>{}), driver.read(driver.account_url())}) {
    EXPECT_EQ(index(answer), std::vector<std::string>{AcmeDriver::url("/directory")});
  }
}

TEST_F(EdgeTest, NON_03_EveryPostBringsANonce) {
  driver.new_account();
  for (const auto& answer : {driver.read(driver.account_url()), driver.new_order({std::string("a.corp.example")}),
                             driver.read(AcmeDriver::url("/order/unknown")),
                             driver.send(AcmeDriver::jose_request(AcmeDriver::url("/new-order"), "no JSON"))}) {
    EXPECT_TRUE(encoding::is_base64url(answer.header("Replay-Nonce"))) << answer.status();
  }
}

TEST_F(EdgeTest, TR_04_CrossOriginRequestsAreAnswered) {
  const auto preflight = driver.plain("OPTIONS", AcmeDriver::url("/new-order"));
  EXPECT_EQ(preflight.status(), 204);
  EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Methods"), "POST");
  EXPECT_EQ(preflight.header("Access-Control-Allow-Headers"), "Content-Type");
  const auto answer = driver.plain("GET", AcmeDriver::url("/directory"));
  EXPECT_EQ(answer.header("Access-Control-Allow-Origin"), "*");
  EXPECT_NE(answer.header("Access-Control-Expose-Headers").find("Replay-Nonce"), std::string::npos);
  EXPECT_EQ(driver.plain("OPTIONS", "/nothing").status(), 404);
}

TEST_F(EdgeTest, RootsAndHealth) {
  const auto roots = driver.plain("GET", "/roots.pem");
  EXPECT_EQ(roots.status(), 200);
  EXPECT_EQ(roots.response.body, TestHierarchy::get().root.pem());
  EXPECT_EQ(driver.plain("GET", "/health").text("status"), "ok");
  EXPECT_EQ(driver.plain("POST", "/health").status(), 405);
}

TEST_F(EdgeTest, ERR_01_ERR_02_ERR_05_ProblemDocuments) {
  driver.new_account();
  const auto answer = driver.new_order({std::string("*.corp.example"), "b"});
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.text("type"), "urn:ietf:params:acme:error:rejectedIdentifier");
  EXPECT_NE(answer.text("detail"), "");
  EXPECT_EQ(*answer.json.find("status")->as_int(), answer.status());
  EXPECT_EQ(answer.json.find("identifier"), nullptr);
  const auto* subproblems = answer.json.find("subproblems")->as_array();
  ASSERT_EQ(subproblems->size(), 2u);
  EXPECT_EQ(*subproblems->front().find("identifier")->find("value")->as_string(), "*.corp.example");
}

}  // namespace
}  // namespace crest::ca::web
