// An Issuance is the whole way to one certificate: lease, checks of this machine, account, order. Steps as in OrderFlow;
// the command sleeps between them, the simulator queues them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/account.hpp"
#include "client/order_flow.hpp"

namespace crest::client {

class Issuance {
 public:
  static constexpr Duration lease_poll{200};

  struct Deps {
    Session& session;
    Vault& vault;
    crypto::KeySource& keys;
    Random& random;
    Log& log;
    Solvers solvers;
    const AccountOptions& account;
    std::optional<std::vector<x509::Certificate>> pinned_roots;
  };
  // Takes the lease of `wanted.name` and reads what an earlier run left; asks nobody. An order under way for the same
  // thing is resumed, one for something else is dropped; its key is put aside where the CA may have issued for it. Errors: locked, storage.
  static Result<std::unique_ptr<Issuance>> open(Deps deps, CertificateRequest wanted);

  // The time before which no attempt should be made, and the class of the failure that set it.
  std::optional<Time> not_before() const { return record_.not_before; }
  std::optional<std::string> last_error() const { return record_.last_error; }

  // As OrderFlow::advance; the first steps check the vault and the solvers before anybody is asked (CF53, CF67), then
  // find or make the account, whose registration may take up to three exchanges in one step.
  Step advance(Time now, std::stop_token stop = {});
  // Takes the proofs away and keeps the order for the next run.
  Result<void> pause();
  std::string doing() const;  // for people: "asking the CA for an order for app.corp.example"
  const OrderRecord& record() const { return record_; }

 private:
  Issuance(Deps deps, std::unique_ptr<Lease> lease, OrderRecord record);
  Result<Step> open_account_step(Time now, const std::stop_token& stop);
  Result<AccountHandle> account_again(const std::stop_token& stop);
  Result<void> check_machine();
  Result<void> use(AccountHandle account);
  Step give_up(Error error, Time now);

  Deps deps_;
  std::unique_ptr<Lease> lease_;
  OrderRecord record_;
  std::optional<AccountHandle> account_;
  std::optional<OrderFlow> flow_;
  std::optional<Time> started_;
  std::uint32_t failures_ = 0;
  bool checked_ = false, reopened_ = false;
};

}  // namespace crest::client
