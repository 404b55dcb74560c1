#include "adapters/sql_repositories.hpp"
#include "adapters/sql_text.hpp"

namespace crest::adapters {
namespace {

using namespace ca::store;

class SqlAccounts final : public Accounts {
 public:
  explicit SqlAccounts(SqlConnection& connection) : connection_(connection) {}

  Result<bool> insert(const AccountRow& row) override {
    const std::string contact = joined_words(row.contact);
    SqlQuery query(connection_,
                   "INSERT INTO accounts (id, thumbprint, key_spki, status, contact, terms_agreed, binding, eab_key, "
                   "created, terms) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING");
    query.bind(row.id).bind(row.thumbprint).bind(ByteView(row.key_spki)).bind(acme::to_string(row.status));
    query.bind(contact).bind(std::int64_t(row.terms_agreed)).bind(row.binding_json).bind(row.eab_key);
    const std::uint64_t changed = TRY(query.bind(milliseconds(row.created)).bind(row.terms).run());
    return changed == 1;
  }
  Result<std::optional<AccountRow>> by_id(const Id& id) override {
    SqlQuery query(connection_,
                   "SELECT id, thumbprint, key_spki, status, contact, terms_agreed, binding, eab_key, created, terms "
                   "FROM accounts WHERE id = ?");
    return row_of(query.bind(id), read);
  }
  Result<std::optional<AccountRow>> by_thumbprint(const std::string& thumbprint) override {
    SqlQuery query(connection_,
                   "SELECT id, thumbprint, key_spki, status, contact, terms_agreed, binding, eab_key, created, terms "
                   "FROM accounts WHERE thumbprint = ?");
    return row_of(query.bind(thumbprint), read);
  }
  Result<bool> update(const AccountRow& row) override {
    const std::string contact = joined_words(row.contact);
    SqlQuery query(connection_,
                   "UPDATE accounts SET thumbprint = ?1, key_spki = ?2, status = ?3, contact = ?4, terms_agreed = ?5, "
                   "binding = ?6, eab_key = ?7, terms = ?8 WHERE id = ?9 AND NOT EXISTS "
                   "(SELECT 1 FROM accounts AS other WHERE other.thumbprint = ?1 AND other.id <> ?9)");
    query.bind(row.thumbprint).bind(ByteView(row.key_spki)).bind(acme::to_string(row.status)).bind(contact);
    query.bind(std::int64_t(row.terms_agreed)).bind(row.binding_json).bind(row.eab_key).bind(row.terms);
    const std::uint64_t changed = TRY(query.bind(row.id).run());
    return changed == 1;
  }

 private:
  static AccountRow read(const SqlQuery& query) {
    AccountRow row;
    row.id = query.text(0);
    row.thumbprint = query.text(1);
    row.key_spki = query.blob(2);
    using enum acme::AccountStatus;
    row.status = from_word(query.text(3), {revoked, acme::AccountStatus::valid, deactivated});
    row.contact = words_of(query.text(4));
    row.terms_agreed = query.integer(5) != 0;
    row.binding_json = query.text(6);
    row.eab_key = query.text(7);
    row.created = query.time(8);
    row.terms = query.text(9);
    return row;
  }
  SqlConnection& connection_;
};

class SqlBlockedKeys final : public BlockedKeys {
 public:
  explicit SqlBlockedKeys(SqlConnection& connection) : connection_(connection) {}

  Result<void> insert(const std::string& spki_sha256, Time when) override {
    SqlQuery query(connection_, "INSERT INTO blocked_keys (spki_sha256, blocked) VALUES (?,?) ON CONFLICT DO NOTHING");
    TRY(query.bind(spki_sha256).bind(milliseconds(when)).run());
    return {};
  }
  Result<bool> contains(const std::string& spki_sha256) override {
    SqlQuery query(connection_, "SELECT 1 FROM blocked_keys WHERE spki_sha256 = ?");
    return query.bind(spki_sha256).row();
  }

 private:
  SqlConnection& connection_;
};

}  // namespace

std::unique_ptr<Accounts> make_sql_accounts(SqlConnection& connection) {
  return std::make_unique<SqlAccounts>(connection);
}
std::unique_ptr<BlockedKeys> make_sql_blocked_keys(SqlConnection& connection) {
  return std::make_unique<SqlBlockedKeys>(connection);
}

}  // namespace crest::adapters
