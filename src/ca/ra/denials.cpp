#include "ca/ra/denials.hpp"

#include "ca/audit/writer.hpp"
#include "ca/ra/allowances.hpp"

namespace crest::ca::ra {
namespace {

constexpr Limit lines_of_account{100, 1h}, lines_of_strangers{1'000, 1h};
constexpr std::size_t text_chars_max = 300;

Allowance lines_for(const store::Id& account) {
  return {"denials:" + account, account.empty() ? lines_of_strangers : lines_of_account, "refusals"};
}

audit::Event event_of(const Denial& denial) {
  return {denial.kind,
          {{"account", denial.account},
           {"what", Untrusted(denial.what).printable(text_chars_max)},
           {"error", Untrusted(denial.error).printable(text_chars_max)}}};
}

// Nothing when there are lines enough.
Result<bool> has_line_left(store::Tx& tx, const store::Id& account, Time now) {
  const auto left = check(tx, lines_for(account), now);
  if (!left && !left.error().problem) return left.error();
  return left.has_value();
}

}  // namespace

Result<void> append_denial(store::Tx& tx, const std::string& audit_chain, const Denial& denial, Time now) {
  const bool left = TRY(has_line_left(tx, denial.account, now));
  if (!left) return {};
  TRY(spend(tx, lines_for(denial.account), now));
  return audit::append(tx, audit_chain, event_of(denial), now);
}

void tell_denial(const Deps& deps, const Denial& denial, Time now) {
  deps.log.info(denial.kind, {{"account", denial.account}, {"what", denial.what}, {"error", denial.error}});
  bool left = true;
  const auto look = [&](store::Tx& tx) -> Result<void> {
    left = TRY(has_line_left(tx, denial.account, now));
    return {};
  };
  auto done = deps.store.read(look);
  const auto work = [&](store::Tx& tx) { return append_denial(tx, deps.audit_chain, denial, now); };
  if (done && left) done = deps.store.write(work);
  if (!done) deps.log.error("denial_not_audited", {{"kind", denial.kind}, {"error", done.error().describe()}});
}

}  // namespace crest::ca::ra
