#include "adapters/sqlite_tables.hpp"

#include <algorithm>
#include <initializer_list>

#include "encoding/json.hpp"

namespace crest::adapters {
namespace {

using namespace ca::store;
using encoding::Json;

constexpr std::int64_t schema_version = 2;
constexpr const char* schema = R"sql(
BEGIN IMMEDIATE;
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
  authorization TEXT NOT NULL, order_id TEXT NOT NULL, PRIMARY KEY (authorization, order_id)
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
CREATE INDEX certificates_by_time ON certificates (created);
CREATE TABLE blocked_keys (spki_sha256 TEXT PRIMARY KEY, blocked INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = 2;
COMMIT;
)sql";
constexpr const char* from_version_1 = R"sql(
BEGIN IMMEDIATE;
CREATE INDEX certificates_by_time ON certificates (created);
PRAGMA user_version = 2;
COMMIT;
)sql";

// The enumerator whose word this is; the first when none fits, which the schema's own writer cannot cause.
template <typename Enum>
Enum from_word(std::string_view word, std::initializer_list<Enum> all) {
  const auto at = std::find_if(all.begin(), all.end(), [&](Enum value) { return acme::to_string(value) == word; });
  return at == all.end() ? *all.begin() : *at;
}

constexpr std::string_view certificate_words[] = {"signing", "issued", "revoked"};
std::string_view word_of(CertificateStatus status) { return certificate_words[static_cast<std::size_t>(status)]; }
CertificateStatus certificate_status(std::string_view word) {
  const auto at = std::find(std::begin(certificate_words), std::end(certificate_words), word);
  return static_cast<CertificateStatus>(at - std::begin(certificate_words));
}

acme::OrderStatus order_status_of(std::string_view word) {
  using enum acme::OrderStatus;
  return from_word(word, {pending, ready, processing, valid, invalid});
}
acme::AuthorizationStatus authorization_status_of(std::string_view word) {
  using enum acme::AuthorizationStatus;
  return from_word(word, {pending, acme::AuthorizationStatus::valid, invalid, deactivated, expired, revoked});
}
acme::IdentifierType identifier_type(std::string_view word) {
  return from_word(word, {acme::IdentifierType::dns, acme::IdentifierType::ip});
}

std::string pack_identifiers(const std::vector<acme::Identifier>& identifiers) {  // "dns app.example ip 10.0.0.1"
  std::string text;
  for (const acme::Identifier& identifier : identifiers) {
    if (!text.empty()) text += ' ';
    text += std::string(acme::to_string(identifier.type)) + ' ' + identifier.value;
  }
  return text;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t space = std::min(text.find(' ', from), text.size());
    words.push_back(text.substr(from, space - from));
    from = space + 1;
  }
  return words;
}

std::vector<acme::Identifier> unpack_identifiers(const std::string& text) {
  const std::vector<std::string> words = words_of(text);
  std::vector<acme::Identifier> identifiers;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    identifiers.push_back({identifier_type(words[i]), words[i + 1]});
  }
  return identifiers;
}

std::string joined_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string pack_challenges(const std::vector<ChallengeRow>& challenges) {
  Json list = Json::array();
  for (const ChallengeRow& challenge : challenges) {
    Json item = Json::object();
    item.set("method", challenge.method).set("status", acme::to_string(challenge.status));
    if (challenge.validated) {
      item.set("validated", static_cast<std::int64_t>(challenge.validated->time_since_epoch().count()));
    }
    if (!challenge.error_json.empty()) item.set("error", challenge.error_json);
    list.push(std::move(item));
  }
  return list.dump();
}

Result<std::vector<ChallengeRow>> unpack_challenges(const std::string& text) {
  const Json list = TRY(Json::parse(text));
  std::vector<ChallengeRow> challenges;
  if (!list.as_array()) return challenges;
  for (const Json& item : *list.as_array()) {
    const encoding::JsonReader reader = TRY(encoding::JsonReader::of(item));
    ChallengeRow row;
    row.method = TRY(reader.string("method"));
    const std::string status = TRY(reader.string("status"));
    using enum acme::ChallengeStatus;
    row.status = from_word(status, {pending, processing, acme::ChallengeStatus::valid, invalid});
    const std::optional<std::int64_t> validated = TRY(reader.optional_integer("validated"));
    if (validated) row.validated = Time(Duration(*validated));
    const std::optional<std::string> error = TRY(reader.optional_string("error"));
    row.error_json = error.value_or("");
    challenges.push_back(std::move(row));
  }
  return challenges;
}

