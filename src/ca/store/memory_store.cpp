#include "ca/store/memory_store.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "ca/store/memory_operations.hpp"

namespace crest::ca::store {

struct MemoryStore::Tables {
  std::unordered_map<Id, AccountRow> accounts;
  std::unordered_map<std::string, Id> account_of_thumbprint;
  std::unordered_map<Id, OrderRow> orders;
  std::unordered_map<Id, std::vector<Id>> orders_of_account, orders_of_authorization;  // oldest first
  std::map<acme::OrderStatus, std::set<Id>> orders_of_status;
  std::unordered_map<Id, std::set<Id>> pending_of_account;
  std::unordered_map<Id, AuthorizationRow> authorizations;
  std::map<std::pair<Id, acme::Identifier>, std::vector<Id>> authorizations_of_name;
  std::set<Id> processing_authorizations;
  std::unordered_map<std::string, CertificateRow> certificates;
  std::unordered_map<Id, std::string> serial_of_order;
  std::map<CertificateStatus, std::set<std::string>> serials_of_status;
  std::multiset<Time> certificate_times;
  std::map<std::string, std::uint64_t> revocations;  // by issuer
  std::set<std::string> blocked_keys;
  OperationTables operations;
};

namespace {

using Tables = MemoryStore::Tables;

template <typename Map>
std::vector<std::string> first_of(const Map& map, const typename Map::key_type& key, std::size_t count_max) {
  const auto at = map.find(key);
  if (at == map.end()) return {};
  const auto count = std::min(count_max, at->second.size());
  return {at->second.begin(), std::next(at->second.begin(), static_cast<std::ptrdiff_t>(count))};
}

bool is_processing(const AuthorizationRow& row) {
  return std::ranges::any_of(row.challenges,
                             [](const auto& c) { return c.status == acme::ChallengeStatus::processing; });
}

class MemoryAccounts final : public Accounts {
 public:
  MemoryAccounts(Tables& tables, Undo& undo) : tables_(tables), undo_(undo) {}

  Result<bool> insert(const AccountRow& row) override {
    TRY(undo_.check());
    if (!tables_.account_of_thumbprint.emplace(row.thumbprint, row.id).second) return false;
    tables_.accounts.emplace(row.id, row);
    undo_.add([this, id = row.id, thumbprint = row.thumbprint] {
      tables_.accounts.erase(id);
      tables_.account_of_thumbprint.erase(thumbprint);
    });
    return true;
  }

  Result<std::optional<AccountRow>> by_id(const Id& id) override { return found(tables_.accounts, id); }

  Result<std::optional<AccountRow>> by_thumbprint(const std::string& thumbprint) override {
    const auto id = found(tables_.account_of_thumbprint, thumbprint);
    return id ? found(tables_.accounts, *id) : std::nullopt;
  }

  Result<bool> update(const AccountRow& row) override {
    TRY(undo_.check());
    const auto old = found(tables_.accounts, row.id);
    if (!old) return false;
    const auto owner = found(tables_.account_of_thumbprint, row.thumbprint);
    if (owner && *owner != row.id) return false;
    put(row, old->thumbprint);
    undo_.add([this, old = *old, thumbprint = row.thumbprint] { put(old, thumbprint); });
    return true;
  }

 private:
  void put(const AccountRow& row, const std::string& old_thumbprint) {
    tables_.account_of_thumbprint.erase(old_thumbprint);
    tables_.account_of_thumbprint[row.thumbprint] = row.id;
    tables_.accounts[row.id] = row;
  }

  Tables& tables_;
  Undo& undo_;
};

class MemoryOrders final : public Orders {
 public:
  MemoryOrders(Tables& tables, Undo& undo) : tables_(tables), undo_(undo) {}

  Result<void> insert(const OrderRow& row) override {
    TRY(undo_.check());
    if (!tables_.orders.emplace(row.id, row).second) return make_error(ErrorKind::storage, "an order id is taken");
    tables_.orders_of_account[row.account].push_back(row.id);
    for (const auto& id : row.authorizations) tables_.orders_of_authorization[id].push_back(row.id);
    index(row);
    undo_.add([this, id = row.id] { erase(id); });
    return {};
  }

