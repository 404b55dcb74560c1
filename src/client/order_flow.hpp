// An OrderFlow takes one certificate from nothing to published, one remote exchange a step; its record survives a crash
// at any of them (RFC 8555 section 7.4). What the CA says the state is decides the next step, not what was done before.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "acme/authorization.hpp"
#include "acme/directory.hpp"
#include "acme/order.hpp"
#include "client/backoff.hpp"
#include "client/order_record.hpp"
#include "client/session.hpp"
#include "client/solver.hpp"
#include "client/vault.hpp"
#include "core/random.hpp"
#include "x509/certificate.hpp"

namespace crest::client {

struct Continue {};
struct WaitUntil {
  Time time;
  std::string why;             // "the CA is validating app.corp.example"
  std::optional<Error> error;  // what went wrong, where that is why: whoever cannot wait reports it
};
struct Issued {
  std::uint64_t generation = 0;
};
struct Failed {
  Error error;  // its not_before is the record's
};
using Step = std::variant<Continue, WaitUntil, Issued, Failed>;

class OrderFlow {
 public:
  static constexpr Duration poll_first{200}, poll_max{30'000};  // no Retry-After: doubling between these
  static constexpr Duration phase_time_max{5 * 60'000};         // each phase: then WaitUntil ends in Failed
  static constexpr Duration run_time_max{60 * 60'000};          // all phases of one OrderFlow together
  static constexpr std::size_t authorizations_max = 100, alternates_max = 10;
  static constexpr int finalize_max = 3, steps_max = 10'000;

  struct Deps {
    Session& session;
    Vault& vault;
    crypto::KeySource& keys;
    Random& random;
    Log& log;
    const crypto::Signer& account_key;
    Solvers solvers;
    std::optional<std::vector<x509::Certificate>> pinned_roots;  // the issued chain must end in one of them (CF24)
  };
  explicit OrderFlow(Deps deps) : deps_(std::move(deps)) {}

  // Makes at most one remote exchange, saves the record when something changed that must survive. Blocks for that
  // exchange; not thread-safe. A fault that passes is waited out within the phase's time. Failed has put attempts and
  // not_before into the record: the caller respects not_before. After it the next call resumes the order where the
  // record still has one, and else starts anew.
  Step advance(OrderRecord& record, Time now, std::stop_token stop = {});

  // What an earlier run left: proofs to take away, an order to resume.
  static Result<std::optional<OrderRecord>> load(Vault& vault, std::string_view name) {
    return load_order(vault, name);
  }

  // Gives up for now: takes the proofs away and keeps the order, so that a later advance() resumes it.
  Result<void> pause(OrderRecord& record);

 private:
  using Next = Result<Step>;

  // order_flow.cpp
  Next step(OrderRecord& record, Time now, const std::stop_token& stop);
  Next new_order(OrderRecord& record, Time now, const std::stop_token& stop);
  Result<void> begin(OrderRecord& record, Time now);
  Result<void> check_profile(const CertificateRequest& request) const;
  Next read_order(OrderRecord& record, Time now, const std::stop_token& stop);
  Next adopt(OrderRecord& record, const acme::Order& order, std::optional<Time> retry_after, Time now);
  Result<Reply> ask(const OrderRecord& record, const std::string& url, const std::string& payload,
                    const std::stop_token& stop, std::size_t body_bytes_max = Session::json_bytes_max);
  void enter(OrderRecord& record, Phase phase, Time now);
  Time phase_end(const OrderRecord& record, Time now) const;
  Step poll_again(OrderRecord& record, std::optional<Time> retry_after, std::string why, Time now);
  Step recover(OrderRecord& record, Error error, Time now);
  Hope hope_after(const Error& error) const;
  bool is_worn_out(const OrderRecord& record, Hope hope, Time now) const;
  Step fail(OrderRecord& record, Error error, Hope hope, Time now);
  void drop_order(OrderRecord& record, Error& error);
  void forget_progress();

  // order_flow_prove.cpp
  Next prove_or_poll(OrderRecord& record, std::optional<Time> retry_after, Time now);
  Next authorize(OrderRecord& record, Time now, const std::stop_token& stop);
  std::vector<std::string> preferred_methods(const OrderRecord& record) const;
  Result<void> choose(OrderRecord& record, AuthorizationRecord& chosen, const acme::Authorization& authorization);
  Next present(OrderRecord& record, Time now);
  Next respond(OrderRecord& record, Time now, const std::stop_token& stop);
  Next validate(OrderRecord& record, Time now, const std::stop_token& stop);
  Next examine(OrderRecord& record, const std::stop_token& stop);
  Result<acme::Authorization> read_authorization(const OrderRecord& record, const std::string& url,
                                                 const std::stop_token& stop, std::optional<Time>* retry_after);
  bool take_proofs_away(OrderRecord& record);
  Proof proof_of(const AuthorizationRecord& authorization) const;
  Solver* solver_for(std::string_view method) const;

  // order_flow_issue.cpp
  Next finalize(OrderRecord& record, Time now, const std::stop_token& stop);
  Next after_refused_finalize(OrderRecord& record, std::optional<Time> retry_after, Time now);
  Next download(OrderRecord& record, Time now, const std::stop_token& stop);
  Next judge(OrderRecord& record, const x509::Chain& chain, Time now);
  Next publish(OrderRecord& record, const crypto::PrivateKey& key, const x509::Chain& chain, Time now);
  Step finish(OrderRecord& record, std::uint64_t generation);

  Deps deps_;
  std::optional<acme::Directory> directory_;

  // Progress that a restart may lose: it then asks the CA, and polls anew.
  bool begun_ = false;     // this attempt is counted
  bool heard_ = false;     // the CA told the order's state in this run
  bool must_read_ = true;  // the order's state is not known: after a start, and after a lost answer (CF29)
  std::size_t shown_ = 0;  // proofs presented by this process
  int finalized_ = 0, steps_ = 0;
  std::uint32_t polls_ = 0, failures_ = 0;
  std::optional<Time> run_started_, phase_started_, asked_to_wait_;
  std::optional<Error> finalize_error_;               // why the CA refused, until the order tells what to do
  std::vector<std::optional<Error>> respond_errors_;  // the same, by authorization
  std::shared_ptr<const Problem> last_problem_;       // what the CA said while it was still trying (CHL-15)
  std::optional<std::size_t> examined_;               // of an invalid order: authorizations asked for the reason (CF26)
  std::vector<Problem> reasons_;
  std::vector<std::string> alternates_;  // chains not yet tried
  bool alternates_known_ = false;
};

}  // namespace crest::client