bool is_processing(const AuthorizationRow& row) {
  return std::any_of(row.challenges.begin(), row.challenges.end(), [](const ChallengeRow& challenge) {
    return challenge.status == acme::ChallengeStatus::processing;
  });
}

Result<std::vector<Id>> ids_of(SqliteQuery& query) {
  std::vector<Id> ids;
  while (true) {
    const bool more = TRY(query.row());
    if (!more) return ids;
    ids.push_back(query.text(0));
  }
}

std::int64_t milliseconds(Time time) { return time.time_since_epoch().count(); }

class SqliteAccounts final : public Accounts {
 public:
  explicit SqliteAccounts(SqliteConnection& connection) : connection_(connection) {}

  Result<bool> insert(const AccountRow& row) override {
    const std::string contact = joined_words(row.contact);
    SqliteQuery query(connection_, "INSERT OR IGNORE INTO accounts VALUES (?,?,?,?,?,?,?,?)");
    query.bind(row.id).bind(row.thumbprint).bind(ByteView(row.key_spki)).bind(acme::to_string(row.status));
    query.bind(contact).bind(std::int64_t(row.terms_agreed)).bind(row.binding_json).bind(milliseconds(row.created));
    const std::uint64_t changed = TRY(query.run());
    return changed == 1;
  }
  Result<std::optional<AccountRow>> by_id(const Id& id) override {
    SqliteQuery query(connection_,
                      "SELECT id, thumbprint, key_spki, status, contact, terms_agreed, binding, created "
                      "FROM accounts WHERE id = ?");
    return one(query.bind(id));
  }
  Result<std::optional<AccountRow>> by_thumbprint(const std::string& thumbprint) override {
    SqliteQuery query(connection_,
                      "SELECT id, thumbprint, key_spki, status, contact, terms_agreed, binding, created "
                      "FROM accounts WHERE thumbprint = ?");
    return one(query.bind(thumbprint));
  }
  Result<bool> update(const AccountRow& row) override {
    const std::string contact = joined_words(row.contact);
    SqliteQuery query(connection_,
                      "UPDATE OR IGNORE accounts SET thumbprint = ?, key_spki = ?, status = ?, contact = ?, "
                      "terms_agreed = ?, binding = ? WHERE id = ?");
    query.bind(row.thumbprint).bind(ByteView(row.key_spki)).bind(acme::to_string(row.status)).bind(contact);
    query.bind(std::int64_t(row.terms_agreed)).bind(row.binding_json).bind(row.id);
    const std::uint64_t changed = TRY(query.run());
    return changed == 1;
  }

 private:
  static Result<std::optional<AccountRow>> one(SqliteQuery& query) {
    const bool found = TRY(query.row());
    if (!found) return std::optional<AccountRow>();
    AccountRow row;
    row.id = query.text(0);
    row.thumbprint = query.text(1);
    row.key_spki = query.blob(2);
    using enum acme::AccountStatus;
    row.status = from_word(query.text(3), {acme::AccountStatus::valid, deactivated, revoked});
    row.contact = words_of(query.text(4));
    row.terms_agreed = query.integer(5) != 0;
    row.binding_json = query.text(6);
    row.created = query.time(7);
    return std::optional<AccountRow>(std::move(row));
  }
  SqliteConnection& connection_;
};

class SqliteOrders final : public Orders {
 public:
  explicit SqliteOrders(SqliteConnection& connection) : connection_(connection) {}

