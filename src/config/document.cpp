// The only file that knows toml++, and it uses the library's compiled form: its headers alone cost seconds.
#define TOML_HEADER_ONLY 0
#include "config/document.hpp"

#include <toml++/toml.h>

namespace crest::config {
namespace {

Error broken(const std::string& file, const toml::source_region& where, std::string why) {
  return make_error(ErrorKind::config, std::move(why), file + ":" + std::to_string(where.begin.line));
}

Result<Value> converted(const toml::node& node, const std::string& file, std::size_t depth);

Result<Value> converted_array(const toml::array& array, const std::string& file, std::size_t depth) {
  Array items;
  for (const auto& item : array) {
    auto value = TRY(converted(item, file, depth + 1));
    items.push_back(std::move(value));
  }
  return Value{std::move(items), array.source().begin.line};
}

Result<Value> converted_table(const toml::table& table, const std::string& file, std::size_t depth) {
  Table members;
  for (const auto& [key, item] : table) {
    auto value = TRY(converted(item, file, depth + 1));
    if (value.line == 0) value.line = key.source().begin.line;
    members.emplace(std::string(key.str()), std::move(value));
  }
  return Value{std::move(members), table.source().begin.line};
}

Result<Value> converted(const toml::node& node, const std::string& file, std::size_t depth) {
  const unsigned line = node.source().begin.line;
  if (depth > document_depth_max) return broken(file, node.source(), "tables are nested too deeply");
  if (const auto* table = node.as_table()) return converted_table(*table, file, depth);
  if (const auto* array = node.as_array()) return converted_array(*array, file, depth);
  if (const auto* text = node.as_string()) return Value{text->get(), line};
  if (const auto* number = node.as_integer()) return Value{number->get(), line};
  if (const auto* number = node.as_floating_point()) return Value{number->get(), line};
  if (const auto* truth = node.as_boolean()) return Value{truth->get(), line};
  return broken(file, node.source(), "dates and times are not used here; write a duration as text, such as \"8h\"");
}

}  // namespace

Result<Document> Document::parse(std::string_view text, std::string file) {
  if (text.size() > document_bytes_max) return make_error(ErrorKind::config, "the file is larger than 1 MiB", file);
  try {
    const toml::table parsed = toml::parse(text, file);
    auto root = TRY(converted(parsed, file, 0));
    return Document{std::move(file), std::move(root)};
  } catch (const toml::parse_error& error) {
    return broken(file, error.source(), "this is no TOML: " + std::string(error.description()));
  }
}

}  // namespace crest::config
