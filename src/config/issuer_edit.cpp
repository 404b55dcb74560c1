#include "config/issuer_edit.hpp"

#include <algorithm>

#include "config/ca_config_tables.hpp"
#include "config/line_edit.hpp"

namespace crest::config {
namespace {

using ca::issuer::IssuerState;

bool has_tables(const Document& document) { return std::get<Table>(document.root.data).contains("issuer"); }

Error no_such(const std::string& name) {
  return make_error(ErrorKind::usage, "there is no issuer of this name; crest-ca issuer list shows them", name);
}

// Without a table there is one issuer all the same: it gets one before another joins it or it changes.
std::string with_tables(std::string text, const Document& document) {
  return has_tables(document) ? text : text + issuer_text({});
}

}  // namespace

Result<std::string> with_issuer(std::string text, const std::string& file, const IssuerSettings& issuer) {
  const auto before = TRY(ca_config_from_toml(text, file));
  if (std::ranges::find(before.issuers, issuer.name, &IssuerSettings::name) != before.issuers.end()) {
    return make_error(ErrorKind::usage, "there is an issuer of this name already; choose another", issuer.name);
  }
  const auto document = TRY(Document::parse(text, file));
  if (!text.empty() && text.back() != '\n') text += '\n';
  return read_back(with_tables(std::move(text), document) + issuer_text(issuer), file);
}

Result<std::string> with_issuer_state(std::string text, const std::string& file, const std::string& name,
                                      IssuerState state) {
  const auto before = TRY(ca_config_from_toml(text, file));
  if (std::ranges::find(before.issuers, name, &IssuerSettings::name) == before.issuers.end()) return no_such(name);
  auto document = TRY(Document::parse(text, file));
  if (!has_tables(document)) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    text = with_tables(std::move(text), document);
    document = TRY(Document::parse(text, file));
  }
  const auto& tables = std::get<Table>(std::get<Table>(document.root.data).at("issuer").data);
  const auto& table = tables.at(name);
  const auto& members = std::get<Table>(table.data);
  const auto found = members.find("state");
  const std::string word(to_string(state));
  if (found != members.end()) return read_back(with_value(std::move(text), found->second.line, word), file);
  return read_back(with_line_after(std::move(text), table.line, "state = " + quoted(word)), file);
}

}  // namespace crest::config
