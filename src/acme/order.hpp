// An Order asks for one certificate (RFC 8555 section 7.1.3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/identifier.hpp"
#include "core/error.hpp"
#include "core/time.hpp"

namespace crest::acme {

enum class OrderStatus { pending, ready, processing, valid, invalid };
std::string_view to_string(OrderStatus status);

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
Result<Order> order_from_json(const encoding::Json& json);  // an unknown status is malformed

struct NewOrder {  // RFC 8555 section 7.4
  std::vector<Identifier> identifiers;
  std::optional<Time> not_before, not_after;
  std::optional<std::string> profile;
  std::optional<std::string> replaces;
};
encoding::Json to_json(const NewOrder& request);
// Errors are rejections: malformed, unsupportedIdentifier, rejectedIdentifier with a subproblem per bad name.
Result<NewOrder> new_order_from_json(const encoding::Json& json);

bool legal_transition(OrderStatus from, OrderStatus to);  // RFC 8555 section 7.1.6

}  // namespace crest::acme
