#include "ca/admin/admin_service.hpp"

#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"

namespace crest::ca::admin {
namespace {

using ca::testing::AcmeDriver;
using ca::testing::TestCa;
using ca::testing::TestHierarchy;

class AdminTest : public ::testing::Test {
 protected:
  TestCa ca;
  AcmeDriver driver{ca};
  Health health;
  int reloads = 0;
  bool reload_fails = false;
  AdminService service{{ca.store, ca.clock, ca.log, [] { return std::string("metric 1\n"); }, [this] { return health; },
                        [this]() -> Result<void> {
                          ++reloads;
                          if (reload_fails) return make_error(ErrorKind::config, "leaf.life: no", "ca.toml:3");
                          return {};
                        },
                        "main"}};

  http::Request request(const std::string& method, const std::string& url, const std::string& body = "") {
    http::Request out{.method = method, .url = url, .headers = {{"Content-Type", "application/json"}}, .body = body};
    const auto& der = TestHierarchy::get().intermediate.der();
    out.peer.certificate_der = std::string(der.begin(), der.end());
    return out;
  }
  http::Response get(const std::string& url) { return service.handle(request("GET", url)); }
  http::Response post(const std::string& url, const std::string& body = "{}") {
    return service.handle(request("POST", url, body));
  }
  x509::Certificate issue(const std::string& name) {
    static const auto key = crypto::PrivateKey::generate(crypto::KeyType::ec_p256).value();
    if (driver.account_url().empty()) driver.new_account();
    ca.add_host(name, "192.0.2.1", driver.public_key());
    return driver.issue({name}, key).chain.leaf();
  }
};

TEST_F(AdminTest, SF89_WithoutACertificateThereIsNothing) {
  for (const char* path : {"/metrics", "/health", "/ready", "/certificates", "/revoke", "/reload", "/"}) {
    for (const char* method : {"GET", "POST"}) {
      auto bare = request(method, path, "{}");
      bare.peer.certificate_der.clear();
      EXPECT_EQ(service.handle(bare).status, 403) << path;
    }
  }
  EXPECT_EQ(reloads, 0);
}

TEST_F(AdminTest, HealthTellsWhatIsWrong) {
  health = {{"database", "", ""}, {"key", "", ""}};
  EXPECT_EQ(get("/health").status, 200);
  EXPECT_EQ(get("/health").body, R"({"status":"ok","items":{"database":"ok","key":"ok"}})");
  health[1].trouble = "the token is gone";
  EXPECT_EQ(get("/health").status, 503);
  EXPECT_NE(get("/health").body.find("the token is gone"), std::string::npos);
  EXPECT_EQ(get("/ready").body, R"({"status":"trouble"})");
  EXPECT_EQ(get("/metrics").body, "metric 1\n");
}

TEST_F(AdminTest, CertificatesAreFoundByAPartOfAName) {
  const auto a = issue("a.corp.example"), b = issue("b.corp.example");
  const auto found = get("/certificates?q=b.corp");
  EXPECT_EQ(found.status, 200);
  EXPECT_NE(found.body.find(b.serial_hex()), std::string::npos) << found.body;
  EXPECT_EQ(found.body.find(a.serial_hex()), std::string::npos);
  EXPECT_EQ(get("/certificates?q=%").status, 400);
  EXPECT_EQ(get("/certificates?after=x").status, 400);
  EXPECT_EQ(get("/certificates?limit=9999").status, 400);
}

TEST_F(AdminTest, CertificatesComeInPages) {
  ASSERT_TRUE(ca.store.write([&](store::Tx& tx) -> Result<void> {
    for (std::size_t i = 0; i < AdminService::page + 7; ++i) {
      const std::string serial = "40" + std::to_string(1'000 + i);
      TRY(tx.certificates.insert({.serial = serial, .order = "o" + serial, .not_after = ca.clock.now()}));
    }
    return {};
  }));
  const auto list = [&](const std::string& url) { return encoding::Json::parse(get(url).body).value(); };
  const auto first = list("/certificates");
  EXPECT_EQ(first.find("certificates")->as_array()->size(), AdminService::page);
  const auto second = list("/certificates?after=" + *first.find("next")->as_string());
  EXPECT_EQ(second.find("certificates")->as_array()->size(), 7u);
  EXPECT_EQ(second.find("next"), nullptr);
}

TEST_F(AdminTest, SF84_RevokesAndSaysWhoDid) {
  const auto leaf = issue("a.corp.example");
  const std::string body = R"({"serial":")" + leaf.serial_hex() + R"(","reason":"superseded"})";
  EXPECT_EQ(post("/revoke", body).status, 200);
  EXPECT_NE(post("/revoke", body).body.find("already revoked"), std::string::npos);
  EXPECT_EQ(post("/revoke", R"({"serial":"00"})").status, 404);
  EXPECT_EQ(post("/revoke", R"({"serial":")" + leaf.serial_hex() + R"(","reason":"boredom"})").status, 400);
  EXPECT_EQ(post("/revoke", "serial").status, 400);
  ASSERT_TRUE(ca.store.read([&](store::Tx& tx) -> Result<void> {
    const auto row = TRY(tx.certificates.by_serial(leaf.serial_hex()));
    EXPECT_EQ(row->status, store::CertificateStatus::revoked);
    const auto last = TRY(tx.audit.last("main"));
    EXPECT_NE(last->text.find("Test Intermediate"), std::string::npos) << last->text;
    return {};
  }));
}

TEST_F(AdminTest, SF83_OnlyReasonsThatListsCanTellOfAreTaken) {
  const auto leaf = issue("a.corp.example");
  const auto with = [&](const std::string& reason) {
    return post("/revoke", R"({"serial":")" + leaf.serial_hex() + R"(","reason":)" + reason + "}");
  };
  for (const char* word : {R"("removeFromCRL")", R"("certificateHold")", R"("cACompromise")", R"("")", "4"}) {
    const auto answer = with(word);
    EXPECT_EQ(answer.status, 400) << word;
    EXPECT_NE(answer.body.find("privilegeWithdrawn"), std::string::npos) << "it says what there is: " << answer.body;
  }
  EXPECT_EQ(with(R"("privilegeWithdrawn")").status, 200);
}

TEST_F(AdminTest, SF66_NoAuditNoRevocation) {
  const auto leaf = issue("a.corp.example");
  ca.store.audit_fails = true;
  EXPECT_EQ(post("/revoke", R"({"serial":")" + leaf.serial_hex() + "\"}").status, 503);
}

TEST_F(AdminTest, ReloadSaysWhatIsWrongWithTheSettings) {
  EXPECT_EQ(post("/reload").status, 200);
  reload_fails = true;
  const auto answer = post("/reload");
  EXPECT_EQ(answer.status, 500);
  EXPECT_NE(answer.body.find("ca.toml:3"), std::string::npos) << answer.body;
  EXPECT_EQ(get("/reload").status, 405);
}

TEST_F(AdminTest, SF89_AFormInABrowserCannotPost) {
  auto form = request("POST", "/reload");
  form.headers.set("Content-Type", "text/plain");
  EXPECT_EQ(service.handle(form).status, 415);
  EXPECT_EQ(reloads, 0);
}

}  // namespace
}  // namespace crest::ca::admin
