#include "adapters/postgres.hpp"

#include <charconv>
#include <vector>

#include <libpq-fe.h>

#include "encoding/base64.hpp"

namespace crest::adapters {
namespace {

// A commit that is answered is on disk (SF64), whatever is the default of the database or of the role; one that waits for
// more than that is left alone.
constexpr const char* session_settings =
    "SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s';"
    "SET client_min_messages = warning; SET bytea_output = 'hex';"
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
constexpr std::string_view connect_seconds = "10", silence_milliseconds = "15000";
constexpr int text_format = 0, binary_format = 1;

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, Clear>;

bool succeeded(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

// "?" and "?3" become "$1", "$3".
std::string with_dollars(std::string_view sql) {
  std::string out;
  int count = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] != '?') {
      out += sql[i];
    } else if (i + 1 < sql.size() && sql[i + 1] >= '0' && sql[i + 1] <= '9') {
      out += '$';
    } else {
      out += '$' + std::to_string(++count);
    }
  }
  return out;
}

// As a connection string has it.
std::string quoted_word(std::string_view text) {
  std::string out = "'";
  for (const char each : text) {
    if (each == '\'' || each == '\\') out += '\\';
    out += each;
  }
  return out + "'";
}

std::string first_line(const char* text) {
  const std::string all(text ? text : "");
  return Untrusted(all.substr(0, all.find('\n'))).printable(300);
}

std::string_view advice(std::string_view state) {
  if (state.empty() || state.starts_with("08") || state.starts_with("57P"))
    return "; see that the database server runs and can be reached; it is tried again";
  if (state.starts_with("53")) return "; give the database room, or more connections";
  if (state.starts_with("28")) return "; check user, password and pg_hba.conf";
  if (state == "3D000") return "; create the database first";
  if (state == "42501") return "; give this user rights on the schema";
  return "";
}

}  // namespace

class PostgresStatement final : public SqlStatement {
 public:
  PostgresStatement(PostgresConnection& connection, std::string name, std::string sql)
      : connection_(connection), name_(std::move(name)), sql_(std::move(sql)) {}

  Result<void> bind(int index, const SqlValue& value) override;
  Result<bool> step() override;
  std::uint64_t changed() const override;
  void reset() noexcept override {
    result_.reset();
    values_.clear();
    row_ = -1;
  }

  bool is_null(int column) const override { return PQgetisnull(result_.get(), row_, column) == 1; }
  std::string text(int column) const override { return std::string(cell(column)); }
  Bytes blob(int column) const override;
  std::int64_t integer(int column) const override {
    std::int64_t value = 0;
    const std::string_view digits = cell(column);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }

 private:
  struct Value {
    std::optional<std::string> octets;
    int format = text_format;
  };
  Result<void> run();
  std::string_view cell(int column) const {
    return {PQgetvalue(result_.get(), row_, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row_, column))};
  }

  PostgresConnection& connection_;
  std::string name_, sql_;
  bool prepared_ = false;
  std::vector<Value> values_;
  ResultPtr result_;
  int row_ = -1;
};

Result<void> PostgresStatement::bind(int index, const SqlValue& value) {
  values_.resize(std::max(values_.size(), static_cast<std::size_t>(index)));
  Value& slot = values_[static_cast<std::size_t>(index) - 1];
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    slot.octets = std::to_string(*number);
  } else if (const auto* text = std::get_if<std::string_view>(&value)) {
    slot.octets = std::string(*text);
  } else if (const auto* blob = std::get_if<ByteView>(&value)) {
    slot = {std::string(as_text(*blob)), binary_format};
  }
  return {};
}

Result<void> PostgresStatement::run() {
  if (!prepared_) {
    const ResultPtr made(PQprepare(connection_.native_, name_.c_str(), sql_.c_str(), 0, nullptr));
    if (!succeeded(made.get())) return connection_.failure(deed_of(sql_), made.get());
    prepared_ = true;
  }
  std::vector<const char*> pointers;
  std::vector<int> sizes, formats;
  for (const Value& value : values_) {
    pointers.push_back(value.octets ? value.octets->c_str() : nullptr);
    sizes.push_back(value.octets ? static_cast<int>(value.octets->size()) : 0);
    formats.push_back(value.format);
  }
  result_.reset(PQexecPrepared(connection_.native_, name_.c_str(), static_cast<int>(values_.size()), pointers.data(),
                               sizes.data(), formats.data(), text_format));
  if (!succeeded(result_.get())) return connection_.failure(deed_of(sql_), result_.get());
  return {};
}

Result<bool> PostgresStatement::step() {
  if (!result_) TRY(run());
  ++row_;
  return row_ < PQntuples(result_.get());
}

