#include "adapters/sql_repositories.hpp"
#include "adapters/sql_text.hpp"

namespace crest::adapters {
namespace {

using namespace ca::store;

acme::AuthorizationStatus authorization_status_of(std::string_view word) {
  using enum acme::AuthorizationStatus;
  return from_word(word, {invalid, pending, acme::AuthorizationStatus::valid, deactivated, expired, revoked});
}

bool is_processing(const AuthorizationRow& row) {
  return std::ranges::any_of(row.challenges,
                             [](const auto& c) { return c.status == acme::ChallengeStatus::processing; });
}

class SqlAuthorizations final : public Authorizations {
 public:
  explicit SqlAuthorizations(SqlConnection& connection) : connection_(connection) {}

  Result<void> insert(const AuthorizationRow& row) override {
    const std::string challenges = pack_challenges(row.challenges);
    SqlQuery query(connection_,
                   "INSERT INTO authorizations (id, account, type, value, wildcard, status, token, key_authorization, "
                   "challenges, processing, node, created, expires) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)");
    query.bind(row.id).bind(row.account).bind(acme::to_string(row.identifier.type)).bind(row.identifier.value);
    query.bind(std::int64_t(row.scope)).bind(acme::to_string(row.status)).bind(row.token);
    query.bind(row.key_authorization).bind(challenges).bind(std::int64_t(is_processing(row)));
    TRY(query.bind(row.node).bind(milliseconds(row.created)).bind(milliseconds(row.expires)).run());
    return {};
  }
  Result<std::optional<AuthorizationRow>> by_id(const Id& id) override {
    SqlQuery query(connection_,
                   "SELECT id, account, type, value, wildcard, status, token, key_authorization, challenges, node, "
                   "created, expires FROM authorizations WHERE id = ?");
    return one(query.bind(id));
  }
  Result<bool> update_if(const AuthorizationRow& row, acme::AuthorizationStatus expected) override {
    const std::string challenges = pack_challenges(row.challenges);
    SqlQuery query(connection_,
                   "UPDATE authorizations SET status = ?, key_authorization = ?, challenges = ?, processing = ?, "
                   "node = ?, expires = ? WHERE id = ? AND status = ?");
    query.bind(acme::to_string(row.status)).bind(row.key_authorization).bind(challenges);
    query.bind(std::int64_t(is_processing(row))).bind(row.node).bind(milliseconds(row.expires)).bind(row.id);
    const std::uint64_t changed = TRY(query.bind(acme::to_string(expected)).run());
    return changed == 1;
  }
  Result<std::vector<Id>> with_processing_challenge(std::size_t count_max) override {
    SqlQuery query(connection_, "SELECT id FROM authorizations WHERE processing = 1 ORDER BY created LIMIT ?");
    return texts_of(query.bind(limit(count_max)));
  }
  Result<void> hand_over(const std::string& from, const std::string& to) override {
    SqlQuery query(connection_, "UPDATE authorizations SET node = ? WHERE processing = 1 AND node = ?");
    TRY(query.bind(to).bind(from).run());
    return {};
  }
  Result<std::optional<AuthorizationRow>> find_valid(const Id& account, const acme::Identifier& identifier,
                                                     ca::store::Scope scope, Time now) override {
    SqlQuery query(connection_,
                   "SELECT id, account, type, value, wildcard, status, token, key_authorization, challenges, node, "
                   "created, expires FROM authorizations WHERE status = 'valid' AND account = ? "
                   "AND value = ? AND type = ? AND wildcard = ? AND expires > ? ORDER BY expires DESC LIMIT 1");
    query.bind(account).bind(identifier.value).bind(acme::to_string(identifier.type));
    return one(query.bind(std::int64_t(scope)).bind(milliseconds(now)));
  }
  Result<std::vector<Id>> valid_of(const Id& account, Time now, std::size_t count_max) override {
    SqlQuery query(connection_,
                   "SELECT id FROM authorizations WHERE status = 'valid' AND account = ? AND expires > ? LIMIT ?");
    return texts_of(query.bind(account).bind(milliseconds(now)).bind(limit(count_max)));
  }
  Result<std::uint64_t> remove_expired(Time before, std::size_t count_max) override {
    SqlQuery query(connection_,
                   "DELETE FROM authorizations WHERE id IN "
                   "(SELECT id FROM authorizations WHERE expires < ? ORDER BY expires LIMIT ?)");
    return query.bind(milliseconds(before)).bind(limit(count_max)).run();
  }

 private:
  static Result<std::optional<AuthorizationRow>> one(SqlQuery& query) {
    const bool found = TRY(query.row());
    if (!found) return std::optional<AuthorizationRow>();
    AuthorizationRow row;
    row.id = query.text(0);
    row.account = query.text(1);
    row.identifier = {identifier_type(query.text(2)), query.text(3)};
    row.scope = static_cast<ca::store::Scope>(query.integer(4));
    row.status = authorization_status_of(query.text(5));
    row.token = query.text(6);
    row.key_authorization = query.text(7);
    row.challenges = TRY(unpack_challenges(query.text(8)));
    row.node = query.text(9);
    row.created = query.time(10);
    row.expires = query.time(11);
    return std::optional<AuthorizationRow>(std::move(row));
  }
  SqlConnection& connection_;
};

}  // namespace

std::unique_ptr<Authorizations> make_sql_authorizations(SqlConnection& connection) {
  return std::make_unique<SqlAuthorizations>(connection);
}

}  // namespace crest::adapters
