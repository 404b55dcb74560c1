#include "ca/ra/allowances.hpp"

#include "acme/problem.hpp"

namespace crest::ca::ra {
namespace {

Error used_up(const Allowance& allowance, Time retry_at) {
  Error error =
      acme::rejection(acme::ProblemType::rateLimited, "too many " + allowance.what + ": " + to_text(allowance.limit) +
                                                          " are allowed; try again after " + to_rfc3339(retry_at) +
                                                          ", or ask the CA's operator for more");
  error.not_before = retry_at;
  return error;
}

Result<Spending> one_more(store::Tx& tx, const Allowance& allowance, Time now) {
  const auto full_at = TRY(tx.spendings.full_at(allowance.key));
  const Spending spending = spend(full_at, allowance.limit, now);
  if (!spending.allowed) return used_up(allowance, spending.retry_at);
  return spending;
}

}  // namespace

Allowance orders_of(const store::Id& account, const Limit& limit) {
  return {"orders:" + account, limit, "new orders of this account"};
}

Allowance failures_of(const store::Id& account, const acme::Identifier& identifier, const Limit& limit) {
  return {"failures:" + account + ":" + std::string(acme::to_string(identifier.type)) + ":" + identifier.value, limit,
          "failed validations of " + identifier.value + " by this account"};
}

Allowance accounts_from(const std::string& address, const Limit& limit) {
  const std::string subject = limited_address(address);
  return {"accounts:" + subject, subject.empty() ? Limit{} : limit, "new accounts from " + subject};
}

Result<void> spend(store::Tx& tx, const Allowance& allowance, Time now) {
  if (allowance.limit.count == 0) return {};
  const Spending spending = TRY(one_more(tx, allowance, now));
  return tx.spendings.put(allowance.key, spending.full_at);
}

Result<void> check(store::Tx& tx, const Allowance& allowance, Time now) {
  if (allowance.limit.count == 0) return {};
  TRY(one_more(tx, allowance, now));
  return {};
}

Result<void> Refusals::note(Result<void> outcome) {
  if (outcome) return {};
  if (!outcome.error().problem) return outcome;
  if (!longest_ || longest_->not_before < outcome.error().not_before) longest_ = std::move(outcome).error();
  return {};
}

Result<void> Refusals::outcome() const {
  if (longest_) return *longest_;
  return {};
}

}  // namespace crest::ca::ra
