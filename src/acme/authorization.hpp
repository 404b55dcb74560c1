// An Authorization is an account's proof for one identifier; a Challenge is one way to prove it
// (RFC 8555 sections 7.1.4, 7.1.5, 8).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/identifier.hpp"
#include "acme/order.hpp"
#include "core/error.hpp"
#include "core/time.hpp"

namespace crest::acme {

enum class AuthorizationStatus { pending, valid, invalid, deactivated, expired, revoked };
enum class ChallengeStatus { pending, processing, valid, invalid };
std::string_view to_string(AuthorizationStatus status);
std::string_view to_string(ChallengeStatus status);
std::optional<AuthorizationStatus> authorization_status_from_word(std::string_view word);
std::optional<ChallengeStatus> challenge_status_from_word(std::string_view word);
bool legal_transition(AuthorizationStatus from, AuthorizationStatus to);
bool legal_transition(ChallengeStatus from, ChallengeStatus to);  // processing to itself is one: another try

// Methods by the words on the wire; a type we do not know stays a string in Challenge::type (CHL-16).
inline constexpr std::string_view http_01 = "http-01", dns_01 = "dns-01", tls_alpn_01 = "tls-alpn-01",
                                  dns_account_01 = "dns-account-01", dns_persist_01 = "dns-persist-01";

bool is_known_method(std::string_view method);

struct Challenge {
  std::string type;
  std::string url;
  ChallengeStatus status = ChallengeStatus::pending;  // absent on the wire: pending
  std::optional<Time> validated;
  std::optional<Problem> error;
  std::string token;                             // "" when the type has none
  std::vector<std::string> issuer_domain_names;  // dns-persist-01
  std::optional<std::string> account_uri;        // dns-persist-01
};
encoding::Json to_json(const Challenge& challenge);
// Of a type we do not know only the type is read, so that nothing in it can spoil the others (CHL-16); the token is
// checked when the challenge is chosen (select.hpp).
Result<Challenge> challenge_from_json(const encoding::Json& json);

inline constexpr std::size_t challenges_max = 100;

struct Authorization {
  Identifier identifier;  // without "*."
  AuthorizationStatus status = AuthorizationStatus::pending;
  std::optional<Time> expires;
  std::vector<Challenge> challenges;
  bool wildcard = false;                // absent, false or true are all accepted (E6364)
  bool subdomain_auth_allowed = false;  // good for all names below, too (RFC 9444 section 4.1)

  Identifier proved() const;  // with "*." again where this is about a wildcard
};
encoding::Json to_json(const Authorization& authorization);
Result<Authorization> authorization_from_json(const encoding::Json& json);

struct NewAuthorization {  // RFC 8555 section 7.4.1
  Identifier identifier;
  bool subdomain_auth_allowed = false;  // asked for (RFC 9444 section 4.3)
};
encoding::Json to_json(const NewAuthorization& request);
// Errors are rejections, as of new_order_from_json(); a wildcard is malformed.
Result<NewAuthorization> new_authorization_from_json(const encoding::Json& json);

// An order's status computed from what is known (RFC 8555 section 7.1.6): `stored` wins once it is processing, valid or
// invalid; else the authorizations and the time decide.
OrderStatus order_status(OrderStatus stored, Time order_expires, const std::vector<AuthorizationStatus>& authorizations,
                         Time now);
// pending or valid become expired when their time has passed.
AuthorizationStatus authorization_status(AuthorizationStatus stored, std::optional<Time> expires, Time now);

}  // namespace crest::acme
