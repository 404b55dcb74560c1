#include "adapters/sql_repositories.hpp"
#include "adapters/sql_text.hpp"

namespace crest::adapters {
namespace {

using namespace ca::store;

class SqlEabKeys final : public EabKeys {
 public:
  explicit SqlEabKeys(SqlConnection& connection) : connection_(connection) {}

  Result<bool> insert(const EabKeyRow& row) override {
    const std::string allow = joined_words(row.allow), profiles = joined_words(row.profiles);
    SqlQuery query(connection_,
                   "INSERT INTO eab_keys (id, label, mac_key, allow, profiles, accounts_max, accounts, created, "
                   "expires, revoked) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING");
    query.bind(row.id).bind(row.label).bind(ByteView(row.mac_key)).bind(allow).bind(profiles);
    query.bind(std::int64_t{row.accounts_max}).bind(std::int64_t{row.accounts}).bind(milliseconds(row.created));
    const std::uint64_t changed = TRY(query.bind(row.expires).bind(row.revoked).run());
    return changed == 1;
  }
  Result<std::optional<EabKeyRow>> by_id(const std::string& id) override {
    SqlQuery query(connection_,
                   "SELECT id, label, mac_key, allow, profiles, accounts_max, accounts, created, expires, revoked "
                   "FROM eab_keys WHERE id = ?");
    query.bind(id);
    return row_of(query, read);
  }
  Result<bool> update(const EabKeyRow& row) override {
    const std::string allow = joined_words(row.allow), profiles = joined_words(row.profiles);
    SqlQuery query(connection_,
                   "UPDATE eab_keys SET label = ?, allow = ?, profiles = ?, accounts_max = ?, accounts = ?, "
                   "expires = ?, revoked = ? WHERE id = ?");
    query.bind(row.label).bind(allow).bind(profiles).bind(std::int64_t{row.accounts_max});
    query.bind(std::int64_t{row.accounts}).bind(row.expires).bind(row.revoked);
    const std::uint64_t changed = TRY(query.bind(row.id).run());
    return changed == 1;
  }
  Result<std::vector<EabKeyRow>> list(const std::string& after, std::size_t count_max) override {
    SqlQuery query(connection_,
                   "SELECT id, label, mac_key, allow, profiles, accounts_max, accounts, created, expires, revoked "
                   "FROM eab_keys WHERE id > ? ORDER BY id LIMIT ?");
    query.bind(after).bind(limit(count_max));
    return rows_of(query, read);
  }

 private:
  static EabKeyRow read(const SqlQuery& query) {
    return {.id = query.text(0),
            .label = query.text(1),
            .mac_key = query.blob(2),
            .allow = words_of(query.text(3)),
            .profiles = words_of(query.text(4)),
            .accounts_max = static_cast<std::uint32_t>(query.integer(5)),
            .accounts = static_cast<std::uint32_t>(query.integer(6)),
            .created = query.time(7),
            .expires = query.optional_time(8),
            .revoked = query.optional_time(9)};
  }
  SqlConnection& connection_;
};

class SqlSpendings final : public Spendings {
 public:
  explicit SqlSpendings(SqlConnection& connection) : connection_(connection) {}

  Result<std::optional<Time>> full_at(const std::string& key) override {
    SqlQuery query(connection_, "SELECT full_at FROM spendings WHERE subject = ?");
    query.bind(key);
    return row_of(query, [](const SqlQuery& row) { return row.time(0); });
  }
  Result<void> put(const std::string& key, Time full_at) override {
    SqlQuery query(connection_,
                   "INSERT INTO spendings (subject, full_at) VALUES (?,?) "
                   "ON CONFLICT (subject) DO UPDATE SET full_at = excluded.full_at");
    TRY(query.bind(key).bind(milliseconds(full_at)).run());
    return {};
  }
  Result<std::uint64_t> remove_full(Time now, std::size_t count_max) override {
    SqlQuery query(connection_,
                   "DELETE FROM spendings WHERE subject IN "
                   "(SELECT subject FROM spendings WHERE full_at <= ? ORDER BY full_at LIMIT ?)");
    return query.bind(milliseconds(now)).bind(limit(count_max)).run();
  }

