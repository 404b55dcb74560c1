// Json is a parsed JSON document (RFC 8259), read strictly: duplicate members, non-finite numbers, depth over
// 32, invalid UTF-8, a byte order mark and trailing text are errors, and every error names the path
// ("authorizations[2]").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace crest::encoding {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;  // in the order written

  static constexpr std::size_t depth_max = 32;
  static constexpr std::size_t bytes_max = 1u << 20;
  static constexpr std::size_t values_max = 100'000;  // bounds the memory that a megabyte of "[],[]," costs

  static Result<Json> parse(std::string_view text);  // error: malformed

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<std::int64_t>(value)) {}
  Json(std::int64_t value) : value_(value) {}
  Json(double value) : value_(value) {}
  Json(const char* text) : value_(std::string(text)) {}
  Json(std::string text) : value_(std::move(text)) {}
  Json(std::string_view text) : value_(std::string(text)) {}
  Json(Array items) : value_(std::move(items)) {}
  Json(Object members) : value_(std::move(members)) {}
  static Json array() { return Json(Array{}); }
  static Json object() { return Json(Object{}); }
  static Json strings(const std::vector<std::string>& items);

  // Building: set replaces or appends a member, push appends an item. REQUIRES: an object, an array.
  Json& set(std::string_view name, Json value);
  Json& push(Json item);

  bool is_null() const { return value_.index() == 0; }
  const bool* as_bool() const { return std::get_if<bool>(&value_); }
  const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&value_); }
  std::optional<double> as_number() const;
  const std::string* as_string() const { return std::get_if<std::string>(&value_); }
  const Array* as_array() const { return std::get_if<Array>(&value_); }
  const Object* as_object() const { return std::get_if<Object>(&value_); }
  const Json* find(std::string_view name) const;  // a member that is not null, or nullptr

  std::string dump() const;    // no white space, members in their order
  std::string pretty() const;  // two blanks an indent, final newline
  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> value_;
};

// Typed access for codecs: `path` names the object in errors. Missing or of another type: malformed, naming
// the member. The optional forms give nullopt when the member is absent or null, an error when it has another
// type.
class JsonReader {
 public:
  static Result<JsonReader> of(const Json& value, std::string path = {});  // error unless an object

  Result<std::string> string(std::string_view name) const;
  Result<std::optional<std::string>> optional_string(std::string_view name) const;
  Result<bool> boolean(std::string_view name) const;
  Result<std::optional<bool>> optional_boolean(std::string_view name) const;
  Result<std::int64_t> integer(std::string_view name) const;
  Result<std::optional<std::int64_t>> optional_integer(std::string_view name) const;
  Result<Time> time(std::string_view name) const;  // RFC 3339
  Result<std::optional<Time>> optional_time(std::string_view name) const;
  Result<std::vector<std::string>> strings(std::string_view name) const;  // absent: empty
  Result<const Json::Array*> array(std::string_view name) const;          // absent: nullptr
  Result<JsonReader> object(std::string_view name) const;
  Result<std::optional<JsonReader>> optional_object(std::string_view name) const;
  bool has(std::string_view name) const { return value_->find(name) != nullptr; }
  const Json& json() const { return *value_; }
  std::string path_of(std::string_view name) const;

 private:
  JsonReader(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}
  const Json* value_;  // borrowed: outlives the reader
  std::string path_;
};

}  // namespace crest::encoding
