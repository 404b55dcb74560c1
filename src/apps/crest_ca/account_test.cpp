#include <sys/stat.h>

#include <gtest/gtest.h>

#include "adapters/temporary_folder.hpp"
#include "adapters/text_file.hpp"
#include "apps/crest_ca/ca_records.hpp"
#include "apps/crest_ca/verb.hpp"

namespace crest::apps::crest_ca {
namespace {

class AccountVerbTest : public ::testing::Test {
 protected:
  adapters::TemporaryFolder scratch;
  const std::string folder = scratch / "ca";

  void SetUp() override {
    scratch.write("pass", "correct horse\n");
    ASSERT_EQ(::chmod((scratch / "pass").c_str(), 0600), 0);
    ASSERT_EQ(run(Init{.folder = folder, .lab = true, .passphrase = {.file = scratch / "pass"}}), 0);
    for (const auto status : {acme::AccountStatus::valid, acme::AccountStatus::deactivated}) {
      const std::string id(acme::to_string(status));
      ASSERT_TRUE(open_records(folder)->store->write([&](ca::store::Tx& tx) -> Result<void> {
        TRY(tx.accounts.insert({.id = id, .thumbprint = id, .key_spki = {1}, .status = status}));
        return {};
      }));
    }
  }
  void set_terms(const std::string& url) {
    std::string text = adapters::read_text_file(folder + "/ca.toml", 1u << 20).value();
    const std::string key = "terms_of_service = \"";
    const auto at = text.find(key) + key.size();
    text.replace(at, text.find('"', at) - at, url);
    scratch.write("ca/ca.toml", text);
  }
  std::pair<int, std::string> outcome(const std::string& account) {
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const int code = run(AccountAgree{folder, account, true});
    return {code, ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr()};
  }
};

TEST_F(AccountVerbTest, ACC_13_TheOperatorRecordsAnAgreementWithAnAuditLine) {
  set_terms("https://corp.example/terms");
  const auto [code, text] = outcome("https://localhost:9000/acme/corp/account/valid");
  EXPECT_EQ(code, 0) << text;
  EXPECT_EQ(text, "{\"account\":\"valid\",\"terms\":\"https://corp.example/terms\"}\n");
  EXPECT_EQ(outcome("valid").first, 0);
  ASSERT_TRUE(open_records(folder)->store->read([](ca::store::Tx& tx) -> Result<void> {
    const auto row = TRY(tx.accounts.by_id("valid"));
    EXPECT_EQ(row->terms, "https://corp.example/terms");
    const auto lines = TRY(tx.audit.list("main", 0, 10));
    EXPECT_EQ(lines.size(), 1u);
    EXPECT_NE(lines.front().text.find("terms_agreed"), std::string::npos);
    EXPECT_NE(lines.front().text.find("the operator"), std::string::npos);
    return {};
  }));
}

TEST_F(AccountVerbTest, WhatCannotAgreeIsRefused) {
  EXPECT_NE(outcome("valid").second.find("no terms of service"), std::string::npos);
  set_terms("https://corp.example/terms");
  EXPECT_EQ(outcome("nobody").first, 64);
  EXPECT_NE(outcome("nobody").second.find("there is no such account"), std::string::npos);
  EXPECT_NE(outcome("deactivated").second.find("no longer valid"), std::string::npos);
}

}  // namespace
}  // namespace crest::apps::crest_ca
