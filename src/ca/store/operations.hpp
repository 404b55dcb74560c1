// What a CA keeps beside the objects of ACME: keys for external account binding, limits, leases, issuers, CRLs and the
// audit log. Row access inside one transaction; an Error is the store failing (storage).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::ca::store {

// A key that an operator hands out, so that its holder may open accounts (RFC 8555 section 7.3.4).
struct EabKeyRow {
  std::string id;     // the key id
  std::string label;  // whose it is, for people
  Bytes mac_key;
  std::vector<std::string> allow;     // name rules and networks, as in ca.toml; empty: what the CA's policy says
  std::vector<std::string> profiles;  // empty: any
  std::uint32_t accounts_max = 1, accounts = 0;
  Time created;
  std::optional<Time> expires, revoked;
};
class EabKeys {
 public:
  virtual ~EabKeys() = default;
  virtual Result<bool> insert(const EabKeyRow& row) = 0;  // false: the id is taken
  virtual Result<std::optional<EabKeyRow>> by_id(const std::string& id) = 0;
  virtual Result<bool> update(const EabKeyRow& row) = 0;  // false: no such key
  // By id, those behind `after`.
  virtual Result<std::vector<EabKeyRow>> list(const std::string& after, std::size_t count_max) = 0;
};

// What limits remember (see ca/ra/limits.hpp).
class Spendings {
 public:
  virtual ~Spendings() = default;
  virtual Result<std::optional<Time>> full_at(const std::string& key) = 0;
  virtual Result<void> put(const std::string& key, Time full_at) = 0;
  virtual Result<std::uint64_t> remove_full(Time now, std::size_t count_max) = 0;  // those that remember nothing now
};

// One holder at a time for each name: who does a background job where several nodes share a store (SF67).
struct LeaseRow {
  std::string name, holder;
  std::uint64_t fence = 0;
  Time until;
};
class Leases {
 public:
  virtual ~Leases() = default;
  // The time that leases run by: the store's own where machines share it, so that clocks that differ end nobody's lease.
  // `local` is the caller's, and the one where there is no other.
  virtual Result<Time> time(Time local) = 0;
  // The fencing number when `holder` has the lease until `until`: taken anew with the next number when it was free or
  // had run out at `now`, kept with the same one when it was `holder`'s. nullopt: somebody else has it.
  virtual Result<std::optional<std::uint64_t>> take(const std::string& name, const std::string& holder, Time now,
                                                    Time until) = 0;
  // Whether this number is still the last that was given out.
  virtual Result<bool> is_current(const std::string& name, std::uint64_t fence) = 0;
  virtual Result<std::vector<LeaseRow>> all() = 0;  // by name
};

// Every issuer that ever signed, so that its certificates have a chain for as long as they live.
struct IssuerRow {
  std::string id;
  std::string chain_pem;  // its own certificate first, then what stands between it and the root
  std::string root_pem;
  Time first_seen;
};
class Issuers {
 public:
  virtual ~Issuers() = default;
  virtual Result<void> put(const IssuerRow& row) = 0;  // again: no change
  virtual Result<std::optional<IssuerRow>> by_id(const std::string& id) = 0;
  virtual Result<std::vector<IssuerRow>> all() = 0;  // oldest first
};

struct CrlRow {
  std::string issuer;
  std::uint32_t partition = 0;  // 0 is the full list
  std::uint64_t number = 0;     // CRLNumber
  Time this_update, next_update;
  std::uint64_t revocations = 0;  // Certificates::revocations() when it was made
  Bytes der;
};
class Crls {
 public:
  virtual ~Crls() = default;
  virtual Result<bool> put(const CrlRow& row) = 0;  // in the older one's place; false: there is a newer one (SF83)
  virtual Result<std::optional<CrlRow>> latest(const std::string& issuer, std::uint32_t partition) = 0;
  // All of an issuer's, by partition, without `der`.
  virtual Result<std::vector<CrlRow>> heads(const std::string& issuer) = 0;
};

struct AuditRow {
  std::string chain;  // the node that writes it
  std::uint64_t number = 0;
  std::string text, digest;
};
class AuditLog {
 public:
  virtual ~AuditLog() = default;
  virtual Result<std::optional<AuditRow>> last(const std::string& chain) = 0;
  virtual Result<void> append(const AuditRow& row) = 0;  // error also when the number is taken
  // In order, those with a number above `after`.
  virtual Result<std::vector<AuditRow>> list(const std::string& chain, std::uint64_t after, std::size_t count_max) = 0;
  virtual Result<std::vector<std::string>> chains() = 0;
};

}  // namespace crest::ca::store
