// A PostgresConnection is one connection to PostgreSQL with its prepared statements.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "adapters/sql.hpp"

struct pg_conn;
struct pg_result;

namespace crest::adapters {

class PostgresStatement;

class PostgresConnection final : public SqlConnection {
 public:
  // `target` is a libpq connection string ("host=db.corp.example dbname=crest sslmode=verify-full"); what it leaves out
  // comes from libpq's own files, so that no password stands in ours. Blocks for at most ten seconds.
  static Result<std::unique_ptr<PostgresConnection>> open(const std::string& target);
  ~PostgresConnection() override;

  Result<SqlStatement*> prepared(const char* sql) override;
  Result<void> execute(const char* sql) override;

  Result<void> begin(const char* sql) override;
  Result<void> check_transaction() const override;
  Result<void> commit() override;
  void roll_back() noexcept override;
  SqlTrouble trouble() const override { return trouble_; }
  const char* clock() const override { return "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"; }

 private:
  friend class PostgresStatement;
  PostgresConnection(pg_conn* native, std::string where);
  Error failure(std::string_view what, pg_result* result);

  pg_conn* native_;
  std::string where_;  // host and database, for messages
  SqlTrouble trouble_ = SqlTrouble::none;
  bool committing_ = false;
  std::unordered_map<const char*, std::unique_ptr<PostgresStatement>> statements_;
};

// The connection string with tables in this schema, whatever else it says. Error: config, when libpq cannot read it.
Result<std::string> in_schema(const std::string& target, const std::string& schema);

}  // namespace crest::adapters
