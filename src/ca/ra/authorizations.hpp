// Authorizations are looked at, answered, validated and given up (RFC 8555 sections 7.1.4, 7.5).
#pragma once

#include "ca/ra/deps.hpp"
#include "ca/va/verdict.hpp"

namespace crest::ca::ra {

class Authorizations {
 public:
  // After an attempt that did not reach the target there may be two more, all begun within twenty seconds (CHL-14).
  static constexpr int attempts_max = 3;
  static constexpr Duration retry_spacing{5'000}, retry_window{20'000};

  explicit Authorizations(const Deps& deps) : deps_(deps) {}

  // In advance of an order (RFC 8555 section 7.4.1). What the account has proved already is given as it is. Errors:
  // rejections rejectedIdentifier, rateLimited, ...; storage. Blocks for a read and a write; thread-safe.
  Result<store::AuthorizationRow> create(const store::AccountRow& account, const acme::NewAuthorization& request,
                                         Time now);
  // Each blocks for one read or one write; thread-safe. Errors: rejections, storage. The rows carry the status of `now`.
  Result<store::AuthorizationRow> find(const store::Id& account, const store::Id& id, Time now);
  Result<store::AuthorizationRow> deactivate(const store::Id& account, const store::Id& id, Time now);
  // The client says that the challenge can be validated now. A challenge that is being validated or was is returned as
  // it is, a waiting retry is brought forward. Another one of the same authorization stays pending meanwhile: the end of
  // the first is the end of the authorization, whichever it is.
  Result<store::AuthorizationRow> respond(const store::AccountRow& account, const crypto::PublicKey& key,
                                          const store::Id& id, std::string_view method, Time now);

  // What a validation task is about, but for the account's URL; nullopt when there is nothing to validate any more.
  Result<std::optional<va::Claim>> claim(const Task& task, Time now);
  // Records what the validation found, on the task's own challenge and only while that is being validated. When another
  // attempt is due: the task for it.
  Result<std::optional<Task>> record(const Task& task, const va::Verdict& verdict, Time now);
  // Puts every validation that a crash interrupted on the agenda again.
  Result<void> resume(Time now);

 private:
  Result<void> check_room(const store::Id& account, Time now) const;
  void tell(const Task& task, const std::string& name, const va::Verdict& verdict, bool is_last) const;
  Result<void> fail(store::Tx& tx, const store::AuthorizationRow& row, const Problem& cause, Time now);

  Deps deps_;
};

// The challenge that is being validated, of which there is one at most; or nullptr.
const store::ChallengeRow* processing_challenge(const store::AuthorizationRow& row);

}  // namespace crest::ca::ra
