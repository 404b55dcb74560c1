#include <algorithm>

#include "config/document.hpp"

namespace crest::config {

Error TableReader::error_at(unsigned line, const std::string& key, std::string why) const {
  const std::string name = path_.empty() ? key : path_ + "." + key;
  return make_error(ErrorKind::config, name + ": " + std::move(why), document_->file + ":" + std::to_string(line));
}

Error TableReader::wrong(const std::string& key, std::string why) const {
  const auto& members = std::get<Table>(table_->data);
  const auto found = members.find(key);
  return error_at(found == members.end() ? table_->line : found->second.line, key, std::move(why));
}

const Value* TableReader::take(const std::string& key) {
  asked_.insert(key);
  const auto& members = std::get<Table>(table_->data);
  const auto found = members.find(key);
  return found == members.end() ? nullptr : &found->second;
}

bool TableReader::has(const std::string& key) const { return std::get<Table>(table_->data).contains(key); }

Result<std::string> TableReader::string(const std::string& key, std::string fallback) {
  const Value* value = take(key);
  if (!value) return fallback;
  const auto* text = std::get_if<std::string>(&value->data);
  if (!text) return wrong(key, "a text in quotes is expected");
  return *text;
}

Result<bool> TableReader::boolean(const std::string& key, bool fallback) {
  const Value* value = take(key);
  if (!value) return fallback;
  const auto* truth = std::get_if<bool>(&value->data);
  if (!truth) return wrong(key, "true or false is expected");
  return *truth;
}

Result<std::int64_t> TableReader::integer(const std::string& key, std::int64_t fallback, std::int64_t least,
                                          std::int64_t most) {
  const Value* value = take(key);
  if (!value) return fallback;
  const auto* number = std::get_if<std::int64_t>(&value->data);
  if (!number || *number < least || *number > most) {
    return wrong(key, "a whole number from " + std::to_string(least) + " to " + std::to_string(most) + " is expected");
  }
  return *number;
}

Result<Duration> TableReader::duration(const std::string& key, Duration fallback) {
  const Value* value = take(key);
  if (!value) return fallback;
  const auto* text = std::get_if<std::string>(&value->data);
  const auto span = text ? duration_from_text(*text) : Result<Duration>(fallback);
  if (!text || !span) return wrong(key, "a duration in quotes is expected, such as \"90s\", \"8h\" or \"2d\"");
  return span;
}

Result<std::vector<std::string>> TableReader::strings(const std::string& key, std::vector<std::string> fallback) {
  const Value* value = take(key);
  if (!value) return fallback;
  const auto* items = std::get_if<Array>(&value->data);
  if (!items) return wrong(key, "a list of texts is expected, such as [\"a\", \"b\"]");
  std::vector<std::string> out;
  for (const auto& item : *items) {
    const auto* text = std::get_if<std::string>(&item.data);
    if (!text) return wrong(key, "a list of texts is expected, such as [\"a\", \"b\"]");
    out.push_back(*text);
  }
  return out;
}

Result<std::optional<TableReader>> TableReader::table(const std::string& key) {
  const Value* value = take(key);
  if (!value) return std::optional<TableReader>();
  if (!std::holds_alternative<Table>(value->data)) return wrong(key, "a table is expected: [" + key + "]");
  return std::optional(TableReader(*document_, *value, path_.empty() ? key : path_ + "." + key));
}

Result<std::vector<TableReader>> TableReader::tables(const std::string& key) {
  std::vector<TableReader> out;
  const Value* value = take(key);
  if (!value) return out;
  const auto* items = std::get_if<Array>(&value->data);
  if (!items) return wrong(key, "tables are expected, each as [[" + (path_.empty() ? key : path_ + "." + key) + "]]");
  for (const auto& item : *items) {
    if (!std::holds_alternative<Table>(item.data)) return wrong(key, "each entry must be a table");
    out.push_back(TableReader(*document_, item, path_.empty() ? key : path_ + "." + key));
  }
  return out;
}

Result<std::vector<TableReader::Named>> TableReader::named_tables(const std::string& key) {
  std::vector<Named> out;
  const Value* value = take(key);
  if (!value) return out;
  const std::string path = path_.empty() ? key : path_ + "." + key;
  const auto* members = std::get_if<Table>(&value->data);
  if (!members) return wrong(key, "tables with names are expected, each as [" + path + ".<name>]");
  for (const auto& [name, member] : *members) {
    if (!std::holds_alternative<Table>(member.data)) {
      return error_at(member.line, key + "." + name, "a table is expected: [" + path + ".<name>]");
    }
    out.push_back({name, TableReader(*document_, member, path + "." + name)});
  }
  std::ranges::stable_sort(out, {}, [](const Named& named) { return named.table.table_->line; });
  return out;
}

Result<void> TableReader::finish() const {
  for (const auto& [key, value] : std::get<Table>(table_->data)) {
    if (!asked_.contains(key))
      return error_at(value.line, key, "there is no such setting; correct its name or remove it");
  }
  return {};
}

}  // namespace crest::config