  Result<std::optional<OrderRow>> by_id(const Id& id) override { return found(tables_.orders, id); }

  Result<bool> update_if(const OrderRow& row, acme::OrderStatus expected) override {
    TRY(undo_.check());
    const auto old = found(tables_.orders, row.id);
    if (!old || old->status != expected) return false;
    put(row);
    undo_.add([this, old = *old] { put(old); });
    return true;
  }

  Result<std::vector<Id>> by_account(const Id& account, const Id& after, std::size_t count_max) override {
    const auto all = found(tables_.orders_of_account, account);
    if (!all) return std::vector<Id>();
    auto from = all->rbegin();
    if (!after.empty()) {
      from = std::find(all->rbegin(), all->rend(), after);
      if (from != all->rend()) ++from;
    }
    std::vector<Id> out;
    for (; from != all->rend() && out.size() < count_max; ++from) out.push_back(*from);
    return out;
  }

  Result<std::uint64_t> count_open(const Id& account, Time now) override {
    std::uint64_t count = 0;
    const auto pending = tables_.pending_of_account.find(account);
    if (pending == tables_.pending_of_account.end()) return count;
    for (const auto& id : pending->second) count += tables_.orders.at(id).expires > now ? 1 : 0;
    return count;
  }

  Result<std::vector<Id>> open_of(const Id& account, Time now, std::size_t count_max) override {
    std::vector<Id> out;
    const auto pending = tables_.pending_of_account.find(account);
    if (pending == tables_.pending_of_account.end()) return out;
    for (const auto& id : pending->second) {
      if (out.size() == count_max) break;
      if (tables_.orders.at(id).expires > now) out.push_back(id);
    }
    return out;
  }

  Result<std::vector<Id>> with_authorization(const Id& authorization) override {
    return found(tables_.orders_of_authorization, authorization).value_or(std::vector<Id>());
  }

  Result<std::vector<Id>> with_status(acme::OrderStatus status, std::size_t count_max) override {
    return first_of(tables_.orders_of_status, status, count_max);
  }

  Result<void> hand_over(const std::string& from, const std::string& to) override {
    TRY(undo_.check());
    for (const auto& id : tables_.orders_of_status[acme::OrderStatus::processing]) {
      auto& row = tables_.orders.at(id);
      if (row.node != from) continue;
      row.node = to;
      undo_.add([this, id, from] { tables_.orders.at(id).node = from; });
    }
    return {};
  }

  Result<std::uint64_t> remove_unissued(Time before, std::size_t count_max) override {
    TRY(undo_.check());
    std::vector<std::pair<Time, Id>> over;
    for (const auto& [id, row] : tables_.orders) {
      const bool open = !row.serial.empty() || row.status == acme::OrderStatus::processing;
      if (!open && row.expires < before) over.push_back({row.expires, id});
    }
    std::ranges::sort(over);
    if (over.size() > count_max) over.resize(count_max);
    for (const auto& [when, id] : over) TRY(remove(id));
    return static_cast<std::uint64_t>(over.size());
  }

  Result<void> remove(const Id& id) override {
    TRY(undo_.check());
    const auto row = found(tables_.orders, id);
    if (!row) return {};
    undo_.add([this, row = *row, before = tables_.orders_of_account[row->account]] {
      tables_.orders.emplace(row.id, row);
      tables_.orders_of_account[row.account] = before;
      for (const auto& authorization : row.authorizations)
        tables_.orders_of_authorization[authorization].push_back(row.id);
      index(row);
    });
    erase(id);
    return {};
  }

 private:
  void index(const OrderRow& row) {
    tables_.orders_of_status[row.status].insert(row.id);
    if (row.status == acme::OrderStatus::pending) tables_.pending_of_account[row.account].insert(row.id);
  }
  void unindex(const OrderRow& row) {
    tables_.orders_of_status[row.status].erase(row.id);
    tables_.pending_of_account[row.account].erase(row.id);
  }
  void put(const OrderRow& row) {
    auto& stored = tables_.orders.at(row.id);
    unindex(stored);
    stored = row;
    index(stored);
  }

  void erase(const Id& id) {
    const auto row = tables_.orders.extract(id).mapped();
    std::erase(tables_.orders_of_account[row.account], id);
    for (const auto& authorization : row.authorizations) {
      std::erase(tables_.orders_of_authorization[authorization], id);
    }
    unindex(row);
  }

