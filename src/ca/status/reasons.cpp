#include "ca/status/reasons.hpp"

#include <algorithm>
#include <array>

#include "acme/problem.hpp"

namespace crest::ca::status {
namespace {

using acme::RevocationReason;

struct Allowed {
  RevocationReason reason;
  bool for_subscribers;
};
constexpr std::array allowed = {
    Allowed{RevocationReason::unspecified, true},          Allowed{RevocationReason::keyCompromise, true},
    Allowed{RevocationReason::affiliationChanged, true},   Allowed{RevocationReason::superseded, true},
    Allowed{RevocationReason::cessationOfOperation, true}, Allowed{RevocationReason::privilegeWithdrawn, false}};

bool is_for(Asker who, const Allowed& each) { return who == Asker::ca_operator || each.for_subscribers; }

}  // namespace

bool may_state(Asker who, RevocationReason reason) {
  return std::ranges::any_of(allowed, [&](const Allowed& each) { return each.reason == reason && is_for(who, each); });
}

std::vector<RevocationReason> reasons_for(Asker who) {
  std::vector<RevocationReason> out;
  for (const auto& each : allowed) {
    if (is_for(who, each)) out.push_back(each.reason);
  }
  return out;
}

std::string reason_words(Asker who) {
  std::string words;
  for (const auto reason : reasons_for(who)) words += (words.empty() ? "" : ", ") + std::string(to_string(reason));
  return words;
}

Result<RevocationReason> reason_from_operator(std::string_view word) {
  const auto reason = acme::revocation_reason(word);
  if (reason && may_state(Asker::ca_operator, *reason)) return *reason;
  return make_error(ErrorKind::usage, "one of " + reason_words(Asker::ca_operator) + " is expected",
                    Untrusted(std::string(word)).printable(40));
}

}  // namespace crest::ca::status