 private:
  SqlConnection& connection_;
};

class SqlLeases final : public Leases {
 public:
  explicit SqlLeases(SqlConnection& connection) : connection_(connection) {}

  Result<Time> time(Time local) override {
    const char* sql = connection_.clock();
    if (!sql) return local;
    SqlQuery query(connection_, sql);
    TRY(query.row());
    return query.time(0);
  }

  Result<std::optional<std::uint64_t>> take(const std::string& name, const std::string& holder, Time now,
                                            Time until) override {
    SqlQuery kept(connection_, "UPDATE leases SET until = ? WHERE name = ? AND holder = ? AND until > ?");
    const std::uint64_t renewed =
        TRY(kept.bind(milliseconds(until)).bind(name).bind(holder).bind(milliseconds(now)).run());
    if (renewed == 0) {
      SqlQuery taken(connection_,
                     "INSERT INTO leases (name, holder, fence, until) VALUES (?1, ?2, 1, ?3) ON CONFLICT (name) DO "
                     "UPDATE SET holder = excluded.holder, fence = leases.fence + 1, until = excluded.until "
                     "WHERE leases.until <= ?4");
      const std::uint64_t changed =
          TRY(taken.bind(name).bind(holder).bind(milliseconds(until)).bind(milliseconds(now)).run());
      if (changed == 0) return std::optional<std::uint64_t>();
    }
    const std::uint64_t fence = TRY(fence_of(name));
    return std::optional(fence);
  }
  Result<bool> is_current(const std::string& name, std::uint64_t fence) override {
    const std::uint64_t last = TRY(fence_of(name));
    return last == fence;
  }
  Result<std::vector<LeaseRow>> all() override {
    SqlQuery query(connection_, "SELECT name, holder, fence, until FROM leases ORDER BY name");
    return rows_of(query, [](const SqlQuery& row) {
      return LeaseRow{row.text(0), row.text(1), static_cast<std::uint64_t>(row.integer(2)), row.time(3)};
    });
  }

 private:
  Result<std::uint64_t> fence_of(const std::string& name) {
    SqlQuery query(connection_, "SELECT fence FROM leases WHERE name = ?");
    query.bind(name);
    const bool found = TRY(query.row());
    return found ? static_cast<std::uint64_t>(query.integer(0)) : 0;
  }
  SqlConnection& connection_;
};

class SqlIssuers final : public Issuers {
 public:
  explicit SqlIssuers(SqlConnection& connection) : connection_(connection) {}

  Result<void> put(const IssuerRow& row) override {
    SqlQuery query(connection_,
                   "INSERT INTO issuers (id, chain, root, first_seen) VALUES (?,?,?,?) ON CONFLICT DO NOTHING");
    TRY(query.bind(row.id).bind(row.chain_pem).bind(row.root_pem).bind(milliseconds(row.first_seen)).run());
    return {};
  }
  Result<std::optional<IssuerRow>> by_id(const std::string& id) override {
    SqlQuery query(connection_, "SELECT id, chain, root, first_seen FROM issuers WHERE id = ?");
    query.bind(id);
    return row_of(query, read);
  }
  Result<std::vector<IssuerRow>> all() override {
    SqlQuery query(connection_, "SELECT id, chain, root, first_seen FROM issuers ORDER BY first_seen, id");
    return rows_of(query, read);
  }

 private:
  static IssuerRow read(const SqlQuery& query) { return {query.text(0), query.text(1), query.text(2), query.time(3)}; }
  SqlConnection& connection_;
};

class SqlCrls final : public Crls {
 public:
  explicit SqlCrls(SqlConnection& connection) : connection_(connection) {}

