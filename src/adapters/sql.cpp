#include "adapters/sql.hpp"

namespace crest::adapters {

SqlQuery::SqlQuery(SqlConnection& connection, const char* sql) {
  Result<SqlStatement*> statement = connection.prepared(sql);
  if (statement) {
    statement_ = *statement;
  } else {
    error_ = std::move(statement).error();
  }
}

SqlQuery::~SqlQuery() {
  if (statement_) statement_->reset();
}

SqlQuery& SqlQuery::bind_value(const SqlValue& value) {
  if (error_) return *this;
  Result<void> bound = statement_->bind(++bound_, value);
  if (!bound) error_ = std::move(bound).error();
  return *this;
}

SqlQuery& SqlQuery::bind(std::optional<Time> time) {
  if (!time) return bind_value(std::monostate());
  return bind_value(static_cast<std::int64_t>(time->time_since_epoch().count()));
}

Result<bool> SqlQuery::row() {
  if (error_) return *error_;
  return statement_->step();
}

Result<std::uint64_t> SqlQuery::run() {
  while (true) {
    const bool more = TRY(row());
    if (!more) return statement_->changed();
  }
}

std::optional<Time> SqlQuery::optional_time(int column) const {
  if (statement_->is_null(column)) return std::nullopt;
  return time(column);
}

}  // namespace crest::adapters
