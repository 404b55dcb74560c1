#include "client/account.hpp"

#include <gtest/gtest.h>

#include "client/testing/rig.hpp"

namespace crest::client {
namespace {

using testing::FakeCa;
using testing::json_response;
using testing::refusal;
using testing::Rig;

Result<AccountHandle> open(Rig& rig) { return open_account(*rig.session, *rig.vault, rig.keys, rig.account); }

encoding::Json payload_of(const http::Request& request) {
  const auto body = encoding::Json::parse(request.body).value();
  return encoding::Json::parse(as_text(encoding::from_base64url(*body.find("payload")->as_string()).value())).value();
}

AccountOptions::Binding binding() {
  return {.kid = "team-7", .mac_key = Secret("0123456789abcdef0123456789abcdef"), .hash = crypto::Hash::sha256};
}

TEST(Account, IsMadeOnceAndThenKnown) {
  Rig rig;
  const auto first = open(rig);
  ASSERT_TRUE(first) << first.error().describe();
  rig.start();
  const auto second = open(rig);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->url, first->url);
  EXPECT_EQ(second->key.public_key(), first->key.public_key());
  EXPECT_EQ(rig.ca.count("POST newAccount"), 1u);
  EXPECT_LE(rig.ca.requests.size(), 3u);
}

TEST(Account, CF35_TheKeyIsDurableBeforeTheCaHearsOfIt) {
  Rig rig;
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) == "newAccount") rig.disk.power_cut();
    return std::nullopt;
  };
  rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) == "newAccount") response = make_error(ErrorKind::timeout, "lost");
  };
  EXPECT_FALSE(open(rig));
  EXPECT_FALSE(stored_account(*rig.vault, rig.session->endpoint()).value());
  rig.ca.before = nullptr;
  rig.ca.after = nullptr;
  rig.start();
  const auto account = open(rig);
  ASSERT_TRUE(account);
  EXPECT_EQ(rig.ca.accounts.size(), 1u);
  EXPECT_EQ(stored_account(*rig.vault, rig.session->endpoint()).value()->url, account->url);
}

TEST(Account, ACC_07_ACC_10_WhatIsSent) {
  Rig rig;
  rig.account.contact = {"mailto:ops@corp.example"};
  ASSERT_TRUE(open(rig));
  const auto payload = payload_of(rig.ca.requests.back());
  EXPECT_EQ(*payload.find("contact")->as_array()->at(0).as_string(), "mailto:ops@corp.example");
  const auto* agreed = payload.find("termsOfServiceAgreed");
  EXPECT_TRUE(agreed == nullptr || !*agreed->as_bool());
}

TEST(Account, ACC_07_AContactThatIsNoneIsRefusedHere) {
  for (const char* const contact :
       {"ops@corp.example", "mailto:a@b.example?bcc=c@d.example", "mailto:a@b.example,c@d.example"}) {
    Rig rig;
    rig.account.contact = {contact};
    const auto account = open(rig);
    ASSERT_FALSE(account) << contact;
    EXPECT_EQ(account.error().kind, ErrorKind::config);
    EXPECT_EQ(rig.ca.count("POST newAccount"), 0u);
  }
}

TEST(Account, ACC_10_TermsAreForAPersonToAgreeTo) {
  Rig rig;
  rig.ca.meta = encoding::Json::object().set("termsOfService", "https://ca.test/terms");
  const auto refused = open(rig);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::user_action);
  EXPECT_NE(refused.error().message.find("https://ca.test/terms"), std::string::npos);
  rig.account.agree_terms_of_service = true;
  ASSERT_TRUE(open(rig));
  EXPECT_TRUE(*payload_of(rig.ca.requests.back()).find("termsOfServiceAgreed")->as_bool());
}

TEST(Account, EAB_07_ARequiredBindingIsMissedBeforeTheCaIsAsked) {
  Rig rig;
  rig.ca.meta = encoding::Json::object().set("externalAccountRequired", true);
  const auto refused = open(rig);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::eab);
  EXPECT_NE(refused.error().message.find("--eab-kid"), std::string::npos);
  EXPECT_EQ(rig.ca.count("POST newAccount"), 0u);
  EXPECT_TRUE(rig.vault->list("accounts").value().empty());
}