  Result<bool> put(const CrlRow& row) override {
    SqlQuery query(connection_,
                   "INSERT INTO crls (issuer, part, number, this_update, next_update, revocations, der) "
                   "VALUES (?,?,?,?,?,?,?) ON CONFLICT (issuer, part) DO UPDATE SET number = excluded.number, "
                   "this_update = excluded.this_update, next_update = excluded.next_update, "
                   "revocations = excluded.revocations, der = excluded.der WHERE crls.number < excluded.number");
    query.bind(row.issuer).bind(std::int64_t{row.partition}).bind(static_cast<std::int64_t>(row.number));
    query.bind(milliseconds(row.this_update)).bind(milliseconds(row.next_update));
    query.bind(static_cast<std::int64_t>(row.revocations));
    const std::uint64_t changed = TRY(query.bind(ByteView(row.der)).run());
    return changed == 1;
  }
  Result<std::optional<CrlRow>> latest(const std::string& issuer, std::uint32_t partition) override {
    SqlQuery query(connection_,
                   "SELECT issuer, part, number, this_update, next_update, revocations, der FROM crls "
                   "WHERE issuer = ? AND part = ?");
    query.bind(issuer).bind(std::int64_t{partition});
    return row_of(query, [](const SqlQuery& row) {
      CrlRow list = read_head(row);
      list.der = row.blob(6);
      return list;
    });
  }
  Result<std::vector<CrlRow>> heads(const std::string& issuer) override {
    SqlQuery query(connection_,
                   "SELECT issuer, part, number, this_update, next_update, revocations FROM crls WHERE issuer = ? "
                   "ORDER BY part");
    query.bind(issuer);
    return rows_of(query, read_head);
  }

 private:
  static CrlRow read_head(const SqlQuery& query) {
    return {.issuer = query.text(0),
            .partition = static_cast<std::uint32_t>(query.integer(1)),
            .number = static_cast<std::uint64_t>(query.integer(2)),
            .this_update = query.time(3),
            .next_update = query.time(4),
            .revocations = static_cast<std::uint64_t>(query.integer(5))};
  }
  SqlConnection& connection_;
};

class SqlAuditLog final : public AuditLog {
 public:
  explicit SqlAuditLog(SqlConnection& connection) : connection_(connection) {}

  Result<std::optional<AuditRow>> last(const std::string& chain) override {
    SqlQuery query(connection_,
                   "SELECT chain, number, text, digest FROM audit WHERE chain = ? ORDER BY number DESC LIMIT 1");
    query.bind(chain);
    return row_of(query, read);
  }
  Result<void> append(const AuditRow& row) override {
    SqlQuery query(connection_, "INSERT INTO audit (chain, number, text, digest) VALUES (?,?,?,?)");
    query.bind(row.chain).bind(static_cast<std::int64_t>(row.number)).bind(row.text);
    TRY(query.bind(row.digest).run());
    return {};
  }
  Result<std::vector<AuditRow>> list(const std::string& chain, std::uint64_t after, std::size_t count_max) override {
    SqlQuery query(connection_,
                   "SELECT chain, number, text, digest FROM audit WHERE chain = ? AND number > ? "
                   "ORDER BY number LIMIT ?");
    query.bind(chain).bind(static_cast<std::int64_t>(after)).bind(limit(count_max));
    return rows_of(query, read);
  }
  Result<std::vector<std::string>> chains() override {
    SqlQuery query(connection_, "SELECT DISTINCT chain FROM audit ORDER BY chain");
    return texts_of(query);
  }

 private:
  static AuditRow read(const SqlQuery& query) {
    return {query.text(0), static_cast<std::uint64_t>(query.integer(1)), query.text(2), query.text(3)};
  }
  SqlConnection& connection_;
};

}  // namespace

std::unique_ptr<EabKeys> make_sql_eab_keys(SqlConnection& connection) {
  return std::make_unique<SqlEabKeys>(connection);
}
std::unique_ptr<Spendings> make_sql_spendings(SqlConnection& connection) {
  return std::make_unique<SqlSpendings>(connection);
}
std::unique_ptr<Leases> make_sql_leases(SqlConnection& connection) { return std::make_unique<SqlLeases>(connection); }
std::unique_ptr<Issuers> make_sql_issuers(SqlConnection& connection) {
  return std::make_unique<SqlIssuers>(connection);
}
std::unique_ptr<Crls> make_sql_crls(SqlConnection& connection) { return std::make_unique<SqlCrls>(connection); }
std::unique_ptr<AuditLog> make_sql_audit_log(SqlConnection& connection) {
  return std::make_unique<SqlAuditLog>(connection);
}

}  // namespace crest::adapters