  Result<void> insert(const OrderRow& row) override {
    const std::string identifiers = pack_identifiers(row.identifiers);
    const std::string authorizations = joined_words(row.authorizations);
    SqliteQuery query(connection_, "INSERT INTO orders VALUES (NULL,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    query.bind(row.id).bind(row.account).bind(acme::to_string(row.status)).bind(identifiers).bind(authorizations);
    query.bind(row.not_before).bind(row.not_after).bind(row.profile).bind(row.replaces).bind(row.error_json);
    query.bind(row.serial).bind(milliseconds(row.created)).bind(milliseconds(row.expires));
    TRY(query.run());
    for (const Id& authorization : row.authorizations) {
      SqliteQuery link(connection_, "INSERT INTO order_authorizations VALUES (?,?)");
      TRY(link.bind(authorization).bind(row.id).run());
    }
    return {};
  }
  Result<std::optional<OrderRow>> by_id(const Id& id) override {
    SqliteQuery query(connection_,
                      "SELECT id, account, status, identifiers, authorizations, not_before, not_after, profile, "
                      "replaces, error, serial, created, expires FROM orders WHERE id = ?");
    query.bind(id);
    const bool found = TRY(query.row());
    if (!found) return std::optional<OrderRow>();
    OrderRow row;
    row.id = query.text(0);
    row.account = query.text(1);
    row.status = order_status_of(query.text(2));
    row.identifiers = unpack_identifiers(query.text(3));
    row.authorizations = words_of(query.text(4));
    row.not_before = query.optional_time(5);
    row.not_after = query.optional_time(6);
    row.profile = query.text(7);
    row.replaces = query.text(8);
    row.error_json = query.text(9);
    row.serial = query.text(10);
    row.created = query.time(11);
    row.expires = query.time(12);
    return std::optional<OrderRow>(std::move(row));
  }
  Result<bool> update_if(const OrderRow& row, acme::OrderStatus expected) override {  // the rest never changes (ORD-08)
    SqliteQuery query(connection_, "UPDATE orders SET status = ?, error = ?, serial = ? WHERE id = ? AND status = ?");
    query.bind(acme::to_string(row.status)).bind(row.error_json).bind(row.serial).bind(row.id);
    const std::uint64_t changed = TRY(query.bind(acme::to_string(expected)).run());
    return changed == 1;
  }
  Result<std::vector<Id>> by_account(const Id& account, const Id& after, std::size_t count_max) override {
    SqliteQuery query(connection_,
                      "SELECT id FROM orders WHERE account = ?1 AND (?2 = '' OR number < "
                      "(SELECT number FROM orders WHERE id = ?2 AND account = ?1)) ORDER BY number DESC LIMIT ?3");
    return ids_of(query.bind(account).bind(after).bind(static_cast<std::int64_t>(count_max)));
  }
  Result<std::uint64_t> count_open(const Id& account, Time now) override {
    SqliteQuery query(connection_,
                      "SELECT count(*) FROM orders WHERE account = ? AND status = 'pending' AND expires > ?");
    TRY(query.bind(account).bind(milliseconds(now)).row());
    return static_cast<std::uint64_t>(query.integer(0));
  }
  Result<std::vector<Id>> open_of(const Id& account, Time now, std::size_t count_max) override {
    SqliteQuery query(connection_,
                      "SELECT id FROM orders WHERE account = ? AND status = 'pending' AND expires > ? LIMIT ?");
    return ids_of(query.bind(account).bind(milliseconds(now)).bind(static_cast<std::int64_t>(count_max)));
  }
  Result<std::vector<Id>> with_authorization(const Id& authorization) override {
    SqliteQuery query(connection_, "SELECT order_id FROM order_authorizations WHERE authorization = ?");
    return ids_of(query.bind(authorization));
  }
  Result<std::vector<Id>> with_status(acme::OrderStatus status, std::size_t count_max) override {
    if (status == acme::OrderStatus::processing) {  // the index that a restart reads
      SqliteQuery query(connection_, "SELECT id FROM orders WHERE status = 'processing' ORDER BY number LIMIT ?");
      return ids_of(query.bind(static_cast<std::int64_t>(count_max)));
    }
    SqliteQuery query(connection_, "SELECT id FROM orders WHERE status = ? ORDER BY number LIMIT ?");
    return ids_of(query.bind(acme::to_string(status)).bind(static_cast<std::int64_t>(count_max)));
  }

 private:
  SqliteConnection& connection_;
};

class SqliteAuthorizations final : public Authorizations {
 public:
  explicit SqliteAuthorizations(SqliteConnection& connection) : connection_(connection) {}

