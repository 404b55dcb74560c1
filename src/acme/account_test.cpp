#include "acme/account.hpp"

#include <gtest/gtest.h>

#include "acme/problem.hpp"
#include "crypto/test_keys.hpp"
#include "encoding/base64.hpp"
#include "jose/jwk.hpp"

namespace crest::acme {
namespace {

using encoding::Json;

Json parse(const char* text) { return *Json::parse(text); }

template <typename T>
void expect_malformed(const Result<T>& result, std::string_view member) {
  ASSERT_FALSE(result);
  ASSERT_TRUE(result.error().problem);
  EXPECT_EQ(problem_type(*result.error().problem), ProblemType::malformed);
  EXPECT_NE(result.error().describe().find(member), std::string::npos) << result.error().describe();
}

TEST(Account, JsonBothWays) {
  Account account;
  account.status = AccountStatus::deactivated;
  account.contact = {"mailto:ops@corp.example"};
  account.terms_of_service_agreed = true;
  account.orders = "https://ca.example/acct/1/orders";
  account.external_account_binding = parse(R"({"protected":"a","payload":"b","signature":"c"})");
  EXPECT_EQ(to_json(account).dump(),
            R"({"status":"deactivated","contact":["mailto:ops@corp.example"],"termsOfServiceAgreed":true,)"
            R"("externalAccountBinding":{"protected":"a","payload":"b","signature":"c"},)"
            R"("orders":"https://ca.example/acct/1/orders"})");
  EXPECT_EQ(to_json(*account_from_json(to_json(account))), to_json(account));  // EAB-05: reflected unchanged
}

TEST(Account, ACC_20_WorksWithLittle) {
  const auto account = account_from_json(parse(R"({"status":"valid","contact":null})"));
  ASSERT_TRUE(account);
  EXPECT_TRUE(account->contact.empty());
  EXPECT_EQ(account->orders, std::nullopt);
  EXPECT_EQ(account_from_json(parse("{}"))->status, AccountStatus::valid);
  EXPECT_EQ(account_from_json(parse(R"({"status":"revoked"})"))->status, AccountStatus::revoked);
  for (const char* bad : {"[]", R"({"status":"gone"})", R"({"status":7})", R"({"status":"valid","contact":"x"})",
                          R"({"status":"valid","orders":"ftp://x/"})", R"({"status":"Valid"})"}) {
    const auto refused = account_from_json(parse(bad));
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().kind, ErrorKind::malformed) << bad;
  }
}

TEST(NewAccount, V11a_V11b_Payload) {
  NewAccount request;
  request.contact = {"mailto:admin@example.org"};
  request.terms_of_service_agreed = true;
  EXPECT_EQ(to_json(request).dump(), R"({"contact":["mailto:admin@example.org"],"termsOfServiceAgreed":true})");

  Bytes mac_key;
  for (std::uint8_t i = 0; i < 32; ++i) mac_key.push_back(i);
  const auto binding =
      jose::sign_binding(crypto::Hash::sha256, "eab-kid-1", mac_key, "https://ca.example.com/acme/new-account",
                         crypto::test_keys::p256().public_key());
  request.external_account_binding = Json::parse(binding.dump()).value();
  const std::string encoded = encoding::base64url(as_bytes(to_json(request).dump()));
  EXPECT_EQ(encoded.size(), 610u);
  EXPECT_EQ(encoding::hex(crypto::sha256(encoded)), "bc3bbd7509d7433417ed45120c01bc9fcb90123e5491197b10b463572b59c82a");
}

TEST(NewAccount, ReadsWhatItKnows) {
  const auto request = new_account_from_json(
      parse(R"({"contact":["mailto:a@b.example"],"onlyReturnExisting":true,"status":"revoked","orders":7,"x":[{}]})"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->contact, std::vector<std::string>{"mailto:a@b.example"});
  EXPECT_TRUE(request->only_return_existing);
  EXPECT_FALSE(request->terms_of_service_agreed);
  EXPECT_EQ(to_json(*request).dump(), R"({"contact":["mailto:a@b.example"],"onlyReturnExisting":true})");
  EXPECT_TRUE(new_account_from_json(parse("{}")));
  expect_malformed(new_account_from_json(parse("[]")), "object");
  expect_malformed(new_account_from_json(parse(R"({"contact":"mailto:a@b.example"})")), "contact");
  expect_malformed(new_account_from_json(parse(R"({"contact":[7]})")), "contact[0]");
  expect_malformed(new_account_from_json(parse(R"({"termsOfServiceAgreed":"yes"})")), "termsOfServiceAgreed");
  expect_malformed(new_account_from_json(parse(R"({"onlyReturnExisting":1})")), "onlyReturnExisting");
}

TEST(AccountUpdate, ACC_11_ACC_12_ContactAndDeactivation) {
  EXPECT_EQ(account_update_from_json(parse("{}"))->contact, std::nullopt);
  EXPECT_EQ(account_update_from_json(parse(R"({"contact":null})"))->contact, std::nullopt);
  EXPECT_EQ(account_update_from_json(parse(R"({"contact":[]})"))->contact, std::vector<std::string>{});
  EXPECT_TRUE(account_update_from_json(parse(R"({"status":"deactivated"})"))->deactivate);
  for (const char* other : {R"({"status":"revoked"})", R"({"status":"valid"})", R"({"status":7,"orders":1,"x":{}})",
                            R"({"termsOfServiceAgreed":"maybe"})"}) {
    const auto update = account_update_from_json(parse(other));
    ASSERT_TRUE(update) << other;
    EXPECT_FALSE(update->deactivate) << other;
  }
  expect_malformed(account_update_from_json(parse(R"({"contact":7})")), "contact");
  expect_malformed(account_update_from_json(parse("7")), "object");
  EXPECT_EQ(to_json(AccountUpdate{.contact = std::nullopt, .deactivate = true}).dump(), R"({"status":"deactivated"})");
  EXPECT_EQ(to_json(AccountUpdate{.contact = std::vector<std::string>{}}).dump(), R"({"contact":[]})");
}

TEST(Contact, ACC_07_GoodOnes) {
  for (const char* good : {"mailto:ops@corp.example", "MAILTO:Ops+acme@Corp.Example", "mailto:a.b-c_d@localhost",
                           "mailto:o'neil/dept=it@xn--mnchen-3ya.example"}) {
    EXPECT_EQ(check_mailto(good), "") << good;
    EXPECT_TRUE(check_contacts({good})) << good;
  }
  EXPECT_TRUE(check_contacts({}));
}

TEST(Contact, ACC_06_ACC_07_ACC_08_SF17_BadOnes) {
  const std::pair<std::string, ProblemType> table[] = {
      {"", ProblemType::invalidContact},
      {" ", ProblemType::invalidContact},
      {"mailto:", ProblemType::invalidContact},
      {"mailto:ops", ProblemType::invalidContact},
      {"mailto:a@", ProblemType::invalidContact},
      {"mailto:@corp.example", ProblemType::invalidContact},
      {"mailto:cpu@l\xcc\xb4"
       "etters.example",
       ProblemType::invalidContact},
      {"mailto:o\xc3\xa4@corp.example", ProblemType::invalidContact},
      {"mailto:a@example./.example", ProblemType::invalidContact},
      {"mailto:a@corp.example?subject=x", ProblemType::invalidContact},
      {"mailto:a@corp.example?bcc=b@corp.example", ProblemType::invalidContact},
      {"mailto:a@corp.example,b@corp.example", ProblemType::invalidContact},
      {"mailto:a@corp.example%2Cb@corp.example", ProblemType::invalidContact},
      {"mailto:a@b@corp.example", ProblemType::invalidContact},
      {"mailto:a@corp.example\r\nBcc: b@corp.example", ProblemType::invalidContact},
      {"mailto:.a@corp.example", ProblemType::invalidContact},
      {"mailto:a..b@corp.example", ProblemType::invalidContact},
      {"mailto:\"a\"@corp.example", ProblemType::invalidContact},
      {"mailto:a@[10.0.0.1]", ProblemType::invalidContact},
      {"mailto:a@10.0.0.1", ProblemType::invalidContact},
      {"mailto:Ops <a@corp.example>", ProblemType::invalidContact},
      {"mailto:" + std::string(65, 'a') + "@corp.example", ProblemType::invalidContact},
      {"mailto:a@" + std::string(400, 'a'), ProblemType::invalidContact},
      {"ops@corp.example", ProblemType::invalidContact},
      {"tel:+123", ProblemType::unsupportedContact},
      {"https://corp.example/", ProblemType::unsupportedContact},
  };
  for (const auto& [contact, type] : table) {
    EXPECT_NE(check_mailto(contact), "") << contact;
    const auto result = check_contacts({"mailto:good@corp.example", contact});
    ASSERT_FALSE(result) << contact;
    EXPECT_EQ(problem_type(*result.error().problem), type) << contact;
  }
}

TEST(Contact, SF17_NotTooMany) {
  EXPECT_TRUE(check_contacts(std::vector<std::string>(contacts_max, "mailto:a@corp.example")));
  const auto result = check_contacts(std::vector<std::string>(contacts_max + 1, "mailto:a@corp.example"));
  ASSERT_FALSE(result);
  EXPECT_EQ(problem_type(*result.error().problem), ProblemType::invalidContact);
}

}  // namespace
}  // namespace crest::acme
