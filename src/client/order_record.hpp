// An OrderRecord is what an order under way must not forget: plain data, kept in the vault under "orders".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/identifier.hpp"
#include "client/vault.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "crypto/key.hpp"
#include "encoding/json.hpp"

namespace crest::client {

enum class Phase { new_order, authorize, present, propagate, respond, validate, finalize, issue, download, clean_up };
std::string_view to_string(Phase phase);

// What is wanted. Plain data; part of the record, so that a restart resumes the same thing.
struct CertificateRequest {
  static constexpr std::size_t identifiers_max = 1000;
  static constexpr Duration lifetime_min = 1s, lifetime_max{100ll * 366 * 24 * 3'600'000};

  std::string name;  // the certificate's name in the vault
  std::vector<acme::Identifier> identifiers;
  crypto::KeyType key_type = crypto::KeyType::ec_p256;
  std::optional<std::string> profile;   // draft-ietf-acme-profiles
  std::optional<std::string> replaces;  // RFC 9773 section 5; left out on the retry when the CA objects
  std::optional<Duration> lifetime;     // asked for as notAfter (RFC 8555 section 7.4); whole seconds
};
encoding::Json to_json(const CertificateRequest& request);
Result<CertificateRequest> certificate_request_from_json(const encoding::Json& json);
// Whether a record may hold it; what is refused here could never be read again. Error: usage.
Result<void> check_limits(const CertificateRequest& request);
// Whether an order for `a` serves `b`: everything but `replaces`, and names in any order.
bool asks_the_same(const CertificateRequest& a, const CertificateRequest& b);
std::string shown_names(const CertificateRequest& request);  // "a.example, b.example and 3 more"

struct AuthorizationRecord {
  std::string url;
  acme::Identifier identifier;  // value "" before the authorization was read
  std::string method;           // chosen; "" before, and when it was valid already
  std::string challenge_url;
  std::string token;
  std::string
      key_authorization;   // that is shown: the account, and with it the key, may be another when it is taken away
  bool presented = false;  // durable before present() is called: clean_up is a to-do list (CF66)
  bool responded = false;
  bool valid = false;
};

struct OrderRecord {
  static constexpr int version = 1;

  CertificateRequest request;
  std::string directory;  // of the CA that has the order
  std::string account_url;
  Phase phase = Phase::new_order;
  std::string order_url;
  std::string finalize_url;
  std::string certificate_url;
  std::vector<AuthorizationRecord> authorizations;
  Secret key_pem;              // the leaf's key; durable before finalize (faults.md 1.4 rule 1)
  bool finalize_sent = false;  // durable before finalize, until the CA says that it has not issued
  std::optional<Time> order_expires;
  std::optional<Time> attempt_started;
  std::uint32_t attempts = 0;               // since the last success; durable before newOrder (CF65)
  std::optional<Time> not_before;           // no attempt earlier: backoff, or what a rate limit said
  std::vector<std::string> failed_methods;  // tried in vain by the last attempts; another one is preferred
  std::optional<std::string> last_error;    // class word, for people
  std::optional<std::string> last_problem;  // type of the CA's word that makes it a failure for good
};
encoding::Json to_json(const OrderRecord& record);
Result<OrderRecord> order_record_from_json(const encoding::Json& json);

Result<std::optional<OrderRecord>> load_order(Vault& vault, std::string_view name);
Result<void> save_order(Vault& vault, const OrderRecord& record);
// The failure that the record tells of, with its class and whether it passes (ENT-07); `message` is what to say now.
Error last_failure(const OrderRecord& record, std::string message);

}  // namespace crest::client
