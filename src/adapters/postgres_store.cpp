#include "adapters/postgres_store.hpp"

#include "adapters/postgres.hpp"
#include "adapters/sql_schema.hpp"
#include "adapters/sql_store.hpp"

namespace crest::adapters {
namespace {

class PostgresDatabase final : public SqlDatabase {
 public:
  explicit PostgresDatabase(std::string target) : target_(std::move(target)) {}

  Result<std::unique_ptr<SqlConnection>> connect(Use) override {
    std::unique_ptr<PostgresConnection> connection = TRY(PostgresConnection::open(target_));
    return std::unique_ptr<SqlConnection>(std::move(connection));
  }
  // To wait for a table's lock is no statement yet that looks at the database: what is read is as it is afterwards.
  const char* begin(Use use) const override {
    switch (use) {
      case Use::read: return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
      case Use::write: return "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE crest_schema IN ROW SHARE MODE";
      default: return "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE crest_schema IN EXCLUSIVE MODE";
    }
  }
  const char* probe() const override { return "UPDATE crest_schema SET version = version"; }
  const char* size() const override { return "SELECT pg_database_size(current_database())"; }

 private:
  std::string target_;
};

}  // namespace

Result<std::unique_ptr<ca::store::Store>> open_postgres_store(const std::string& target) {
  auto database = std::make_unique<PostgresDatabase>(target);
  auto writer = TRY(database->connect(SqlDatabase::Use::write));
  TRY(migrate(*writer, SqlDialect::postgres));
  return make_sql_store(std::move(database), std::move(writer));
}

}  // namespace crest::adapters
