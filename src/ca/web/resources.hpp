// The resources of RFC 8555 as routes of an Edge, a file each.
#pragma once

#include "acme/directory.hpp"
#include "ca/issuer/issuer_set.hpp"
#include "ca/ra/accounts.hpp"
#include "ca/ra/authorizations.hpp"
#include "ca/ra/certificates.hpp"
#include "ca/ra/orders.hpp"
#include "ca/ra/renewals.hpp"
#include "ca/ra/revocations.hpp"
#include "ca/va/validator.hpp"
#include "ca/web/edge.hpp"

namespace crest::ca::web {

// What the routes use; all of it outlives the Edge.
struct Parts {
  const Urls& urls;
  nonce::NonceSource& nonces;
  const issuer::IssuerSet& issuers;
  ra::Accounts& accounts;
  ra::Orders& orders;
  ra::Authorizations& authorizations;
  const ra::Certificates& certificates;
  ra::Revocations& revocations;
  const ra::Renewals& renewals;
  const Clock& clock;
  const va::PersistOptions& persist;
  std::function<std::string()> trouble;  // what keeps the CA from its work, in general words; "" nothing
};

struct Offer {  // what the directory says
  acme::DirectoryMeta meta;
  bool new_authz = false;  // authorizations in advance of an order
};

void add_plain_routes(Edge& edge, const Parts& parts, const Offer& offer);
void add_account_routes(Edge& edge, const Parts& parts);
void add_order_routes(Edge& edge, const Parts& parts);
void add_authorization_routes(Edge& edge, const Parts& parts);
void add_new_authorization_route(Edge& edge, const Parts& parts);
void add_certificate_routes(Edge& edge, const Parts& parts);

}  // namespace crest::ca::web
