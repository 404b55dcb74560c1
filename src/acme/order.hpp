// An Order asks for one certificate (RFC 8555 section 7.1.3).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "acme/identifier.hpp"
#include "core/error.hpp"
#include "core/time.hpp"

namespace crest::acme {

enum class OrderStatus { pending, ready, processing, valid, invalid };
std::string_view to_string(OrderStatus status);
std::optional<OrderStatus> order_status_from_word(std::string_view word);

struct Order {
  OrderStatus status = OrderStatus::pending;
  std::optional<Time> expires;  // required when pending or valid
  std::vector<Identifier> identifiers;
  std::optional<Time> not_before, not_after;  // as the client asked
  std::optional<Problem> error;
  std::vector<std::string> authorizations;  // URLs; no 1:1 with identifiers (ORD-09)
  std::string finalize;                     // URL
  std::optional<std::string> certificate;   // URL, when valid
  std::optional<std::string> profile;       // draft-ietf-acme-profiles
  std::optional<std::string> replaces;      // RFC 9773 section 5
};
encoding::Json to_json(const Order& order);
// Malformed for an unknown status, and for a URL that is no http or https URL. Lists and finalize may be missing (CF27).
Result<Order> order_from_json(const encoding::Json& json);

inline constexpr std::size_t identifiers_max = 100, profile_chars_max = 64;

struct NewOrder {  // RFC 8555 section 7.4
  std::vector<Identifier> identifiers;
  std::optional<Time> not_before, not_after;
  std::optional<std::string> profile;
  std::optional<std::string> replaces;
  std::map<Identifier, Identifier> ancestors;  // domains whose control may prove the names below (RFC 9444 section 4.2)
};
encoding::Json to_json(const NewOrder& request);
// Doubles collapse. An ancestorDomain that the name is not below is malformed. Errors are rejections: malformed for the form; for the identifiers, each with a subproblem,
// rejectedIdentifier (a name no certificate may have), malformed (no canonical address), unsupportedIdentifier (another
// type), or compound when they differ.
Result<NewOrder> new_order_from_json(const encoding::Json& json);

// RFC 8555 section 7.1.6. A state that stays is legal only where the RFC has it happen: ready (badCSR).
bool legal_transition(OrderStatus from, OrderStatus to);

}  // namespace crest::acme
