#include "ca/web/urls.hpp"

#include <gtest/gtest.h>

#include "ca/testing/acme_driver.hpp"

namespace crest::ca::web {
namespace {

using testing::AcmeDriver;
using testing::TestCa;

// Clients remember the URL of their account, and sign with it for as long as they live.
TEST(FormerUrls, JWS_21_JWS_22_AnAccountKeepsItsUrlWhenTheHostHasAnotherName) {
  TestCa ca;
  AcmeDriver driver(ca);
  driver.new_account();
  const auto fresh = crypto::PrivateKey::generate(crypto::KeyType::ec_p384).value();
  const std::string url = AcmeDriver::url("/key-change");
  const std::string path = driver.account_url().substr(std::string_view(TestCa::base).size());
  const auto read_as = [&](const std::string& kid, const std::string& at) {
    return driver.send(AcmeDriver::jose_request(
        driver.account_url(), jose::sign(driver.key(), {kid}, driver.nonce(), at, "").value().dump()));
  };
  const std::string old = "https://old.test" + path, now = driver.account_url();
  EXPECT_EQ(read_as(old, now).type(), "accountDoesNotExist");
  ca.options.former_urls = {"https://older.test", "https://old.test"};
  ca.start();
  EXPECT_EQ(read_as(old, now).status(), 200);
  EXPECT_EQ(read_as(old, now).location(), now);
  EXPECT_EQ(read_as(now, now).status(), 200);
  EXPECT_EQ(read_as(old, old).type(), "unauthorized") << "what is signed is for the URL as it is now";
  for (const std::string& bad :
       {"https://old.test:9000" + path, "http://old.test" + path, "https://other.test" + path, old + "/orders",
        old + "?x", "https://old.test/acme/lab/account/" + path.substr(path.rfind('/') + 1),
        std::string("https://old.test")}) {
    EXPECT_EQ(read_as(bad, now).type(), "accountDoesNotExist") << bad;
  }
  const auto inner = acme::key_change_payload(fresh, driver.public_key(), old, url).value();
  EXPECT_EQ(driver.post(url, inner).status(), 200) << "KEY-03: the same account";
}

}  // namespace
}  // namespace crest::ca::web
