// Orders are made, looked at and finalized (RFC 8555 sections 7.1.3, 7.4).
#pragma once

#include "acme/order.hpp"
#include "acme/revocation.hpp"
#include "ca/issuer/issuance.hpp"
#include "ca/ra/admission.hpp"
#include "ca/ra/deps.hpp"

namespace crest::ca::ra {

// An order as it stands now: its status is computed, and so is the reason when it failed.
struct OrderNow {
  store::OrderRow row;
  acme::OrderStatus status = acme::OrderStatus::pending;
  std::optional<Problem> error;
};

class Orders {
 public:
  static constexpr std::size_t page_size = 100;

  Orders(const Deps& deps, issuer::Issuance& issuance)
      : deps_(deps), issuance_(issuance), room_alarm_(deps.log, "store_nearly_full") {}

  // Whether a new order may begin: what has begun shall end before the disk is full (SF65). Does not block. Error:
  // storage.
  Result<void> check_room();

  // Where the rules say so, an open order of the account for just the same is given again instead of another one.
  // Each blocks for a read or a write of the store, finalize for one and two and a signature; thread-safe. Errors:
  // rejections, storage. What belongs to another account does not exist here (SF14, ORD-25).
  Result<OrderNow> create(const store::AccountRow& account, const acme::NewOrder& request, Time now);
  Result<OrderNow> find(const store::Id& account, const store::Id& id, Time now);
  // Ids, newest first, without the invalid ones; `next` is where the following page begins.
  struct Page {
    std::vector<store::Id> orders;
    std::optional<store::Id> next;
  };
  Result<Page> list(const store::Id& account, const store::Id& after, Time now);
  // The same CSR again gives the order as it is, so that a lost answer does no harm (SF30).
  Result<OrderNow> finalize(const store::AccountRow& account, const store::Id& id, const acme::Finalize& request,
                            Time now);

 private:
  Result<const issuer::Profile*> check(const store::AccountRow& account, const acme::NewOrder& request, Time now) const;
  Result<std::vector<store::AuthorizationRow>> authorizations_for(store::Tx& tx, const store::Id& account,
                                                                  const acme::NewOrder& request, Time now);
  Result<store::AuthorizationRow> authorization_for(store::Tx& tx, const store::Id& account,
                                                    const acme::Identifier& identifier, const acme::NewOrder& request,
                                                    Time now);
  Result<void> check_again(const store::AccountRow& owner, const store::OrderRow& row) const;
  Result<crypto::PublicKey> key_for(const OrderNow& order, const acme::Finalize& request);
  Error end(store::OrderRow row, Error why, Time now);

  Deps deps_;
  issuer::Issuance& issuance_;
  Alarm room_alarm_;
};

}  // namespace crest::ca::ra
