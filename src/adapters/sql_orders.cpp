#include "adapters/sql_repositories.hpp"
#include "adapters/sql_text.hpp"

namespace crest::adapters {
namespace {

using namespace ca::store;

acme::OrderStatus order_status_of(std::string_view word) {
  using enum acme::OrderStatus;
  return from_word(word, {invalid, pending, ready, processing, valid});
}

class SqlOrders final : public Orders {
 public:
  explicit SqlOrders(SqlConnection& connection) : connection_(connection) {}

  Result<void> insert(const OrderRow& row) override {
    const std::string identifiers = pack_identifiers(row.identifiers);
    const std::string authorizations = joined_words(row.authorizations);
    SqlQuery query(connection_,
                   "INSERT INTO orders (id, account, status, identifiers, authorizations, not_before, not_after, "
                   "profile, replaces, error, serial, node, created, expires) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    query.bind(row.id).bind(row.account).bind(acme::to_string(row.status)).bind(identifiers).bind(authorizations);
    query.bind(row.not_before).bind(row.not_after).bind(row.profile).bind(row.replaces).bind(row.error_json);
    query.bind(row.serial).bind(row.node);
    TRY(query.bind(milliseconds(row.created)).bind(milliseconds(row.expires)).run());
    for (const Id& authorization : row.authorizations) {
      SqlQuery link(connection_, "INSERT INTO order_authorizations (authorization_id, order_id) VALUES (?,?)");
      TRY(link.bind(authorization).bind(row.id).run());
    }
    return {};
  }
  Result<std::optional<OrderRow>> by_id(const Id& id) override {
    SqlQuery query(connection_,
                   "SELECT id, account, status, identifiers, authorizations, not_before, not_after, profile, replaces, "
                   "error, serial, node, created, expires FROM orders WHERE id = ?");
    return row_of(query.bind(id), read);
  }
  Result<bool> update_if(const OrderRow& row, acme::OrderStatus expected) override {  // the rest never changes (ORD-08)
    SqlQuery query(
        connection_,
        "UPDATE orders SET status = ?, error = ?, serial = ?, node = ?, expires = ? WHERE id = ? AND status = ?");
    query.bind(acme::to_string(row.status)).bind(row.error_json).bind(row.serial).bind(row.node);
    query.bind(milliseconds(row.expires)).bind(row.id);
    const std::uint64_t changed = TRY(query.bind(acme::to_string(expected)).run());
    return changed == 1;
  }
  Result<std::vector<Id>> by_account(const Id& account, const Id& after, std::size_t count_max) override {
    SqlQuery query(connection_,
                   "SELECT id FROM orders WHERE account = ?1 AND (?2 = '' OR number < "
                   "(SELECT number FROM orders WHERE id = ?2 AND account = ?1)) ORDER BY number DESC LIMIT ?3");
    return texts_of(query.bind(account).bind(after).bind(limit(count_max)));
  }
  Result<std::uint64_t> count_open(const Id& account, Time now) override {
    SqlQuery query(connection_, "SELECT count(*) FROM orders WHERE account = ? AND status = 'pending' AND expires > ?");
    TRY(query.bind(account).bind(milliseconds(now)).row());
    return static_cast<std::uint64_t>(query.integer(0));
  }
  Result<std::vector<Id>> open_of(const Id& account, Time now, std::size_t count_max) override {
    SqlQuery query(connection_,
                   "SELECT id FROM orders WHERE account = ? AND status = 'pending' AND expires > ? LIMIT ?");
    return texts_of(query.bind(account).bind(milliseconds(now)).bind(limit(count_max)));
  }
  Result<std::vector<Id>> with_authorization(const Id& authorization) override {
    SqlQuery query(connection_, "SELECT order_id FROM order_authorizations WHERE authorization_id = ?");
    return texts_of(query.bind(authorization));
  }
  Result<std::vector<Id>> with_status(acme::OrderStatus status, std::size_t count_max) override {
    if (status == acme::OrderStatus::processing) {  // the index that a restart reads
      SqlQuery query(connection_, "SELECT id FROM orders WHERE status = 'processing' ORDER BY number LIMIT ?");
      return texts_of(query.bind(limit(count_max)));
    }
    SqlQuery query(connection_, "SELECT id FROM orders WHERE status = ? ORDER BY number LIMIT ?");
    return texts_of(query.bind(acme::to_string(status)).bind(limit(count_max)));
  }
  Result<void> hand_over(const std::string& from, const std::string& to) override {
    SqlQuery query(connection_, "UPDATE orders SET node = ? WHERE status = 'processing' AND node = ?");
    TRY(query.bind(to).bind(from).run());
    return {};
  }
  Result<std::uint64_t> remove_unissued(Time before, std::size_t count_max) override {
    std::vector<Id> ids;
    {
      SqlQuery query(connection_,
                     "SELECT id FROM orders WHERE serial = '' AND expires < ? AND status <> 'processing' "
                     "ORDER BY expires LIMIT ?");
      ids = TRY(texts_of(query.bind(milliseconds(before)).bind(limit(count_max))));
    }
    for (const Id& id : ids) TRY(remove(id));
    return static_cast<std::uint64_t>(ids.size());
  }
  Result<void> remove(const Id& id) override {
    const auto row = TRY(by_id(id));
    if (!row) return {};
    for (const Id& authorization : row->authorizations) {
      SqlQuery link(connection_, "DELETE FROM order_authorizations WHERE authorization_id = ? AND order_id = ?");
      TRY(link.bind(authorization).bind(id).run());
    }
    SqlQuery query(connection_, "DELETE FROM orders WHERE id = ?");
    TRY(query.bind(id).run());
    return {};
  }

 private:
  static OrderRow read(const SqlQuery& query) {
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
    row.node = query.text(11);
    row.created = query.time(12);
    row.expires = query.time(13);
    return row;
  }
  SqlConnection& connection_;
};

}  // namespace

std::unique_ptr<Orders> make_sql_orders(SqlConnection& connection) { return std::make_unique<SqlOrders>(connection); }

}  // namespace crest::adapters
