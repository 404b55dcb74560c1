#include "acme/select.hpp"

#include <gtest/gtest.h>

#include "encoding/base64.hpp"
#include "x509/test_certificates.hpp"

namespace crest::acme {
namespace {

Challenge offer(std::string_view type, std::string token = "abc", ChallengeStatus status = ChallengeStatus::pending) {
  Challenge challenge;
  challenge.type = type;
  challenge.url = "https://ca.example/ch/" + std::string(type);
  challenge.status = status;
  challenge.token = std::move(token);
  return challenge;
}

Authorization authorization(std::vector<Challenge> challenges, bool wildcard = false) {
  Authorization out;
  out.identifier = {.type = IdentifierType::dns, .value = "example.org"};
  out.challenges = std::move(challenges);
  out.wildcard = wildcard;
  return out;
}

TEST(SelectChallenge, TheOrderIsThatOfTheOperator) {
  const Authorization offered = authorization({offer(dns_01), offer(http_01), offer(tls_alpn_01)});
  const std::pair<std::vector<std::string>, std::string_view> table[] = {
      {{"http-01", "dns-01"}, http_01},
      {{"tls-alpn-01", "http-01"}, tls_alpn_01},
      {{"dns-account-01", "dns-01"}, dns_01},
      {{"unknown-01", "http-01"}, http_01},
  };
  for (const auto& [enabled, type] : table) EXPECT_EQ(select_challenge(offered, enabled)->type, type);
}

TEST(SelectChallenge, AUT_10_WildcardsAndAddressesGetWhatFits) {
  const Authorization wild = authorization({offer(http_01), offer(tls_alpn_01), offer(dns_01)}, true);
  EXPECT_EQ(select_challenge(wild, {"http-01", "tls-alpn-01", "dns-01"})->type, dns_01);
  EXPECT_EQ(select_challenge(wild, {"http-01"}).error().kind, ErrorKind::no_challenge);
  EXPECT_EQ(select_challenge(wild, {"http-01"}).error().context, "*.example.org");
  Authorization address = authorization({offer(dns_01), offer(http_01)});
  address.identifier = {.type = IdentifierType::ip, .value = "10.0.0.7"};
  EXPECT_EQ(select_challenge(address, {"dns-01", "http-01"})->type, http_01);
}

TEST(SelectChallenge, CHL_15_OnlyOpenOnes) {
  const Authorization offered = authorization(
      {offer(http_01, "abc", ChallengeStatus::invalid), offer(dns_01, "abc", ChallengeStatus::processing)});
  EXPECT_EQ(select_challenge(offered, {"http-01", "dns-01"})->type, dns_01);
  EXPECT_EQ(select_challenge(offered, {"http-01"}).error().kind, ErrorKind::no_challenge);
}

TEST(SelectChallenge, CHL_16_CF41_NoneUsableNamesWhatIsOffered) {
  const auto chosen =
      select_challenge(authorization({offer(dns_01), offer("new\x1b[31m-01")}), {"http-01", "tls-alpn-01"});
  ASSERT_FALSE(chosen);
  EXPECT_EQ(chosen.error().kind, ErrorKind::no_challenge);
  EXPECT_FALSE(chosen.error().retryable());
  for (const char* piece : {"dns-01", "new", "http-01, tls-alpn-01"}) {
    EXPECT_NE(chosen.error().message.find(piece), std::string::npos) << chosen.error().message;
  }
  EXPECT_EQ(chosen.error().message.find('\x1b'), std::string::npos);
  const auto nothing = select_challenge(authorization({}), {});
  EXPECT_NE(nothing.error().message.find("offered: none; enabled: none"), std::string::npos);
  const auto many =
      select_challenge(authorization(std::vector<Challenge>(100, offer(std::string(5000, 'x')))), {"http-01"});
  EXPECT_LT(many.error().message.size(), 1000u);
}

TEST(SelectChallenge, CHL_03_CF18_ABadTokenEndsIt) {
  for (const char* token : {"", "../../etc/passwd", "a/b", "a b"}) {
    const auto chosen = select_challenge(authorization({offer(http_01, token), offer(dns_01)}), {"http-01", "dns-01"});
    ASSERT_FALSE(chosen) << token;
    EXPECT_EQ(chosen.error().kind, ErrorKind::bad_token) << token;
  }
  EXPECT_TRUE(select_challenge(authorization({offer(http_01, "a/b"), offer(dns_01)}), {"dns-01"}));
}

TEST(SelectChallenge, DNP_01_IssuerNamesOfPersistentRecords) {
  const auto select = [](std::vector<std::string> names) {
    Challenge challenge = offer(dns_persist_01, "");
    challenge.issuer_domain_names = std::move(names);
    return select_challenge(authorization({challenge}), {"dns-persist-01"});
  };
  EXPECT_TRUE(select({"ca.example"}));
  EXPECT_TRUE(select(std::vector<std::string>(10, "ca.example")));
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{}, std::vector<std::string>(11, "ca.example"), std::vector<std::string>{"CA.example"},
        std::vector<std::string>{"ca.example."}, std::vector<std::string>{"ca.example; policy=wildcard"},
        std::vector<std::string>{std::string(254, 'a')}}) {
    const auto chosen = select(bad);
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().kind, ErrorKind::bad_token);
  }
}