  Tables& tables_;
  Undo& undo_;
};

class MemoryAuthorizations final : public Authorizations {
 public:
  MemoryAuthorizations(Tables& tables, Undo& undo) : tables_(tables), undo_(undo) {}

  Result<void> insert(const AuthorizationRow& row) override {
    TRY(undo_.check());
    if (!tables_.authorizations.emplace(row.id, row).second) {
      return make_error(ErrorKind::storage, "an authorization id is taken");
    }
    auto& ids = tables_.authorizations_of_name[{row.account, row.identifier}];
    ids.push_back(row.id);
    index(row);
    undo_.add([this, id = row.id] { erase(id); });
    return {};
  }

  Result<std::optional<AuthorizationRow>> by_id(const Id& id) override { return found(tables_.authorizations, id); }

  Result<bool> update_if(const AuthorizationRow& row, acme::AuthorizationStatus expected) override {
    TRY(undo_.check());
    const auto old = found(tables_.authorizations, row.id);
    if (!old || old->status != expected) return false;
    put(row);
    undo_.add([this, old = *old] { put(old); });
    return true;
  }

  Result<std::vector<Id>> with_processing_challenge(std::size_t count_max) override {
    std::vector<Id> out;
    for (const auto& id : tables_.processing_authorizations) {
      if (out.size() == count_max) break;
      out.push_back(id);
    }
    return out;
  }

  Result<void> hand_over(const std::string& from, const std::string& to) override {
    TRY(undo_.check());
    for (const auto& id : tables_.processing_authorizations) {
      auto& row = tables_.authorizations.at(id);
      if (row.node != from) continue;
      row.node = to;
      undo_.add([this, id, from] { tables_.authorizations.at(id).node = from; });
    }
    return {};
  }

  Result<std::optional<AuthorizationRow>> find_valid(const Id& account, const acme::Identifier& identifier, Scope scope,
                                                     Time now) override {
    const auto ids = tables_.authorizations_of_name.find({account, identifier});
    if (ids == tables_.authorizations_of_name.end()) return std::optional<AuthorizationRow>();
    for (auto id = ids->second.rbegin(); id != ids->second.rend(); ++id) {
      const auto& row = tables_.authorizations.at(*id);
      if (row.status == acme::AuthorizationStatus::valid && row.scope == scope && row.expires > now) {
        return std::optional(row);
      }
    }
    return std::optional<AuthorizationRow>();
  }

  Result<std::vector<Id>> valid_of(const Id& account, Time now, std::size_t count_max) override {
    std::vector<Id> out;
    auto at = tables_.authorizations_of_name.lower_bound({account, {}});
    for (; at != tables_.authorizations_of_name.end() && at->first.first == account; ++at) {
      for (const auto& id : at->second) {
        const auto& row = tables_.authorizations.at(id);
        const bool counts = row.status == acme::AuthorizationStatus::valid && row.expires > now;
        if (counts && out.size() < count_max) out.push_back(id);
      }
    }
    return out;
  }

  Result<std::uint64_t> remove_expired(Time before, std::size_t count_max) override {
    TRY(undo_.check());
    std::vector<AuthorizationRow> over;
    for (const auto& [id, row] : tables_.authorizations) {
      if (row.expires < before && over.size() < count_max) over.push_back(row);
    }
    for (const auto& row : over) {
      erase(row.id);
      undo_.add([this, row] {
        tables_.authorizations.emplace(row.id, row);
        tables_.authorizations_of_name[{row.account, row.identifier}].push_back(row.id);
        index(row);
      });
    }
    return static_cast<std::uint64_t>(over.size());
  }

 private:
  void erase(const Id& id) {
    const auto old = tables_.authorizations.extract(id).mapped();
    std::erase(tables_.authorizations_of_name[{old.account, old.identifier}], id);
    tables_.processing_authorizations.erase(id);
  }
  void put(const AuthorizationRow& row) {
    tables_.authorizations.at(row.id) = row;
    index(row);
  }
  void index(const AuthorizationRow& row) {
    if (is_processing(row)) {
      tables_.processing_authorizations.insert(row.id);
    } else {
      tables_.processing_authorizations.erase(row.id);
    }
  }

