#include <set>

#include <gtest/gtest.h>

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/order.hpp"

namespace crest::acme {
namespace {

// Every pair of states, against the list of those that the standard allows.
template <typename Enum, std::size_t count>
void expect_changes(const std::array<Enum, count>& all, const std::set<std::pair<Enum, Enum>>& legal) {
  for (const Enum from : all) {
    for (const Enum to : all) {
      EXPECT_EQ(legal_transition(from, to), legal.count({from, to}) == 1) << to_string(from) << " to " << to_string(to);
    }
  }
}

TEST(Transitions, Order) {
  using enum OrderStatus;
  expect_changes(std::to_array({pending, ready, processing, valid, invalid}), {{pending, ready},
                                                                               {pending, invalid},
                                                                               {ready, ready},
                                                                               {ready, processing},
                                                                               {ready, valid},
                                                                               {ready, invalid},
                                                                               {processing, valid},
                                                                               {processing, invalid}});
}

TEST(Transitions, AUT_04_Authorization) {
  using enum AuthorizationStatus;
  expect_changes(std::to_array({pending, valid, invalid, deactivated, expired, revoked}), {{pending, valid},
                                                                                           {pending, invalid},
                                                                                           {pending, expired},
                                                                                           {pending, deactivated},
                                                                                           {valid, expired},
                                                                                           {valid, deactivated},
                                                                                           {valid, revoked}});
}

TEST(Transitions, CHL_13_Challenge) {
  using enum ChallengeStatus;
  expect_changes(std::to_array({pending, processing, valid, invalid}),
                 {{pending, processing}, {processing, processing}, {processing, valid}, {processing, invalid}});
}

TEST(Transitions, ACC_17_Account) {
  using enum AccountStatus;
  expect_changes(std::to_array({valid, deactivated, revoked}), {{valid, deactivated}, {valid, revoked}});
}

TEST(StatusWords, AreTheirOwnInverse) {
  for (const char* word : {"pending", "ready", "processing", "valid", "invalid"}) {
    EXPECT_EQ(to_string(*order_status_from_word(word)), word);
  }
  for (const char* word : {"pending", "valid", "invalid", "deactivated", "expired", "revoked"}) {
    EXPECT_EQ(to_string(*authorization_status_from_word(word)), word);
  }
  for (const char* word : {"pending", "processing", "valid", "invalid"}) {
    EXPECT_EQ(to_string(*challenge_status_from_word(word)), word);
  }
  for (const char* word : {"valid", "deactivated", "revoked"})
    EXPECT_EQ(to_string(*account_status_from_word(word)), word);
  EXPECT_EQ(order_status_from_word("canceled"), std::nullopt);
  EXPECT_EQ(order_status_from_word("Ready"), std::nullopt);
  EXPECT_EQ(authorization_status_from_word("ready"), std::nullopt);
  EXPECT_EQ(challenge_status_from_word(""), std::nullopt);
  EXPECT_EQ(account_status_from_word("pending"), std::nullopt);
}

const Time expiry = from_unix_seconds(1'000'000);
const Time before = expiry - 1ms;

TEST(OrderStatusNow, ORD_10_ORD_11_FromTheAuthorizations) {
  using Authz = AuthorizationStatus;
  using enum OrderStatus;
  struct Row {
    std::vector<Authz> authorizations;
    OrderStatus status;
  };
  const Row table[] = {
      {{}, ready},  // nothing to prove
      {{Authz::valid}, ready},
      {{Authz::valid, Authz::valid}, ready},
      {{Authz::pending}, pending},
      {{Authz::valid, Authz::pending}, pending},
      {{Authz::valid, Authz::invalid}, invalid},
      {{Authz::pending, Authz::invalid}, invalid},
      {{Authz::valid, Authz::expired}, invalid},
      {{Authz::valid, Authz::revoked}, invalid},
      {{Authz::deactivated, Authz::valid}, invalid},
  };
  for (const Row& row : table) {
    for (const OrderStatus stored : {pending, ready}) {
      EXPECT_EQ(order_status(stored, expiry, row.authorizations, before), row.status);
      EXPECT_EQ(order_status(stored, expiry, row.authorizations, expiry), invalid);
    }
    for (const OrderStatus stored : {processing, valid, invalid}) {
      EXPECT_EQ(order_status(stored, expiry, row.authorizations, before), stored);
      EXPECT_EQ(order_status(stored, expiry, row.authorizations, expiry + 1h), stored);
    }
  }
}

TEST(AuthorizationStatusNow, AUT_06_ExpiresWhilePendingOrValid) {
  using enum AuthorizationStatus;
  for (const AuthorizationStatus stored : {pending, valid}) {
    EXPECT_EQ(authorization_status(stored, expiry, before), stored);
    EXPECT_EQ(authorization_status(stored, expiry, expiry), expired);
    EXPECT_EQ(authorization_status(stored, std::nullopt, expiry), stored);
  }
  for (const AuthorizationStatus stored : {invalid, deactivated, expired, revoked}) {
    EXPECT_EQ(authorization_status(stored, expiry, expiry + 1h), stored);
  }
}

}  // namespace
}  // namespace crest::acme
