// A Document is a parsed TOML file: tables, values, and the line that each stands on. Reading it says in every error
// which file, which line and which key.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::config {

struct Value;
using Array = std::vector<Value>;
using Table = std::map<std::string, Value>;

struct Value {
  std::variant<bool, std::int64_t, double, std::string, Array, Table> data;  // dates are not used, and are errors
  unsigned line = 0;
};

inline constexpr std::size_t document_bytes_max = 1u << 20;
inline constexpr std::size_t document_depth_max = 16;

struct Document {
  std::string file;  // as messages name it
  Value root;        // a Table

  // Error: config, with file and line.
  static Result<Document> parse(std::string_view text, std::string file);
};

// Typed access to one table. An absent key gives the fallback; another type, or a value out of range, is an Error.
// A key that nobody asked for is an Error of finish(): a typing mistake must not pass for a default.
class TableReader {
 public:
  explicit TableReader(const Document& document) : TableReader(document, document.root, "") {}

  Result<std::string> string(const std::string& key, std::string fallback);
  Result<bool> boolean(const std::string& key, bool fallback);
  Result<std::int64_t> integer(const std::string& key, std::int64_t fallback, std::int64_t least, std::int64_t most);
  Result<Duration> duration(const std::string& key, Duration fallback);  // "90s", "8h", "2d"
  Result<std::vector<std::string>> strings(const std::string& key, std::vector<std::string> fallback);
  Result<std::optional<TableReader>> table(const std::string& key);  // [key]
  Result<std::vector<TableReader>> tables(const std::string& key);   // [[key]]
  struct Named;
  Result<std::vector<Named>> named_tables(const std::string& key);  // [key.<name>], in the order of the file

  bool has(const std::string& key) const;
  Result<void> finish() const;  // of this table; each inner reader has its own
  Error wrong(const std::string& key, std::string why) const;

 private:
  TableReader(const Document& document, const Value& table, std::string path)
      : document_(&document), table_(&table), path_(std::move(path)) {}
  const Value* take(const std::string& key);
  Error error_at(unsigned line, const std::string& key, std::string why) const;

  const Document* document_;  // borrowed: outlives the reader
  const Value* table_;
  std::string path_;
  std::set<std::string> asked_;
};
struct TableReader::Named {
  std::string name;
  TableReader table;
};

}  // namespace crest::config