  Tables& tables_;
  Undo& undo_;
};

class MemoryCertificates final : public Certificates {
 public:
  MemoryCertificates(Tables& tables, Undo& undo) : tables_(tables), undo_(undo) {}

  Result<bool> insert(const CertificateRow& row) override {
    TRY(undo_.check());
    if (tables_.certificates.contains(row.serial)) return false;
    if (!tables_.serial_of_order.emplace(row.order, row.serial).second) return false;
    tables_.certificates.emplace(row.serial, row);
    tables_.serials_of_status[row.status].insert(row.serial);
    tables_.certificate_times.insert(row.created);
    undo_.add([this, serial = row.serial] { erase(serial); });
    if (row.status == CertificateStatus::revoked) count_revocation(row.issuer);
    return true;
  }

  Result<std::optional<CertificateRow>> by_serial(const std::string& serial) override {
    return found(tables_.certificates, serial);
  }

  Result<std::optional<CertificateRow>> by_order(const Id& order) override {
    const auto serial = found(tables_.serial_of_order, order);
    return serial ? found(tables_.certificates, *serial) : std::nullopt;
  }

  Result<bool> update_if(const CertificateRow& row, CertificateStatus expected) override {
    TRY(undo_.check());
    const auto old = found(tables_.certificates, row.serial);
    if (!old || old->status != expected) return false;
    put(row);
    undo_.add([this, old = *old] { put(old); });
    if (row.status == CertificateStatus::revoked) count_revocation(row.issuer);
    return true;
  }

  Result<std::vector<CertificateRow>> with_status(CertificateStatus status, std::size_t count_max) override {
    std::vector<CertificateRow> out;
    for (const auto& serial : first_of(tables_.serials_of_status, status, count_max)) {
      out.push_back(tables_.certificates.at(serial));
    }
    return out;
  }

  Result<std::uint64_t> count() override { return static_cast<std::uint64_t>(tables_.certificates.size()); }

  Result<std::optional<Time>> newest() override {
    if (tables_.certificate_times.empty()) return std::optional<Time>();
    return std::optional(*tables_.certificate_times.rbegin());
  }

  Result<std::vector<CertificateRow>> search(const CertificateFilter& filter,
                                             const std::optional<CertificateCursor>& after,
                                             std::size_t count_max) override {
    std::vector<CertificateRow> out;
    for (const auto& [serial, row] : tables_.certificates) {
      const bool behind = !after || std::pair(row.not_after, serial) < std::pair(after->not_after, after->serial);
      if (behind && fits(row, filter)) out.push_back(row);
    }
    std::ranges::sort(out, std::greater{}, [](const auto& row) { return std::pair(row.not_after, row.serial); });
    if (out.size() > count_max) out.resize(count_max);
    return out;
  }

  Result<std::vector<RevokedRow>> revoked(const std::string& issuer, Time not_after_min, const std::string& after,
                                          std::size_t count_max) override {
    std::vector<RevokedRow> out;
    const auto& serials = tables_.serials_of_status[CertificateStatus::revoked];
    for (auto at = serials.upper_bound(after); at != serials.end() && out.size() < count_max; ++at) {
      const auto& row = tables_.certificates.at(*at);
      if (row.issuer != issuer || row.not_after < not_after_min) continue;
      out.push_back({row.serial, row.revoked_at.value_or(Time{}), row.revocation_reason});
    }
    return out;
  }

  Result<std::uint64_t> revocations(const std::string& issuer) override {
    return found(tables_.revocations, issuer).value_or(0);
  }

  Result<bool> set_replaced_by(const std::string& serial, const Id& order) override {
    TRY(undo_.check());
    auto row = found(tables_.certificates, serial);
    if (!row) return false;
    undo_.add([this, old = *row] { put(old); });
    row->replaced_by = order;
    put(*row);
    return true;
  }