// The same leaf under two intermediates, one signed by the test root, one by itself under another name.
struct TwoChains {
  x509::Certificate root = x509::test::pki().root;
  std::vector<x509::Chain> chains;
  TwoChains() {
    using namespace x509::test;
    const auto& other_key = key(crypto::KeyType::ec_p256, 7);
    auto parts = root_template();
    parts.subject.common_name = "Other Root, Inc";
    const x509::Certificate other_root = issue(parts, other_key.public_key(), nullptr, other_key);
    const x509::Certificate cross =
        issue(intermediate_template(), pki().intermediate_key.public_key(), &other_root, other_key);
    chains = {pki().chain(), x509::Chain({pki().leaf, cross})};
  }
};

ChainChoice choose(const TwoChains& world, const std::string& preference, bool with_root = false) {
  const auto roots = with_root ? std::vector<x509::Certificate>{world.root} : std::vector<x509::Certificate>{};
  return select_chain(world.chains, ChainPreference::from_text(preference).value(), roots);
}

TEST(SelectChain, CRT_05_ByIssuerKeyOrFingerprint) {
  const TwoChains world;
  const x509::Certificate& topmost = world.chains[1].certificates().back();
  const std::pair<std::string, std::size_t> table[] = {
      {"Test Root", 0},
      {"Other Root, Inc", 1},
      {topmost.fingerprint(), 1},
      {"keyid:" + encoding::hex(topmost.authority_key_id()), 1},
      {"keyid:" + encoding::hex(world.root.subject_key_id()), 0},
  };
  for (const auto& [preference, index] : table) {
    const ChainChoice choice = choose(world, preference);
    EXPECT_EQ(choice.index, index) << preference;
    EXPECT_TRUE(choice.matched) << preference;
  }
}

TEST(SelectChain, CRT_05_ARootNeedNotBeInTheChain) {
  TwoChains world;
  std::swap(world.chains[0], world.chains[1]);
  EXPECT_FALSE(choose(world, world.root.fingerprint()).matched);
  const ChainChoice choice = choose(world, world.root.fingerprint(), true);
  EXPECT_EQ(choice.index, 1u);
  EXPECT_TRUE(choice.matched);
}

TEST(SelectChain, CRT_05_TheDefaultWhenNoneMatches) {
  const TwoChains world;
  for (const char* preference : {"Test root", "Example Corp", "CN=Test Root", "keyid:00"}) {
    const ChainChoice choice = choose(world, preference);
    EXPECT_EQ(choice.index, 0u) << preference;
    EXPECT_FALSE(choice.matched) << preference;
  }
}

TEST(ChainPreference, FromText) {
  const std::string upper = "sha256:AA:BB:" + std::string(60, '0'), lower = "aabb" + std::string(60, '0');
  EXPECT_EQ(ChainPreference::from_text(upper)->value, lower);
  EXPECT_EQ(ChainPreference::from_text("keyid:0A:0b")->value, "0a0b");
  EXPECT_EQ(ChainPreference::from_text("ISRG Root X1")->by, ChainPreference::By::issuer_common_name);
  for (const char* bad : {"", "sha256:", "sha256:aabb", "sha256:xy", "keyid:", "keyid:0", "keyid:xx"}) {
    const auto preference = ChainPreference::from_text(bad);
    ASSERT_FALSE(preference) << bad;
    EXPECT_EQ(preference.error().kind, ErrorKind::config) << bad;
  }
}

}  // namespace
}  // namespace crest::acme
