#include "adapters/table_copy.hpp"

#include <deque>

#include "adapters/sql_text.hpp"

namespace crest::adapters {
namespace {

constexpr std::size_t rows_in_step = 100;  // of one INSERT, and of one FETCH

struct Column {
  std::string name, type;
  bool is_key = false;
};
struct Table {
  std::string name;
  std::vector<Column> columns;

  // A number that the database gives out by itself: it has to go on behind the ones that were copied.
  bool counts() const {
    const auto keys = std::ranges::count(columns, true, &Column::is_key);
    return keys == 1 && columns.front().is_key && columns.front().type == "INTEGER";
  }
};

// SQLite's tables are the model of both, so that no list of columns can be forgotten. What only a backup has is left out.
Result<std::vector<Table>> tables_in(SqlConnection& sqlite) {
  SqlQuery query(sqlite,
                 "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND "
                 "name NOT IN ('backup_files', 'backup_made') ORDER BY name");
  const auto names = TRY(texts_of(query));
  std::vector<Table> tables;
  for (const auto& name : names) {
    SqlQuery columns(sqlite, "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid");
    columns.bind(name);
    auto found = TRY(
        rows_of(columns, [](const SqlQuery& row) { return Column{row.text(0), row.text(1), row.integer(2) != 0}; }));
    tables.push_back({name, std::move(found)});
  }
  return tables;
}

std::string column_list(const Table& table) {
  std::string list;
  for (const auto& column : table.columns) list += (list.empty() ? "" : ", ") + column.name;
  return list;
}

// A value on its way: NULL, a number, text or octets.
using Cell = std::variant<std::monostate, std::int64_t, std::string, Bytes>;

Cell cell_of(const SqlStatement& row, int index, const std::string& type) {
  if (row.is_null(index)) return {};
  if (type == "INTEGER") return row.integer(index);
  if (type == "BLOB") return row.blob(index);
  return row.text(index);
}

SqlValue value_of(const Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  if (const auto* text = std::get_if<std::string>(&cell)) return std::string_view(*text);
  if (const auto* octets = std::get_if<Bytes>(&cell)) return ByteView(*octets);
  return {};
}

class Copy {
 public:
  Copy(SqlConnection& from, SqlConnection& to) : from_(from), to_(to) {}

  Result<std::uint64_t> from_postgres(const Table& table);
  Result<std::uint64_t> from_sqlite(const Table& table);

 private:
  // A connection knows a statement by its address, so that each text stays until all is done.
  const char* kept(std::string sql) { return texts_.emplace_back(std::move(sql)).c_str(); }
  Result<std::uint64_t> take_rows(SqlStatement& rows, const Table& table);
  Result<void> insert(const Table& table);
  std::string insert_sql(const Table& table, std::size_t rows) const;

  SqlConnection &from_, &to_;
  std::deque<std::string> texts_;
  std::vector<Cell> cells_;            // of rows that are not written yet
  const char* full_insert_ = nullptr;  // of rows_in_step rows of the table at hand
};

std::string Copy::insert_sql(const Table& table, std::size_t rows) const {
  std::string one, all;
  for (std::size_t i = 0; i < table.columns.size(); ++i) one += one.empty() ? "(?" : ", ?";
  one += ')';
  for (std::size_t i = 0; i < rows; ++i) all += (all.empty() ? "" : ", ") + one;
  return "INSERT INTO " + table.name + " (" + column_list(table) + ") VALUES " + all;
}

Result<void> Copy::insert(const Table& table) {
  const std::size_t rows = cells_.size() / table.columns.size();
  if (rows == 0) return {};
  if (rows == rows_in_step && !full_insert_) full_insert_ = kept(insert_sql(table, rows));
  const char* sql = rows == rows_in_step ? full_insert_ : kept(insert_sql(table, rows));
  SqlStatement* statement = TRY(to_.prepared(sql));
  for (std::size_t i = 0; i < cells_.size(); ++i) TRY(statement->bind(static_cast<int>(i) + 1, value_of(cells_[i])));
  TRY(statement->step());
  statement->reset();
  cells_.clear();
  return {};
}

// All rows that the statement has, and how many.
Result<std::uint64_t> Copy::take_rows(SqlStatement& rows, const Table& table) {
  for (std::uint64_t count = 0;; ++count) {
    const bool more = TRY(rows.step());
    if (!more) {
      rows.reset();
      return count;
    }
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      cells_.push_back(cell_of(rows, static_cast<int>(i), table.columns[i].type));
    if (cells_.size() == rows_in_step * table.columns.size()) TRY(insert(table));
  }
}

Result<std::uint64_t> Copy::from_sqlite(const Table& table) {
  full_insert_ = nullptr;
  SqlStatement* rows = TRY(from_.prepared(kept("SELECT " + column_list(table) + " FROM " + table.name)));
  const std::uint64_t count = TRY(take_rows(*rows, table));
  TRY(insert(table));
  if (!table.counts() || count == 0) return count;
  const std::string sql = "SELECT setval(pg_get_serial_sequence('" + table.name + "', '" + table.columns.front().name +
                          "'), (SELECT max(" + table.columns.front().name + ") FROM " + table.name + "))";
  TRY(to_.execute(sql.c_str()));
  return count;
}

// By a cursor: the rows of a whole table would have to be in memory.
Result<std::uint64_t> Copy::from_postgres(const Table& table) {
  full_insert_ = nullptr;
  const std::string cursor = "copy_" + table.name;
  TRY(from_.execute(
      kept("DECLARE " + cursor + " NO SCROLL CURSOR FOR SELECT " + column_list(table) + " FROM " + table.name)));
  const char* fetch = kept("FETCH " + std::to_string(rows_in_step) + " FROM " + cursor);
  std::uint64_t count = 0;
  for (bool more = true; more;) {
    SqlStatement* rows = TRY(from_.prepared(fetch));
    const std::uint64_t fetched = TRY(take_rows(*rows, table));
    count += fetched;
    more = fetched == rows_in_step;
  }
  TRY(insert(table));
  TRY(from_.execute(kept("CLOSE " + cursor)));
  return count;
}

using OneTable = Result<std::uint64_t> (Copy::*)(const Table&);

Result<std::uint64_t> copy_all(SqlConnection& sqlite, Copy& copy, OneTable one_table) {
  const auto tables = TRY(tables_in(sqlite));
  std::uint64_t rows = 0;
  for (const auto& table : tables) {
    const std::uint64_t count = TRY((copy.*one_table)(table));
    rows += count;
  }
  return rows;
}

}  // namespace

Result<std::uint64_t> copy_tables_from_postgres(SqlConnection& postgres, SqlConnection& sqlite) {
  Copy copy(postgres, sqlite);
  return copy_all(sqlite, copy, &Copy::from_postgres);
}

Result<std::uint64_t> copy_tables_to_postgres(SqlConnection& sqlite, SqlConnection& postgres) {
  Copy copy(sqlite, postgres);
  return copy_all(sqlite, copy, &Copy::from_sqlite);
}

}  // namespace crest::adapters
