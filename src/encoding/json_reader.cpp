#include "encoding/json.hpp"

namespace crest::encoding {
namespace {

constexpr std::size_t path_name_chars_max = 64;

Error wrong(std::string path, std::string_view wanted) {
  if (path.empty()) path = "the document";
  return make_error(ErrorKind::malformed, "not the JSON expected: this must be " + std::string(wanted),
                    std::move(path));
}

Error missing(std::string path) {
  return make_error(ErrorKind::malformed, "not the JSON expected: this member is missing", std::move(path));
}

// An optional that must be there.
template <typename T>
Result<T> required(Result<std::optional<T>> found, const JsonReader& reader, std::string_view name) {
  if (!found) return std::move(found).error();
  if (!*found) return missing(reader.path_of(name));
  return **std::move(found);
}

// A member read by one of Json's as_...() functions.
template <typename T>
Result<std::optional<T>> read(const JsonReader& reader, std::string_view name, const T* (Json::*as)() const,
                              std::string_view wanted) {
  const Json* member = reader.json().find(name);
  if (!member) return std::optional<T>();
  const T* value = (member->*as)();
  if (!value) return wrong(reader.path_of(name), wanted);
  return std::optional<T>(*value);
}

}  // namespace

Result<JsonReader> JsonReader::of(const Json& value, std::string path) {
  if (!value.as_object()) return wrong(std::move(path), "an object");
  return JsonReader(value, std::move(path));
}

std::string JsonReader::path_of(std::string_view name) const {
  const std::string safe = Untrusted(std::string(name)).printable(path_name_chars_max);
  return path_.empty() ? safe : path_ + "." + safe;
}

Result<std::optional<std::string>> JsonReader::optional_string(std::string_view name) const {
  return read(*this, name, &Json::as_string, "a string");
}

Result<std::string> JsonReader::string(std::string_view name) const {
  return required(optional_string(name), *this, name);
}

Result<std::optional<bool>> JsonReader::optional_boolean(std::string_view name) const {
  return read(*this, name, &Json::as_bool, "true or false");
}

Result<bool> JsonReader::boolean(std::string_view name) const { return required(optional_boolean(name), *this, name); }

Result<std::optional<std::int64_t>> JsonReader::optional_integer(std::string_view name) const {
  return read(*this, name, &Json::as_int, "a whole number");
}

Result<std::int64_t> JsonReader::integer(std::string_view name) const {
  return required(optional_integer(name), *this, name);
}

Result<std::optional<Time>> JsonReader::optional_time(std::string_view name) const {
  const std::optional<std::string> text = TRY(optional_string(name));
  if (!text) return std::optional<Time>();
  const auto time = from_rfc3339(*text);
  if (!time) return wrong(path_of(name), "a time like 2026-01-02T03:04:05Z");
  return std::optional<Time>(*time);
}

Result<Time> JsonReader::time(std::string_view name) const { return required(optional_time(name), *this, name); }

Result<const Json::Array*> JsonReader::array(std::string_view name) const {
  const Json* member = value_->find(name);
  if (!member) return static_cast<const Json::Array*>(nullptr);
  if (!member->as_array()) return wrong(path_of(name), "an array");
  return member->as_array();
}

Result<std::vector<std::string>> JsonReader::strings(std::string_view name) const {
  const Json::Array* items = TRY(array(name));
  std::vector<std::string> out;
  if (!items) return out;
  out.reserve(items->size());
  for (const Json& item : *items) {
    const std::string* text = item.as_string();
    if (!text) return wrong(path_of(name) + "[" + std::to_string(out.size()) + "]", "a string");
    out.push_back(*text);
  }
  return out;
}

Result<std::optional<JsonReader>> JsonReader::optional_object(std::string_view name) const {
  const Json* member = value_->find(name);
  if (!member) return std::optional<JsonReader>();
  JsonReader reader = TRY(of(*member, path_of(name)));
  return std::optional<JsonReader>(std::move(reader));
}

Result<JsonReader> JsonReader::object(std::string_view name) const {
  return required(optional_object(name), *this, name);
}

}  // namespace crest::encoding