TEST(Account, EAB_01_TheBindingIsSignedForThisUrlAndKey) {
  Rig rig;
  rig.ca.meta = encoding::Json::object().set("externalAccountRequired", true);
  rig.account.external_account_binding = binding();
  const auto account = open(rig);
  ASSERT_TRUE(account);
  const auto payload = payload_of(rig.ca.requests.back());
  auto parsed = jose::parse_binding(*payload.find("externalAccountBinding"));
  const auto* eab = std::get_if<jose::ParsedBinding>(&parsed);
  ASSERT_NE(eab, nullptr);
  EXPECT_EQ(eab->kid, "team-7");
  EXPECT_EQ(eab->url, rig.ca.url("newAccount"));
  EXPECT_EQ(eab->key, account->key.public_key());
  EXPECT_TRUE(eab->verify(as_bytes("0123456789abcdef0123456789abcdef")));
}

TEST(Account, CF33_ABindingIsNotSpentTwiceAfterALostAnswer) {
  Rig rig;
  rig.account.external_account_binding = binding();
  bool lose = true;
  rig.ca.after = [&](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) == "newAccount" && lose) response = make_error(ErrorKind::timeout, "lost");
    lose = lose && FakeCa::kind_of(request.url) != "newAccount";
  };
  EXPECT_FALSE(open(rig));
  ASSERT_TRUE(open(rig));
  int with_binding = 0;
  for (const http::Request& request : rig.ca.requests)
    if (FakeCa::kind_of(request.url) == "newAccount" && payload_of(request).find("externalAccountBinding"))
      ++with_binding;
  EXPECT_EQ(with_binding, 1) << "found by key (ACC-04)";
}

TEST(Account, CF33_TheBindingIsSentWhenTheFirstRequestNeverArrived) {
  Rig rig;
  rig.account.external_account_binding = binding();
  rig.ca.before = [&](const http::Request& request) -> std::optional<Result<http::Response>> {
    if (FakeCa::kind_of(request.url) != "newAccount") return std::nullopt;
    return Result<http::Response>(make_error(ErrorKind::connect, "refused"));
  };
  EXPECT_FALSE(open(rig));
  rig.ca.before = nullptr;
  ASSERT_TRUE(open(rig));
  EXPECT_NE(payload_of(rig.ca.requests.back()).find("externalAccountBinding"), nullptr);
}

TEST(Account, ACC_20_AnAccountWithoutOrdersOrContactIsFine) {
  Rig rig;  // this CA sends {"status":"valid"} alone
  EXPECT_TRUE(open(rig));
}

TEST(Account, CF32_ADeactivatedAccountIsNotUsed) {
  Rig rig;
  rig.ca.after = [](const http::Request& request, Result<http::Response>& response) {
    if (FakeCa::kind_of(request.url) == "newAccount") response->body = R"({"status":"deactivated"})";
  };
  const auto refused = open(rig);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::account);
}

TEST(Account, CF59_ADamagedRecordIsNotNoAccount) {
  Rig rig;
  ASSERT_TRUE(open(rig));
  const std::string file = "accounts/" + file_name_of(account_record_name(rig.session->endpoint())) + ".json";
  std::string text = rig.disk.files().at(file);
  text[text.size() / 2] ^= 1;
  rig.disk.plant(file, text);
  for (int i = 0; i < 2; ++i) {
    const auto refused = open(rig);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::storage);
  }
  EXPECT_EQ(rig.ca.count("POST newAccount"), 1u);
}

TEST(Account, EachCaHasItsOwn) {
  const std::string a = account_record_name({.directory_url = "https://ca.example/a/directory"});
  const std::string b = account_record_name({.directory_url = "https://ca.example/b/directory"});
  EXPECT_NE(a, b);
  EXPECT_TRUE(a.starts_with("ca.example-"));
  EXPECT_LT(account_record_name({.directory_url = "https://ca.example/" + std::string(1900, 'x')}).size(), 100u);
}

}  // namespace
}  // namespace crest::client
