#include "config/store_edit.hpp"

#include "config/ca_config_tables.hpp"
#include "config/line_edit.hpp"

namespace crest::config {
namespace {

// Quotation marks within the old value would mislead the change of a line.
Result<std::string> checked(std::string text, const std::string& file, const std::string& target) {
  const auto config = ca_config_from_toml(text, file);
  if (config && config->postgres == target) return text;
  return make_error(
      ErrorKind::config,
      "the value is written in a way that cannot be changed here; write it as one line, postgres = \"...\"",
      file + ": store.postgres");
}

}  // namespace

Result<std::string> with_postgres(std::string text, const std::string& file, const std::string& target) {
  TRY(ca_config_from_toml(text, file));
  const auto document = TRY(Document::parse(text, file));
  const auto& tables = std::get<Table>(document.root.data);
  const auto store = tables.find("store");
  const std::string wanted = "postgres = " + quoted(target);
  if (store == tables.end()) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    return checked(text + "\n[store]\n" + wanted + '\n', file, target);
  }
  const auto& members = std::get<Table>(store->second.data);
  const auto found = members.find("postgres");
  if (found != members.end()) return checked(with_value(std::move(text), found->second.line, target), file, target);
  return checked(with_line_after(std::move(text), store->second.line, wanted), file, target);
}

}  // namespace crest::config