  Result<void> insert(const AuthorizationRow& row) override {
    const std::string challenges = pack_challenges(row.challenges);
    SqliteQuery query(connection_, "INSERT INTO authorizations VALUES (?,?,?,?,?,?,?,?,?,?,?,?)");
    query.bind(row.id).bind(row.account).bind(acme::to_string(row.identifier.type)).bind(row.identifier.value);
    query.bind(std::int64_t(row.wildcard)).bind(acme::to_string(row.status)).bind(row.token);
    query.bind(row.key_authorization).bind(challenges).bind(std::int64_t(is_processing(row)));
    TRY(query.bind(milliseconds(row.created)).bind(milliseconds(row.expires)).run());
    return {};
  }
  Result<std::optional<AuthorizationRow>> by_id(const Id& id) override {
    SqliteQuery query(connection_,
                      "SELECT id, account, type, value, wildcard, status, token, key_authorization, challenges, "
                      "created, expires FROM authorizations WHERE id = ?");
    return one(query.bind(id));
  }
  Result<bool> update_if(const AuthorizationRow& row, acme::AuthorizationStatus expected) override {
    const std::string challenges = pack_challenges(row.challenges);
    SqliteQuery query(connection_,
                      "UPDATE authorizations SET status = ?, key_authorization = ?, challenges = ?, processing = ?, "
                      "expires = ? WHERE id = ? AND status = ?");
    query.bind(acme::to_string(row.status)).bind(row.key_authorization).bind(challenges);
    query.bind(std::int64_t(is_processing(row))).bind(milliseconds(row.expires)).bind(row.id);
    const std::uint64_t changed = TRY(query.bind(acme::to_string(expected)).run());
    return changed == 1;
  }
  Result<std::vector<Id>> with_processing_challenge(std::size_t count_max) override {
    SqliteQuery query(connection_, "SELECT id FROM authorizations WHERE processing = 1 ORDER BY created LIMIT ?");
    return ids_of(query.bind(static_cast<std::int64_t>(count_max)));
  }
  Result<std::optional<AuthorizationRow>> find_valid(const Id& account, const acme::Identifier& identifier,
                                                     bool wildcard, Time now) override {
    SqliteQuery query(connection_,
                      "SELECT id, account, type, value, wildcard, status, token, key_authorization, challenges, "
                      "created, expires FROM authorizations WHERE status = 'valid' AND account = ? AND value = ? "
                      "AND type = ? AND wildcard = ? AND expires > ? ORDER BY expires DESC LIMIT 1");
    query.bind(account).bind(identifier.value).bind(acme::to_string(identifier.type));
    return one(query.bind(std::int64_t(wildcard)).bind(milliseconds(now)));
  }
  Result<std::vector<Id>> valid_of(const Id& account, Time now, std::size_t count_max) override {
    SqliteQuery query(connection_,
                      "SELECT id FROM authorizations WHERE status = 'valid' AND account = ? AND expires > ? LIMIT ?");
    return ids_of(query.bind(account).bind(milliseconds(now)).bind(static_cast<std::int64_t>(count_max)));
  }

 private:
  static Result<std::optional<AuthorizationRow>> one(SqliteQuery& query) {
    const bool found = TRY(query.row());
    if (!found) return std::optional<AuthorizationRow>();
    AuthorizationRow row;
    row.id = query.text(0);
    row.account = query.text(1);
    row.identifier = {identifier_type(query.text(2)), query.text(3)};
    row.wildcard = query.integer(4) != 0;
    row.status = authorization_status_of(query.text(5));
    row.token = query.text(6);
    row.key_authorization = query.text(7);
    row.challenges = TRY(unpack_challenges(query.text(8)));
    row.created = query.time(9);
    row.expires = query.time(10);
    return std::optional<AuthorizationRow>(std::move(row));
  }
  SqliteConnection& connection_;
};

class SqliteCertificates final : public Certificates {
 public:
  explicit SqliteCertificates(SqliteConnection& connection) : connection_(connection) {}

