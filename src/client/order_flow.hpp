// An OrderFlow takes one certificate from nothing to published, one remote exchange a step; its record survives a crash
// at any of them (RFC 8555 section 7.4).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/order.hpp"
#include "client/session.hpp"
#include "client/solver.hpp"
#include "client/vault.hpp"
#include "core/random.hpp"

namespace crest::client {

enum class Phase { new_order, authorize, present, propagate, respond, validate, finalize, issue, download, clean_up };
std::string_view to_string(Phase phase);

// What is wanted. Plain data; part of the record, so that a restart resumes the same thing.
struct CertificateRequest {
  std::string name;  // the certificate's name in the vault
  std::vector<acme::Identifier> identifiers;
  crypto::KeyType key_type = crypto::KeyType::ec_p256;
  std::optional<std::string> profile;   // draft-ietf-acme-profiles
  std::optional<std::string> replaces;  // RFC 9773 section 5; left out on the retry when the CA objects
  std::optional<Time> not_before, not_after;
};

struct AuthorizationRecord {
  std::string url;
  acme::Identifier identifier;
  std::string method;  // chosen; "" before
  std::string challenge_url;
  std::string token;
  bool presented = false;  // durable before present() is called: clean_up is a to-do list (CF66)
  bool responded = false;
  bool valid = false;
};

struct OrderRecord {
  static constexpr int version = 1;

  CertificateRequest request;
  std::string account_url;
  Phase phase = Phase::new_order;
  std::string order_url;
  std::string finalize_url;
  std::string certificate_url;
  std::vector<AuthorizationRecord> authorizations;
  Secret key_pem;  // the leaf's key; durable before finalize (faults.md 1.4 rule 1)
  std::optional<Time> order_expires;
  std::optional<Time> attempt_started;
  std::uint32_t attempts = 0;               // orders begun since the last success; durable before newOrder (CF65)
  std::optional<Time> not_before;           // no attempt earlier: backoff, or what a rate limit said
  std::vector<std::string> failed_methods;  // tried in vain by the last attempts; another one is preferred
  std::optional<std::string> last_error;    // class word, for people
};
encoding::Json to_json(const OrderRecord& record);
Result<OrderRecord> order_record_from_json(const encoding::Json& json);

struct Continue {};
struct WaitUntil {
  Time time;
  std::string why;  // "the CA is validating app.corp.example"
};
struct Issued {
  std::uint64_t generation = 0;
};
struct Failed {
  Error error;
};
using Step = std::variant<Continue, WaitUntil, Issued, Failed>;

// Backoff after `attempts` failed orders (CF37, CF38): about 1, 10, 100 minutes, then a day; never over a tenth of
// `life` when that is known; jitter of 20 % from `random`. Pure.
Duration backoff(std::uint32_t attempts, std::optional<Duration> life, Random& random);

class OrderFlow {
 public:
  static constexpr Duration poll_first{200}, poll_max{30'000};  // no Retry-After: doubling between these
  static constexpr Duration phase_time_max{5 * 60'000};         // validate, issue: then WaitUntil ends in Failed
  static constexpr std::size_t authorizations_max = 100;

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
  // exchange; not thread-safe. After Failed the record holds attempts and not_before, and the next call starts anew.
  Step advance(OrderRecord& record, Time now, std::stop_token stop = {});

  // What a restart has to undo first: proofs a dead attempt left behind.
  static Result<std::optional<OrderRecord>> load(Vault& vault, std::string_view name);

 private:
  Deps deps_;
  std::uint32_t polls_ = 0, failures_ = 0;  // of the phase under way: lost on restart, which then polls anew
};

}  // namespace crest::client
