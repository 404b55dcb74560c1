// Rules are the registration side's settings, as data.
#pragma once

#include "ca/issuer/profile_set.hpp"
#include "ca/ra/limits.hpp"
#include "ca/ra/policy.hpp"
#include "ca/va/egress.hpp"

namespace crest::ca::ra {

// How often something may happen (SF61).
struct Limits {
  Limit orders{3'000, 1h};           // of one account
  Limit failed_validations{30, 1h};  // of one account for one name
  Limit accounts{100, 1h};           // from one address; IPv6: from one /64
  friend bool operator==(const Limits&, const Limits&) = default;
};

struct Rules {
  issuer::ProfileSet profiles;
  std::vector<crypto::KeyType> account_key_types;
  Duration order_life{24h};
  Duration authorization_life{24h};
  bool reuse_authorizations = false;
  bool reuse_orders = false;                       // who asks for what an open order is for gets that one (SF61)
  bool subdomains = false;                         // one authorization may be for all names below a domain (RFC 9444)
  std::vector<std::string> methods = {"http-01"};  // offered where they fit, in this order
  va::EgressPolicy egress;
  bool allow_single_label_names = false;
  bool allow_reserved_names = false;  // those that stand for no host: see admission.cpp
  std::size_t labels_max = 10;        // of a name, without "*" (SF20)
  Policy policy{.label = "ca.toml", .any_name = true, .any_address = true};
  std::vector<ScopedPolicy> scoped_policies;
  bool eab_required = false;
  Limits limits;
  std::size_t identifiers_max = 100;
  std::size_t pending_orders_max = 300;
  std::string terms_of_service;  // a URL; not "": new accounts must agree
};

}  // namespace crest::ca::ra