  Result<std::vector<ExpiredRow>> expired(Time before, const std::optional<CertificateCursor>& after,
                                          std::size_t count_max) override {
    std::vector<ExpiredRow> over;
    for (const auto& [serial, row] : tables_.certificates) {
      const bool behind = !after || std::pair(row.not_after, serial) > std::pair(after->not_after, after->serial);
      if (behind && row.not_after < before) over.push_back({serial, row.order, row.not_after});
    }
    std::ranges::sort(over, {}, [](const ExpiredRow& row) { return std::pair(row.not_after, row.serial); });
    if (over.size() > count_max) over.resize(count_max);
    return over;
  }

  Result<void> remove(const std::string& serial) override {
    TRY(undo_.check());
    const auto row = found(tables_.certificates, serial);
    if (!row) return {};
    erase(serial);
    undo_.add([this, row = *row] {
      tables_.serial_of_order.emplace(row.order, row.serial);
      tables_.certificates.emplace(row.serial, row);
      tables_.serials_of_status[row.status].insert(row.serial);
      tables_.certificate_times.insert(row.created);
    });
    return {};
  }

 private:
  void count_revocation(const std::string& issuer) {
    undo_.put(tables_.revocations, issuer, found(tables_.revocations, issuer).value_or(0) + 1);
  }
  static bool fits(const CertificateRow& row, const CertificateFilter& filter) {
    const auto is = [](const std::string& wanted, const std::string& value) {
      return wanted.empty() || wanted == value;
    };
    const bool named = filter.text.empty() || std::ranges::any_of(row.names, [&](const std::string& name) {
                         return name.find(filter.text) != name.npos;
                       });
    const bool in_time = !filter.valid_at || (row.not_before <= *filter.valid_at && row.not_after >= *filter.valid_at);
    return named && in_time && is(filter.account, row.account) && is(filter.issuer, row.issuer) &&
           is(filter.profile, row.profile) && (!filter.status || *filter.status == row.status);
  }
  void erase(const std::string& serial) {
    const auto old = tables_.certificates.extract(serial).mapped();
    tables_.serial_of_order.erase(old.order);
    tables_.serials_of_status[old.status].erase(serial);
    tables_.certificate_times.erase(tables_.certificate_times.find(old.created));
  }
  void put(const CertificateRow& row) {
    auto& stored = tables_.certificates.at(row.serial);
    tables_.serials_of_status[stored.status].erase(row.serial);
    tables_.serials_of_status[row.status].insert(row.serial);
    stored = row;
  }

  Tables& tables_;
  Undo& undo_;
};

class MemoryBlockedKeys final : public BlockedKeys {
 public:
  MemoryBlockedKeys(Tables& tables, Undo& undo) : tables_(tables), undo_(undo) {}

  Result<void> insert(const std::string& spki_sha256, Time) override {
    TRY(undo_.check());
    if (tables_.blocked_keys.insert(spki_sha256).second) {
      undo_.add([this, spki_sha256] { tables_.blocked_keys.erase(spki_sha256); });
    }
    return {};
  }
  Result<bool> contains(const std::string& spki_sha256) override { return tables_.blocked_keys.contains(spki_sha256); }

 private:
  Tables& tables_;
  Undo& undo_;
};

Result<void> run(Tables& tables, bool may_write, const Work& work) {
  Undo undo(may_write);
  MemoryAccounts accounts(tables, undo);
  MemoryOrders orders(tables, undo);
  MemoryAuthorizations authorizations(tables, undo);
  MemoryCertificates certificates(tables, undo);
  MemoryBlockedKeys blocked_keys(tables, undo);
  MemoryOperations operations(tables.operations, undo);
  Tx tx{accounts,
        orders,
        authorizations,
        certificates,
        blocked_keys,
        operations.eab_keys,
        operations.spendings,
        operations.leases,
        operations.issuers,
        operations.crls,
        operations.audit};
  try {
    auto done = work(tx);
    if (!done) undo.roll_back();
    return done;
  } catch (...) {
    undo.roll_back();
    throw;
  }
}

}  // namespace

MemoryStore::MemoryStore() : tables_(std::make_unique<Tables>()) {}
MemoryStore::~MemoryStore() = default;

Result<void> MemoryStore::write(const Work& work) {
  const std::unique_lock lock(mutex_);
  return run(*tables_, true, work);
}

Result<void> MemoryStore::read(const Work& work) {
  const std::shared_lock lock(mutex_);
  return run(*tables_, false, work);
}

}  // namespace crest::ca::store
