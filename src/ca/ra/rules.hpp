// Rules are the registration side's settings, as data.
#pragma once

#include "ca/issuer/profile_set.hpp"
#include "ca/va/egress.hpp"

namespace crest::ca::ra {

struct Rules {
  issuer::ProfileSet profiles;
  std::vector<crypto::KeyType> account_key_types;
  Duration order_life{24h};
  Duration authorization_life{24h};
  bool reuse_authorizations = false;
  std::vector<std::string> methods = {"http-01"};  // offered where they fit, in this order
  va::EgressPolicy egress;
  bool allow_single_label_names = false;
  std::size_t identifiers_max = 100;
  std::size_t pending_orders_max = 300;
  std::string terms_of_service;  // a URL; not "": new accounts must agree
};

}  // namespace crest::ca::ra
