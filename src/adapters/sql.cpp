#include "adapters/sql.hpp"

#include <utility>

namespace crest::adapters {

std::string deed_of(std::string_view sql) {
  constexpr std::pair<std::string_view, std::string_view> deeds[] = {{"INSERT INTO ", "writing "},
                                                                     {"UPDATE ", "changing "},
                                                                     {"DELETE FROM ", "removing from "},
                                                                     {" FROM ", "reading "}};
  if (sql.starts_with("BEGIN")) return "the begin of a change";
  if (sql.starts_with("COMMIT")) return "the end of a change";
  for (const auto& [word, deed] : deeds) {
    const auto at = word.starts_with(' ') ? sql.find(word) : sql.starts_with(word) ? 0 : sql.npos;
    if (at == sql.npos) continue;
    const auto rest = sql.substr(at + word.size());
    return std::string(deed) + std::string(rest.substr(0, rest.find_first_of(" (;\n")));
  }
  return "its preparation";
}

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
