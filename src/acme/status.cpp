// The state machines of RFC 8555 section 7.1.6 as tables, and the states computed from what is known.
#include <algorithm>

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/order.hpp"
#include "acme/status_words.hpp"

namespace crest::acme {
namespace {

using Acct = AccountStatus;
using State = OrderStatus;
using Authz = AuthorizationStatus;
using Chall = ChallengeStatus;

constexpr auto account_changes =
    std::to_array<StateChange<Acct>>({{Acct::valid, Acct::deactivated}, {Acct::valid, Acct::revoked}});

constexpr auto order_changes = std::to_array<StateChange<State>>({
    {State::pending, State::ready},
    {State::pending, State::invalid},
    {State::ready, State::ready},  // finalize refused with badCSR
    {State::ready, State::processing},
    {State::ready, State::valid},  // issued before the answer went out
    {State::ready, State::invalid},
    {State::processing, State::valid},
    {State::processing, State::invalid},
});

constexpr auto authorization_changes = std::to_array<StateChange<Authz>>({
    {Authz::pending, Authz::valid},
    {Authz::pending, Authz::invalid},
    {Authz::pending, Authz::expired},
    {Authz::pending, Authz::deactivated},  // RFC 8555 section 7.5.2
    {Authz::valid, Authz::expired},
    {Authz::valid, Authz::deactivated},
    {Authz::valid, Authz::revoked},
});

constexpr auto challenge_changes = std::to_array<StateChange<Chall>>({
    {Chall::pending, Chall::processing},
    {Chall::processing, Chall::processing},  // another try, with the last error (erratum 5732)
    {Chall::processing, Chall::valid},
    {Chall::processing, Chall::invalid},
});

}  // namespace

std::string_view to_string(AccountStatus status) { return word_of(account_words, status); }
std::string_view to_string(OrderStatus status) { return word_of(order_words, status); }
std::string_view to_string(AuthorizationStatus status) { return word_of(authorization_words, status); }
std::string_view to_string(ChallengeStatus status) { return word_of(challenge_words, status); }

std::optional<AccountStatus> account_status_from_word(std::string_view word) { return from_word(account_words, word); }
std::optional<OrderStatus> order_status_from_word(std::string_view word) { return from_word(order_words, word); }
std::optional<AuthorizationStatus> authorization_status_from_word(std::string_view word) {
  return from_word(authorization_words, word);
}
std::optional<ChallengeStatus> challenge_status_from_word(std::string_view word) {
  return from_word(challenge_words, word);
}

bool legal_transition(AccountStatus from, AccountStatus to) { return has_change(account_changes, from, to); }
bool legal_transition(OrderStatus from, OrderStatus to) { return has_change(order_changes, from, to); }
bool legal_transition(AuthorizationStatus from, AuthorizationStatus to) {
  return has_change(authorization_changes, from, to);
}
bool legal_transition(ChallengeStatus from, ChallengeStatus to) { return has_change(challenge_changes, from, to); }

OrderStatus order_status(OrderStatus stored, Time order_expires, const std::vector<AuthorizationStatus>& authorizations,
                         Time now) {
  if (stored != OrderStatus::pending && stored != OrderStatus::ready) return stored;
  if (now >= order_expires) return OrderStatus::invalid;
  const auto all = [&](auto... wanted) {
    return std::all_of(authorizations.begin(), authorizations.end(),
                       [=](AuthorizationStatus status) { return ((status == wanted) || ...); });
  };
  if (!all(AuthorizationStatus::pending, AuthorizationStatus::valid)) return OrderStatus::invalid;
  return all(AuthorizationStatus::valid) ? OrderStatus::ready : OrderStatus::pending;
}

AuthorizationStatus authorization_status(AuthorizationStatus stored, std::optional<Time> expires, Time now) {
  const bool perishable = stored == AuthorizationStatus::pending || stored == AuthorizationStatus::valid;
  return perishable && expires && now >= *expires ? AuthorizationStatus::expired : stored;
}

}  // namespace crest::acme