  Result<bool> insert(const CertificateRow& row) override {
    SqliteQuery query(connection_, "INSERT OR IGNORE INTO certificates VALUES (?,?,?,?,?,?,?,?,?,?,?)");
    query.bind(row.serial).bind(row.order).bind(row.account).bind(word_of(row.status)).bind(row.tbs_sha256);
    query.bind(ByteView(row.der)).bind(row.issuer).bind(milliseconds(row.created)).bind(milliseconds(row.not_after));
    const std::uint64_t changed = TRY(query.bind(row.revoked_at).bind(std::int64_t(row.revocation_reason)).run());
    return changed == 1;
  }
  Result<std::optional<CertificateRow>> by_serial(const std::string& serial) override {
    SqliteQuery query(connection_,
                      "SELECT serial, order_id, account, status, tbs_sha256, der, issuer, created, not_after, "
                      "revoked_at, revocation_reason FROM certificates WHERE serial = ?");
    return one(query.bind(serial));
  }
  Result<std::optional<CertificateRow>> by_order(const Id& order) override {
    SqliteQuery query(connection_,
                      "SELECT serial, order_id, account, status, tbs_sha256, der, issuer, created, not_after, "
                      "revoked_at, revocation_reason FROM certificates WHERE order_id = ?");
    return one(query.bind(order));
  }
  Result<bool> update_if(const CertificateRow& row, CertificateStatus expected) override {
    SqliteQuery query(connection_,
                      "UPDATE certificates SET status = ?, der = ?, revoked_at = ?, revocation_reason = ? "
                      "WHERE serial = ? AND status = ?");
    query.bind(word_of(row.status)).bind(ByteView(row.der)).bind(row.revoked_at);
    query.bind(std::int64_t(row.revocation_reason)).bind(row.serial);
    const std::uint64_t changed = TRY(query.bind(word_of(expected)).run());
    return changed == 1;
  }
  Result<std::vector<CertificateRow>> with_status(CertificateStatus status, std::size_t count_max) override {
    SqliteQuery query(connection_,
                      "SELECT serial, order_id, account, status, tbs_sha256, der, issuer, created, not_after, "
                      "revoked_at, revocation_reason FROM certificates WHERE status = ? ORDER BY created LIMIT ?");
    query.bind(word_of(status)).bind(static_cast<std::int64_t>(count_max));
    std::vector<CertificateRow> rows;
    while (true) {
      std::optional<CertificateRow> row = TRY(one(query));
      if (!row) return rows;
      rows.push_back(std::move(*row));
    }
  }
  Result<std::uint64_t> count() override {
    SqliteQuery query(connection_, "SELECT count(*) FROM certificates");
    TRY(query.row());
    return static_cast<std::uint64_t>(query.integer(0));
  }
  Result<std::optional<Time>> newest() override {
    SqliteQuery query(connection_, "SELECT max(created) FROM certificates");
    TRY(query.row());
    return query.optional_time(0);
  }

 private:
  static Result<std::optional<CertificateRow>> one(SqliteQuery& query) {
    const bool found = TRY(query.row());
    if (!found) return std::optional<CertificateRow>();
    CertificateRow row;
    row.serial = query.text(0);
    row.order = query.text(1);
    row.account = query.text(2);
    row.status = certificate_status(query.text(3));
    row.tbs_sha256 = query.text(4);
    row.der = query.blob(5);
    row.issuer = query.text(6);
    row.created = query.time(7);
    row.not_after = query.time(8);
    row.revoked_at = query.optional_time(9);
    row.revocation_reason = static_cast<int>(query.integer(10));
    return std::optional<CertificateRow>(std::move(row));
  }
  SqliteConnection& connection_;
};

class SqliteBlockedKeys final : public BlockedKeys {
 public:
  explicit SqliteBlockedKeys(SqliteConnection& connection) : connection_(connection) {}

  Result<void> insert(const std::string& spki_sha256, Time when) override {
    SqliteQuery query(connection_, "INSERT OR IGNORE INTO blocked_keys VALUES (?,?)");
    TRY(query.bind(spki_sha256).bind(milliseconds(when)).run());
    return {};
  }
  Result<bool> contains(const std::string& spki_sha256) override {
    SqliteQuery query(connection_, "SELECT 1 FROM blocked_keys WHERE spki_sha256 = ?");
    return query.bind(spki_sha256).row();
  }

 private:
  SqliteConnection& connection_;
};

}  // namespace

Result<void> touch(SqliteConnection& connection) {
  static_assert(schema_version == 2);
  return connection.execute("PRAGMA user_version = 2");  // what it is already; SQLite writes the page all the same
}

struct SqliteTables::Repositories {
  explicit Repositories(SqliteConnection& connection)
      : accounts(connection),
        orders(connection),
        authorizations(connection),
        certificates(connection),
        blocked_keys(connection) {}
  SqliteAccounts accounts;
  SqliteOrders orders;
  SqliteAuthorizations authorizations;
  SqliteCertificates certificates;
  SqliteBlockedKeys blocked_keys;
  Tx tx{accounts, orders, authorizations, certificates, blocked_keys};
};

SqliteTables::SqliteTables(SqliteConnection& connection) : repositories_(std::make_unique<Repositories>(connection)) {}
SqliteTables::~SqliteTables() = default;
Tx& SqliteTables::tx() { return repositories_->tx; }

Result<void> prepare_schema(SqliteConnection& connection) {
  std::int64_t version = 0;
  {
    SqliteQuery query(connection, "PRAGMA user_version");
    TRY(query.row());
    version = query.integer(0);
  }
  if (version == schema_version) return {};
  if (version == 0) return connection.execute(schema);
  if (version == 1) return connection.execute(from_version_1);
  return make_error(ErrorKind::storage, "the database has the format of version " + std::to_string(version) +
                                            ", this program knows " + std::to_string(schema_version) +
                                            "; run the newer crest-ca");
}

}  // namespace crest::adapters
