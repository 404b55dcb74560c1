#include "adapters/sql_schema.hpp"

#include <array>

namespace crest::adapters {
namespace {

// Each brings a database from the version before to its own, in SQLite's words. What has been released is never changed.
constexpr std::array<std::string_view, schema_version> migrations = {R"sql(
CREATE TABLE accounts (
  id TEXT PRIMARY KEY, thumbprint TEXT NOT NULL UNIQUE, key_spki BLOB NOT NULL, status TEXT NOT NULL,
  contact TEXT NOT NULL, terms_agreed INTEGER NOT NULL, binding TEXT NOT NULL, created INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE orders (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, status TEXT NOT NULL,
  identifiers TEXT NOT NULL, authorizations TEXT NOT NULL, not_before INTEGER, not_after INTEGER,
  profile TEXT NOT NULL, replaces TEXT NOT NULL, error TEXT NOT NULL, serial TEXT NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL
);
CREATE INDEX orders_of_account ON orders (account, number);
CREATE INDEX orders_open ON orders (account, expires) WHERE status = 'pending';
CREATE INDEX orders_processing ON orders (number) WHERE status = 'processing';
CREATE TABLE order_authorizations (
  "authorization" TEXT NOT NULL, order_id TEXT NOT NULL, PRIMARY KEY ("authorization", order_id)
) WITHOUT ROWID;
CREATE TABLE authorizations (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, wildcard INTEGER NOT NULL,
  status TEXT NOT NULL, token TEXT NOT NULL, key_authorization TEXT NOT NULL, challenges TEXT NOT NULL,
  processing INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX authorizations_processing ON authorizations (created) WHERE processing = 1;
CREATE INDEX authorizations_valid ON authorizations (account, value, type, wildcard) WHERE status = 'valid';
CREATE TABLE certificates (
  serial TEXT PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, status TEXT NOT NULL,
  tbs_sha256 TEXT NOT NULL, der BLOB NOT NULL, issuer TEXT NOT NULL, created INTEGER NOT NULL,
  not_after INTEGER NOT NULL, revoked_at INTEGER, revocation_reason INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX certificates_unsettled ON certificates (status, created) WHERE status <> 'issued';
CREATE TABLE blocked_keys (spki_sha256 TEXT PRIMARY KEY, blocked INTEGER NOT NULL) WITHOUT ROWID;
)sql",
                                                                     R"sql(
CREATE INDEX certificates_by_time ON certificates (created);
)sql",
                                                                     R"sql(
ALTER TABLE order_authorizations RENAME COLUMN "authorization" TO authorization_id;
CREATE INDEX authorizations_of_order ON order_authorizations (order_id);
CREATE INDEX orders_unissued ON orders (expires) WHERE serial = '';
DROP INDEX certificates_unsettled;
CREATE INDEX certificates_signing ON certificates (created) WHERE status = 'signing';
CREATE INDEX certificates_revoked ON certificates (issuer, serial) WHERE status = 'revoked';
ALTER TABLE accounts ADD COLUMN eab_key TEXT NOT NULL DEFAULT '';
CREATE INDEX authorizations_by_end ON authorizations (expires);
ALTER TABLE certificates ADD COLUMN names TEXT NOT NULL DEFAULT '';
ALTER TABLE certificates ADD COLUMN not_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE certificates ADD COLUMN profile TEXT NOT NULL DEFAULT '';
ALTER TABLE certificates ADD COLUMN replaced_by TEXT NOT NULL DEFAULT '';
CREATE INDEX certificates_by_end ON certificates (not_after);
CREATE TABLE eab_keys (
  id TEXT PRIMARY KEY, label TEXT NOT NULL, mac_key BLOB NOT NULL, allow TEXT NOT NULL, profiles TEXT NOT NULL,
  accounts_max INTEGER NOT NULL, accounts INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER, revoked INTEGER
) WITHOUT ROWID;
CREATE TABLE spendings (subject TEXT PRIMARY KEY, full_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX spendings_by_end ON spendings (full_at);
CREATE TABLE leases (
  name TEXT PRIMARY KEY, holder TEXT NOT NULL, fence INTEGER NOT NULL, until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE issuers (
  id TEXT PRIMARY KEY, chain TEXT NOT NULL, root TEXT NOT NULL, first_seen INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE crls (
  issuer TEXT NOT NULL, part INTEGER NOT NULL, number INTEGER NOT NULL, this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL, der BLOB NOT NULL, PRIMARY KEY (issuer, part)
) WITHOUT ROWID;
CREATE TABLE audit (
  chain TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (chain, number)
) WITHOUT ROWID;
)sql",
                                                                     R"sql(
ALTER TABLE crls ADD COLUMN revocations INTEGER NOT NULL DEFAULT 0;
CREATE TABLE revocation_counts (issuer TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
)sql",
                                                                     R"sql(
ALTER TABLE accounts ADD COLUMN terms TEXT NOT NULL DEFAULT '';
DROP INDEX authorizations_of_order;
ALTER TABLE certificates RENAME TO certificates_4;
CREATE TABLE certificates (
  number INTEGER PRIMARY KEY, serial TEXT NOT NULL, order_id TEXT NOT NULL, account TEXT NOT NULL,
  status TEXT NOT NULL, tbs_sha256 TEXT NOT NULL, der BLOB NOT NULL, issuer TEXT NOT NULL, created INTEGER NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, names TEXT NOT NULL, profile TEXT NOT NULL,
  revoked_at INTEGER, revocation_reason INTEGER NOT NULL, replaced_by TEXT NOT NULL
);
INSERT INTO certificates (serial, order_id, account, status, tbs_sha256, der, issuer, created, not_before, not_after,
  names, profile, revoked_at, revocation_reason, replaced_by)
SELECT serial, order_id, account, status, tbs_sha256, der, issuer, created, not_before, not_after, names, profile,
  revoked_at, revocation_reason, replaced_by FROM certificates_4 ORDER BY created;
DROP TABLE certificates_4;
CREATE UNIQUE INDEX certificates_by_serial ON certificates (serial);
CREATE UNIQUE INDEX certificates_by_order ON certificates (order_id);
CREATE INDEX certificates_by_time ON certificates (created);
CREATE INDEX certificates_by_end ON certificates (not_after, serial);
CREATE INDEX certificates_signing ON certificates (created) WHERE status = 'signing';
CREATE INDEX certificates_revoked ON certificates (issuer, serial) WHERE status = 'revoked';
)sql",
                                                                     R"sql(
ALTER TABLE orders ADD COLUMN node TEXT NOT NULL DEFAULT '';
ALTER TABLE authorizations ADD COLUMN node TEXT NOT NULL DEFAULT '';
)sql"};

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string in_dialect(std::string_view sql, SqlDialect dialect) {
  std::string text(sql);
  if (dialect == SqlDialect::sqlite) return text;
  replace_all(text, " WITHOUT ROWID", "");
  replace_all(text, " BLOB", " BYTEA");
  replace_all(text, " INTEGER PRIMARY KEY", " BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY");
  replace_all(text, " INTEGER", " BIGINT");
  return text;
}

Result<int> version_of(SqlConnection& connection, SqlDialect dialect) {
  if (dialect == SqlDialect::postgres) {
    TRY(connection.execute("SELECT pg_advisory_xact_lock(7381003514)"));  // others wait here, and find it done
    TRY(connection.execute("CREATE TABLE IF NOT EXISTS crest_schema (version BIGINT NOT NULL)"));
  }
  SqlQuery query(connection,
                 dialect == SqlDialect::sqlite ? "PRAGMA user_version" : "SELECT version FROM crest_schema");
  const bool there = TRY(query.row());
  return there ? static_cast<int>(query.integer(0)) : 0;
}

Result<void> set_version(SqlConnection& connection, SqlDialect dialect, int version) {
  const std::string number = std::to_string(version);
  const std::string sql = dialect == SqlDialect::sqlite
                              ? "PRAGMA user_version = " + number
                              : "DELETE FROM crest_schema; INSERT INTO crest_schema VALUES (" + number + ")";
  return connection.execute(sql.c_str());
}

Result<void> bring_to(SqlConnection& connection, SqlDialect dialect, int wanted) {
  const int found = TRY(version_of(connection, dialect));
  if (found > wanted) {
    return make_error(ErrorKind::storage, "the database has the format of version " + std::to_string(found) +
                                              ", this program knows " + std::to_string(wanted) +
                                              "; run the newer crest-ca");
  }
  if (found == wanted) return {};
  for (int version = found; version < wanted; ++version) {
    const std::string sql = in_dialect(migrations[static_cast<std::size_t>(version)], dialect);
    TRY(connection.execute(sql.c_str()));
  }
  return set_version(connection, dialect, wanted);
}

}  // namespace

Result<void> migrate_to(SqlConnection& connection, SqlDialect dialect, int version) {
  TRY(connection.begin(dialect == SqlDialect::sqlite ? "BEGIN IMMEDIATE" : "BEGIN"));
  Result<void> done = bring_to(connection, dialect, version);
  if (done) done = connection.commit();
  if (!done) connection.roll_back();
  return done;
}

Result<void> migrate(SqlConnection& connection, SqlDialect dialect) {
  return migrate_to(connection, dialect, schema_version);
}

}  // namespace crest::adapters
