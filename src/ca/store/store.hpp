// A Store keeps what the CA must never forget: accounts, orders, authorizations, and every serial it ever signed.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "acme/account.hpp"
#include "acme/authorization.hpp"
#include "acme/order.hpp"
#include "ca/store/operations.hpp"
#include "core/result.hpp"

namespace crest::ca::store {

using Id =
    std::string;  // 22 characters of base64url, 128 random bits: nobody can guess another's (RFC 8555 section 10.5)

struct AccountRow {
  Id id;
  std::string thumbprint;  // unique
  Bytes key_spki;
  acme::AccountStatus status = acme::AccountStatus::valid;
  std::vector<std::string> contact;
  bool terms_agreed = false;
  std::string terms;         // the URL of the terms of service that were agreed to last, or ""
  std::string binding_json;  // external account binding as verified, or ""
  std::string eab_key;       // the id of the key it was made with, or ""
  Time created;
};

struct OrderRow {
  Id id;
  Id account;
  acme::OrderStatus status =
      acme::OrderStatus::pending;  // pending stands for pending and ready: see acme::order_status
  std::vector<acme::Identifier> identifiers;
  std::vector<Id> authorizations;
  std::optional<Time> not_before, not_after;
  std::string profile;  // pinned with its hash at creation (SF36)
  std::string replaces;
  std::string error_json;  // problem document, or ""
  std::string serial;      // hex, once signed
  std::string node;        // that finalizes it, or did
  Time created, expires;
};

struct ChallengeRow {
  std::string method;
  acme::ChallengeStatus status = acme::ChallengeStatus::pending;
  std::optional<Time> validated;
  std::string error_json;
};

// What an authorization is good for: its name, "*." in front of it, or all names at and below it (RFC 9444).
enum class Scope { name, wildcard, subtree };

struct AuthorizationRow {
  Id id;
  Id account;
  acme::Identifier identifier;  // without "*."
  Scope scope = Scope::name;
  acme::AuthorizationStatus status = acme::AuthorizationStatus::pending;
  std::string token;
  std::string key_authorization;  // of the account key at response time (CHL-17); "" before
  std::vector<ChallengeRow> challenges;
  std::string node;  // that validates it, or did
  Time created, expires;
};

// A row is the journal of one signature (SF63): written as `signing` before the key is used, and revocable from then on.
// `der` holds the linted to-be-signed octets while signing, so that a crash before the certificate was stored is made
// good by signing the same octets again: the lost signature never left the process, and the client loses nothing.
enum class CertificateStatus { signing, issued, revoked };
struct CertificateRow {
  std::string serial;  // hex; unique
  Id order;            // unique: one order, one certificate (SF31)
  Id account;          // "" for the CA's own listener
  CertificateStatus status = CertificateStatus::signing;
  std::string tbs_sha256;  // hex
  Bytes der;               // the TBSCertificate while signing, then the certificate
  std::string issuer;      // which issuer's chain goes with it
  Time created, not_after;
  std::optional<Time> revoked_at;
  int revocation_reason = 0;
  std::vector<std::string> names;  // what it is good for
  Time not_before;
  std::string profile;      // name
  std::string replaced_by;  // the order that was made to replace it (RFC 9773 section 5), or ""
};

// Which certificates are looked for; what is empty does not matter.
struct CertificateFilter {
  std::string text;  // part of a name
  std::string account, issuer, profile;
  std::optional<CertificateStatus> status;
  std::optional<Time> valid_at;
};
// Where a page of certificates by their end begins: behind this one.
struct CertificateCursor {
  Time not_after;
  std::string serial;
};
struct RevokedRow {
  std::string serial;
  Time revoked_at;
  int reason = 0;
};
struct ExpiredRow {
  std::string serial;
  Id order;
  Time not_after;
};

// Row access inside one transaction. A missing row is nullopt or false; an Error is the store failing (storage).
class Accounts {
 public:
  virtual ~Accounts() = default;
  virtual Result<bool> insert(const AccountRow& row) = 0;  // false: the key has an account already (ACC-21)
  virtual Result<std::optional<AccountRow>> by_id(const Id& id) = 0;
  virtual Result<std::optional<AccountRow>> by_thumbprint(const std::string& thumbprint) = 0;
  virtual Result<bool> update(const AccountRow& row) = 0;  // false: no such account, or the key is another's
};

class Orders {
 public:
  virtual ~Orders() = default;
  virtual Result<void> insert(const OrderRow& row) = 0;
  virtual Result<std::optional<OrderRow>> by_id(const Id& id) = 0;
  // Writes `row` only while the stored status is `expected`; false: somebody else was first.
  virtual Result<bool> update_if(const OrderRow& row, acme::OrderStatus expected) = 0;
  // Newest first, those behind `after` (of the same account); "" begins at the newest.
  virtual Result<std::vector<Id>> by_account(const Id& account, const Id& after, std::size_t count_max) = 0;
  // Stored as pending and not expired at `now`: what pending_orders_max limits (SF61).
  virtual Result<std::uint64_t> count_open(const Id& account, Time now) = 0;
  virtual Result<std::vector<Id>> open_of(const Id& account, Time now, std::size_t count_max) = 0;  // the same ones
  virtual Result<std::vector<Id>> with_authorization(const Id& authorization) = 0;
  virtual Result<std::vector<Id>> with_status(acme::OrderStatus status, std::size_t count_max) = 0;  // restart
  // Those that `from` has in processing become `to`'s.
  virtual Result<void> hand_over(const std::string& from, const std::string& to) = 0;
  // Clean-up (SF62): what expired before `before` and has no certificate; never one that is processing. How many.
  virtual Result<std::uint64_t> remove_unissued(Time before, std::size_t count_max) = 0;
  virtual Result<void> remove(const Id& id) = 0;
};

class Authorizations {
 public:
  virtual ~Authorizations() = default;
  virtual Result<void> insert(const AuthorizationRow& row) = 0;
  virtual Result<std::optional<AuthorizationRow>> by_id(const Id& id) = 0;
  virtual Result<bool> update_if(const AuthorizationRow& row, acme::AuthorizationStatus expected) = 0;
  virtual Result<std::vector<Id>> with_processing_challenge(std::size_t count_max) = 0;  // restart
  // Those that `from` validates become `to`'s.
  virtual Result<void> hand_over(const std::string& from, const std::string& to) = 0;
  // Valid ones of this account for exactly this identifier and scope, not expired at `now` (REV-03, SF33).
  virtual Result<std::optional<AuthorizationRow>> find_valid(const Id& account, const acme::Identifier& identifier,
                                                             Scope scope, Time now) = 0;
  // All of those, for whatever identifier.
  virtual Result<std::vector<Id>> valid_of(const Id& account, Time now, std::size_t count_max) = 0;
  virtual Result<std::uint64_t> remove_expired(Time before, std::size_t count_max) = 0;  // how many
};

class Certificates {
 public:
  virtual ~Certificates() = default;
  virtual Result<bool> insert(const CertificateRow& row) = 0;  // false: serial or order is taken
  virtual Result<std::optional<CertificateRow>> by_serial(const std::string& serial) = 0;
  virtual Result<std::optional<CertificateRow>> by_order(const Id& order) = 0;
  virtual Result<bool> update_if(const CertificateRow& row, CertificateStatus expected) = 0;
  virtual Result<std::vector<CertificateRow>> with_status(CertificateStatus status, std::size_t count_max) = 0;
  virtual Result<std::uint64_t> count() = 0;
  virtual Result<std::optional<Time>> newest() = 0;  // the latest `created` (SF80)

