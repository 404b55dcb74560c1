// What the CA's tables need of a database: the same statements, with question marks, run on SQLite and on PostgreSQL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::adapters {

using SqlValue = std::variant<std::monostate, std::int64_t, std::string_view, ByteView>;  // the first is NULL

// A prepared statement of one connection; one run at a time.
class SqlStatement {
 public:
  virtual ~SqlStatement() = default;
  // `index` counts from 1. Text and octets are borrowed until reset().
  virtual Result<void> bind(int index, const SqlValue& value) = 0;
  virtual Result<bool> step() = 0;  // true: there is a row to read
  virtual std::uint64_t changed() const = 0;
  virtual void reset() noexcept = 0;

  virtual bool is_null(int column) const = 0;
  virtual std::string text(int column) const = 0;
  virtual Bytes blob(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
};

// What the last error of a transaction means for whoever might begin it again.
enum class SqlTrouble {
  none,                // the same would fail again
  conflict,            // another node was at the same rows, and nothing was kept
  lost_before_commit,  // the connection is gone, and nothing was kept
  lost,                // the connection is gone, and whether the commit was done is not known
};

// What a statement does, for people: "writing orders". Its text says nothing to them.
std::string deed_of(std::string_view sql);

// Not thread-safe. All errors are storage.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;
  virtual Result<SqlStatement*> prepared(const char* sql) = 0;            // `sql` is a literal: its address is the key
  virtual Result<void> execute(const char* sql) = 0;                      // one statement or more, no values
  virtual Result<void> command(const char* sql) { return execute(sql); }  // one that is run often: a literal, too

  virtual Result<void> begin(const char* sql) = 0;
  virtual Result<void> check_transaction() const = 0;  // error when the database has given it up by itself
  virtual Result<void> commit() = 0;
  virtual void roll_back() noexcept = 0;  // also after an error, and when there is no transaction any more
  virtual SqlTrouble trouble() const = 0;

  // A statement for the server's clock, in milliseconds; nullptr: there is no server.
  virtual const char* clock() const { return nullptr; }
};

// One run of a statement. Values are bound in the order of the question marks; text and octets are borrowed until the
// query is over. The first error sticks, and row() or run() return it.
class SqlQuery {
 public:
  SqlQuery(SqlConnection& connection, const char* sql);
  ~SqlQuery();
  SqlQuery(const SqlQuery&) = delete;
  SqlQuery& operator=(const SqlQuery&) = delete;

  SqlQuery& bind(std::string_view text) { return bind_value(text); }
  SqlQuery& bind(ByteView blob) { return bind_value(blob); }
  SqlQuery& bind(std::int64_t number) { return bind_value(number); }
  SqlQuery& bind(std::optional<Time> time);

  Result<bool> row();           // true: there is a row to read
  Result<std::uint64_t> run();  // rows changed

  std::string text(int column) const { return statement_->text(column); }
  Bytes blob(int column) const { return statement_->blob(column); }
  std::int64_t integer(int column) const { return statement_->integer(column); }
  Time time(int column) const { return Time(Duration(integer(column))); }
  std::optional<Time> optional_time(int column) const;

 private:
  SqlQuery& bind_value(const SqlValue& value);
  SqlStatement* statement_ = nullptr;
  int bound_ = 0;
  std::optional<Error> error_;
};

}  // namespace crest::adapters