std::uint64_t PostgresStatement::changed() const {
  const std::string_view digits = PQcmdTuples(result_.get());
  std::uint64_t count = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return count;
}

Bytes PostgresStatement::blob(int column) const {
  const std::string_view text = cell(column);  // "\x" and hex
  if (!text.starts_with("\\x")) return {};
  return encoding::from_hex(text.substr(2)).value_or(Bytes{});
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const std::string& target) {
  const char* const keywords[] = {"dbname", "connect_timeout", "tcp_user_timeout", "fallback_application_name",
                                  nullptr};
  const char* const values[] = {target.c_str(), connect_seconds.data(), silence_milliseconds.data(), "crest-ca",
                                nullptr};
  constexpr int expand_dbname = 1;
  PGconn* native = PQconnectdbParams(keywords, values, expand_dbname);
  const auto part = [native](char* (*get)(const PGconn*)) {
    const char* text = native ? get(native) : nullptr;
    return Untrusted(text ? text : "").printable(100);
  };
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(native, "PostgreSQL " + part(PQdb) + " at " + part(PQhost)));
  if (PQstatus(native) != CONNECTION_OK) return connection->failure("the connection", nullptr);
  PQsetNoticeProcessor(native, [](void*, const char*) {}, nullptr);
  TRY(connection->execute(session_settings));
  return connection;
}

PostgresConnection::PostgresConnection(pg_conn* native, std::string where)
    : native_(native), where_(std::move(where)) {}

PostgresConnection::~PostgresConnection() { PQfinish(native_); }

Error PostgresConnection::failure(std::string_view what, pg_result* result) {
  const char* field = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
  const std::string state = field ? field : "";
  const bool refused = state.starts_with("40") || state == "55P03";  // serialization, deadlock, lock timeout
  // The server says goodbye, or libpq itself reports what it calls no bad connection yet.
  const bool ended = state.empty() || state.starts_with("57P") || state.starts_with("08");
  if (ended || PQstatus(native_) != CONNECTION_OK) {
    trouble_ = committing_ ? SqlTrouble::lost : SqlTrouble::lost_before_commit;
  } else if (refused) {
    trouble_ = SqlTrouble::conflict;
  }
  const char* why = result ? PQresultErrorMessage(result) : PQerrorMessage(native_);
  return make_error(ErrorKind::storage,
                    "the database failed at " + std::string(what) + ": " + first_line(why) + std::string(advice(state)),
                    where_);
}

Result<void> PostgresConnection::begin(const char* sql) {
  trouble_ = SqlTrouble::none;
  return execute(sql);
}

// After a conflict nothing more can be done in this transaction; other errors are undone by a savepoint.
Result<void> PostgresConnection::check_transaction() const {
  if (trouble_ == SqlTrouble::none && PQtransactionStatus(native_) == PQTRANS_INTRANS) return {};
  return make_error(ErrorKind::storage,
                    "the database gave a transaction up and nothing of it was kept; it is tried again", where_);
}

Result<void> PostgresConnection::commit() {
  committing_ = true;
  Result<void> done = execute("COMMIT");
  committing_ = false;
  return done;
}

void PostgresConnection::roll_back() noexcept {
  if (PQstatus(native_) != CONNECTION_OK || PQtransactionStatus(native_) == PQTRANS_IDLE) return;
  const ResultPtr ended(PQexec(native_, "ROLLBACK"));
}

Result<SqlStatement*> PostgresConnection::prepared(const char* sql) {
  std::unique_ptr<PostgresStatement>& statement = statements_[sql];
  if (!statement) {
    statement = std::make_unique<PostgresStatement>(*this, "s" + std::to_string(statements_.size()), with_dollars(sql));
  }
  return static_cast<SqlStatement*>(statement.get());
}

Result<void> PostgresConnection::execute(const char* sql) {
  const ResultPtr result(PQexec(native_, sql));
  if (!succeeded(result.get())) return failure(deed_of(sql), result.get());
  return {};
}

Result<std::string> in_schema(const std::string& target, const std::string& schema) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> parsed(PQconninfoParse(target.c_str(), &problem),
                                                                              PQconninfoFree);
  const std::unique_ptr<char, void (*)(void*)> freed(problem, PQfreemem);
  if (!parsed) return make_error(ErrorKind::config, "no connection string: " + first_line(problem), target);
  std::string text, options;
  for (const PQconninfoOption* each = parsed.get(); each->keyword; ++each) {
    if (!each->val) continue;
    if (std::string_view(each->keyword) == "options") {
      options = each->val + std::string(" ");
      continue;
    }
    text += each->keyword + std::string("=") + quoted_word(each->val) + " ";
  }
  return text + "options=" + quoted_word(options + "-c search_path=" + schema);  // the last one counts
}

}  // namespace crest::adapters