  // Those that end last come first.
  virtual Result<std::vector<CertificateRow>> search(const CertificateFilter& filter,
                                                     const std::optional<CertificateCursor>& after,
                                                     std::size_t count_max) = 0;
  // Revoked ones of an issuer that end at `not_after_min` or later, by serial, behind `after`.
  virtual Result<std::vector<RevokedRow>> revoked(const std::string& issuer, Time not_after_min,
                                                  const std::string& after, std::size_t count_max) = 0;
  // How often one of this issuer's was revoked, or revoked again for another reason: it never goes back, so a list that
  // was made at the same number has them all.
  virtual Result<std::uint64_t> revocations(const std::string& issuer) = 0;
  // `row.replaced_by` becomes what it says; false: no such certificate.
  virtual Result<bool> set_replaced_by(const std::string& serial, const Id& order) = 0;
  // First ended first.
  virtual Result<std::vector<ExpiredRow>> expired(Time before, const std::optional<CertificateCursor>& after,
                                                  std::size_t count_max) = 0;
  virtual Result<void> remove(const std::string& serial) = 0;
};

// Keys that nobody may use again, after a proof of compromise (REV-10, SF11).
class BlockedKeys {
 public:
  virtual ~BlockedKeys() = default;
  virtual Result<void> insert(const std::string& spki_sha256, Time when) = 0;  // again: no change
  virtual Result<bool> contains(const std::string& spki_sha256) = 0;           // hex
};

struct Tx {
  Accounts& accounts;
  Orders& orders;
  Authorizations& authorizations;
  Certificates& certificates;
  BlockedKeys& blocked_keys;
  EabKeys& eab_keys;
  Spendings& spendings;
  Leases& leases;
  Issuers& issuers;
  Crls& crls;
  AuditLog& audit;
};

using Work = std::function<Result<void>(Tx&)>;

class Store {
 public:
  virtual ~Store() = default;
  // All of `work` or nothing, as if no other write happened meanwhile, durable when it returns without error. An Error
  // from `work` rolls it back and is returned. `work` may run more than once, and has to begin anew each time. Blocks for
  // the disk; thread-safe; several callers may share one sync.
  virtual Result<void> write(const Work& work) = 0;
  // A consistent view; writing through it fails.
  virtual Result<void> read(const Work& work) = 0;
  virtual Result<void> check() = 0;  // can it be written to (SF65)
  // Whether there is room for new work to begin, so that what has begun can end before the disk is full. Does not
  // block. Error: storage.
  virtual Result<void> check_room() { return {}; }
  // Of all tables and indexes, for a gauge (SF62); nullopt where nobody knows. Blocks for a read. Error: storage.
  virtual Result<std::optional<std::uint64_t>> size_bytes() { return std::optional<std::uint64_t>(); }
};

}  // namespace crest::ca::store
