// The repositories of operations.hpp in memory.
#pragma once

#include <map>

#include "ca/store/memory_undo.hpp"
#include "ca/store/operations.hpp"

namespace crest::ca::store {

struct OperationTables {
  std::map<std::string, EabKeyRow> eab_keys;
  std::map<std::string, Time> spendings;
  std::map<std::string, LeaseRow> leases;
  std::map<std::string, IssuerRow> issuers;
  std::map<std::pair<std::string, std::uint32_t>, CrlRow> crls;
  std::map<std::pair<std::string, std::uint64_t>, AuditRow> audit;
};

class MemoryEabKeys final : public EabKeys {
 public:
  MemoryEabKeys(OperationTables& tables, Undo& undo) : tables_(tables), undo_(undo) {}
  Result<bool> insert(const EabKeyRow& row) override;
  Result<std::optional<EabKeyRow>> by_id(const std::string& id) override { return found(tables_.eab_keys, id); }
  Result<bool> update(const EabKeyRow& row) override;
  Result<std::vector<EabKeyRow>> list(const std::string& after, std::size_t count_max) override;

 private:
  OperationTables& tables_;
  Undo& undo_;
};

class MemorySpendings final : public Spendings {
 public:
  MemorySpendings(OperationTables& tables, Undo& undo) : tables_(tables), undo_(undo) {}
  Result<std::optional<Time>> full_at(const std::string& key) override { return found(tables_.spendings, key); }
  Result<void> put(const std::string& key, Time full_at) override;
  Result<std::uint64_t> remove_full(Time now, std::size_t count_max) override;

 private:
  OperationTables& tables_;
  Undo& undo_;
};

class MemoryLeases final : public Leases {
 public:
  MemoryLeases(OperationTables& tables, Undo& undo) : tables_(tables), undo_(undo) {}
  Result<Time> time(Time local) override { return local; }
  Result<std::optional<std::uint64_t>> take(const std::string& name, const std::string& holder, Time now,
                                            Time until) override;
  Result<bool> is_current(const std::string& name, std::uint64_t fence) override;
  Result<std::vector<LeaseRow>> all() override;

 private:
  OperationTables& tables_;
  Undo& undo_;
};

class MemoryIssuers final : public Issuers {
 public:
  MemoryIssuers(OperationTables& tables, Undo& undo) : tables_(tables), undo_(undo) {}
  Result<void> put(const IssuerRow& row) override;
  Result<std::optional<IssuerRow>> by_id(const std::string& id) override { return found(tables_.issuers, id); }
  Result<std::vector<IssuerRow>> all() override;

 private:
  OperationTables& tables_;
  Undo& undo_;
};

class MemoryCrls final : public Crls {
 public:
  MemoryCrls(OperationTables& tables, Undo& undo) : tables_(tables), undo_(undo) {}
  Result<bool> put(const CrlRow& row) override;
  Result<std::optional<CrlRow>> latest(const std::string& issuer, std::uint32_t partition) override {
    return found(tables_.crls, {issuer, partition});
  }
  Result<std::vector<CrlRow>> heads(const std::string& issuer) override;

 private:
  OperationTables& tables_;
  Undo& undo_;
};

class MemoryAuditLog final : public AuditLog {
 public:
  MemoryAuditLog(OperationTables& tables, Undo& undo) : tables_(tables), undo_(undo) {}
  Result<std::optional<AuditRow>> last(const std::string& chain) override;
  Result<void> append(const AuditRow& row) override;
  Result<std::vector<AuditRow>> list(const std::string& chain, std::uint64_t after, std::size_t count_max) override;
  Result<std::vector<std::string>> chains() override;

 private:
  OperationTables& tables_;
  Undo& undo_;
};

// All of them for one transaction.
struct MemoryOperations {
  MemoryOperations(OperationTables& tables, Undo& undo)
      : eab_keys(tables, undo),
        spendings(tables, undo),
        leases(tables, undo),
        issuers(tables, undo),
        crls(tables, undo),
        audit(tables, undo) {}
  MemoryEabKeys eab_keys;
  MemorySpendings spendings;
  MemoryLeases leases;
  MemoryIssuers issuers;
  MemoryCrls crls;
  MemoryAuditLog audit;
};

}  // namespace crest::ca::store
