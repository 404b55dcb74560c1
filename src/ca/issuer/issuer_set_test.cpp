#include "ca/issuer/issuer_set.hpp"

#include <gtest/gtest.h>

#include "ca/testing/test_ca.hpp"

namespace crest::ca::issuer {
namespace {

using crypto::KeyType;
using testing::TestHierarchy;

const Time now = from_unix_seconds(1'767'225'600);
const Validity young{now - 1h, now + 1000h}, old{now - 1000h, now + 12h}, over{now - 1000h, now - 1h},
    early{now + 1h, now + 1000h};

TEST(IssuerSet, WhichOneSigns) {
  using S = IssuerState;
  const struct {
    const char* what;
    std::vector<Candidate> candidates;
    Need need;
    std::optional<std::size_t> chosen;
  } cases[] = {
      {"the first that is active",
       {{"a", S::staged, young},
        {"b", S::draining, young},
        {"c", S::retired, young},
        {"d", S::active, young},
        {"e", S::active, young}},
       {.issuer = "", .begin = now, .end = now + 24h},
       3},
      {"none is active",
       {{"a", S::staged, young}, {"b", S::draining, young}},
       {.issuer = "", .begin = now, .end = now + 24h},
       {}},
      {"none is valid",
       {{"a", S::active, over}, {"b", S::active, early}},
       {.issuer = "", .begin = now, .end = now + 24h},
       {}},
      {"the one that outlives the certificate",
       {{"a", S::active, old}, {"b", S::active, young}},
       {.issuer = "", .begin = now, .end = now + 24h},
       1},
      {"a certificate that is short enough",
       {{"a", S::active, old}, {"b", S::active, young}},
       {.issuer = "", .begin = now, .end = now + 8h},
       0},
      {"one that cuts the life is better than none",
       {{"a", S::active, old}},
       {.issuer = "", .begin = now, .end = now + 24h},
       0},
      {"dates that were asked for are not cut",
       {{"a", S::active, old}},
       {.issuer = "", .begin = now, .end = now + 24h, .exact = true},
       {}},
      {"the named one",
       {{"a", S::active, young}, {"b", S::active, young}},
       {.issuer = "b", .begin = now, .end = now + 24h},
       1},
      {"the named one, although it cuts the life",
       {{"a", S::active, young}, {"b", S::active, old}},
       {.issuer = "b", .begin = now, .end = now + 24h},
       1},
      {"never another than the named one",
       {{"a", S::active, young}, {"b", S::draining, young}},
       {.issuer = "b", .begin = now, .end = now + 24h},
       {}},
      {"a key of the leaf's kind",
       {{"a", S::active, young, KeyType::ec_p256}, {"b", S::active, young, KeyType::rsa_3072}},
       {.issuer = "", .begin = now, .end = now + 24h, .key = KeyType::rsa_2048},
       1},
      {"elliptic for elliptic",
       {{"a", S::active, young, KeyType::rsa_2048}, {"b", S::active, young, KeyType::ed25519}},
       {.issuer = "", .begin = now, .end = now + 24h, .key = KeyType::ec_p256},
       1},
      {"another kind of key is better than a shorter life",
       {{"a", S::active, old, KeyType::rsa_2048}, {"b", S::active, young, KeyType::ec_p256}},
       {.issuer = "", .begin = now, .end = now + 24h, .key = KeyType::rsa_2048},
       1},
  };
  for (const auto& [what, candidates, need, chosen] : cases) {
    EXPECT_EQ(choose(candidates, need, now), chosen) << what;
  }
}

class OpenedSet : public ::testing::Test {
 protected:
  const TestHierarchy& hierarchy = TestHierarchy::get();
  crypto::SystemRandom random;
  crypto::PrivateKey other_key = crypto::PrivateKey::generate(KeyType::ec_p384).value();
  x509::Certificate other = hierarchy.another(other_key, "Other Intermediate");

  IssuingKey first(IssuerState state = IssuerState::active) {
    return {x509::Chain({hierarchy.intermediate}), &hierarchy.key, hierarchy.root, "first", state};
  }
  IssuingKey second(IssuerState state) { return {x509::Chain({other}), &other_key, hierarchy.root, "second", state}; }
  std::string refused(std::vector<IssuingKey> keys) {
    const auto set = IssuerSet::open(std::move(keys), {}, random);
    return set ? "" : set.error().describe();
  }
};

TEST_F(OpenedSet, WhatCannotBeOpened) {
  auto same_name = second(IssuerState::staged), wrong_key = second(IssuerState::active), no_key = wrong_key,
       same_key = first();
  same_name.name = "first";
  wrong_key.key = &hierarchy.key;
  no_key.key = nullptr;
  same_key.name = "second";
  EXPECT_EQ(refused({first(), second(IssuerState::active)}), "");
  EXPECT_NE(refused({}).find("no issuer is active"), std::string::npos);
  EXPECT_NE(refused({first(IssuerState::draining)}).find("no issuer is active"), std::string::npos);
  EXPECT_NE(refused({first(), same_name}).find("two of this name"), std::string::npos);
  EXPECT_NE(refused({first(), same_key}).find("new key"), std::string::npos);
  EXPECT_NE(refused({first(), wrong_key}).find("issuer second"), std::string::npos);
  EXPECT_NE(refused({first(), no_key}).find("has no key"), std::string::npos);
}

TEST_F(OpenedSet, EachStateDoesItsPart) {
  const Time when = from_unix_seconds(testing::ManualClock::start_seconds);
  for (const auto state : {IssuerState::staged, IssuerState::active, IssuerState::draining, IssuerState::retired}) {
    auto key = second(state);
    if (!needs_key(state)) key.key = nullptr;
    const auto set = IssuerSet::open({first(), key}, {}, random).value();
    const std::string id = set.members()[1].issuer->facts().id;
    EXPECT_EQ(set.signing(id) != nullptr, needs_key(state)) << to_string(state);
    EXPECT_EQ(set.rows(when).size(), state == IssuerState::staged ? 1u : 2u) << to_string(state);
    EXPECT_EQ(set.issuers_pem(id), other.pem());
    EXPECT_EQ(set.roots_pem(), hierarchy.root.pem());  // once, of both
    Profile profile{.issuer = "second"};
    EXPECT_EQ(set.check(profile).has_value(), state == IssuerState::active) << to_string(state);
    EXPECT_EQ(issuer_state_from_word(to_string(state)), state);
  }
  EXPECT_FALSE(issuer_state_from_word("Active"));
}

}  // namespace
}  // namespace crest::ca::issuer
