// The spelling of each status on the wire, for this layer's codecs.
#pragma once

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/order.hpp"
#include "acme/words.hpp"

namespace crest::acme {

inline constexpr auto account_words = std::to_array<Word<AccountStatus>>({{AccountStatus::valid, "valid"},
                                                                          {AccountStatus::deactivated, "deactivated"},
                                                                          {AccountStatus::revoked, "revoked"}});

inline constexpr auto order_words = std::to_array<Word<OrderStatus>>({{OrderStatus::pending, "pending"},
                                                                      {OrderStatus::ready, "ready"},
                                                                      {OrderStatus::processing, "processing"},
                                                                      {OrderStatus::valid, "valid"},
                                                                      {OrderStatus::invalid, "invalid"}});

inline constexpr auto authorization_words =
    std::to_array<Word<AuthorizationStatus>>({{AuthorizationStatus::pending, "pending"},
                                              {AuthorizationStatus::valid, "valid"},
                                              {AuthorizationStatus::invalid, "invalid"},
                                              {AuthorizationStatus::deactivated, "deactivated"},
                                              {AuthorizationStatus::expired, "expired"},
                                              {AuthorizationStatus::revoked, "revoked"}});

inline constexpr auto challenge_words =
    std::to_array<Word<ChallengeStatus>>({{ChallengeStatus::pending, "pending"},
                                          {ChallengeStatus::processing, "processing"},
                                          {ChallengeStatus::valid, "valid"},
                                          {ChallengeStatus::invalid, "invalid"}});

}  // namespace crest::acme
