#include "adapters/sql_text.hpp"

#include <limits>

#include "encoding/json.hpp"

namespace crest::adapters {

using ca::store::ChallengeRow;
using encoding::Json;

std::string joined_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t space = std::min(text.find(' ', from), text.size());
    words.push_back(text.substr(from, space - from));
    from = space + 1;
  }
  return words;
}

acme::IdentifierType identifier_type(std::string_view word) {
  return from_word(word, {acme::IdentifierType::dns, acme::IdentifierType::ip});
}

std::string pack_identifiers(const std::vector<acme::Identifier>& identifiers) {
  std::string text;
  for (const acme::Identifier& identifier : identifiers) {
    if (!text.empty()) text += ' ';
    text += std::string(acme::to_string(identifier.type)) + ' ' + identifier.value;
  }
  return text;
}

std::vector<acme::Identifier> unpack_identifiers(const std::string& text) {
  const std::vector<std::string> words = words_of(text);
  std::vector<acme::Identifier> identifiers;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    identifiers.push_back({identifier_type(words[i]), words[i + 1]});
  }
  return identifiers;
}

std::string pack_challenges(const std::vector<ChallengeRow>& challenges) {
  Json list = Json::array();
  for (const ChallengeRow& challenge : challenges) {
    Json item = Json::object();
    item.set("method", challenge.method).set("status", acme::to_string(challenge.status));
    if (challenge.validated) item.set("validated", milliseconds(*challenge.validated));
    if (!challenge.error_json.empty()) item.set("error", challenge.error_json);
    list.push(std::move(item));
  }
  return list.dump();
}

Result<std::vector<ChallengeRow>> unpack_challenges(const std::string& text) {
  const Json list = TRY(Json::parse(text));
  std::vector<ChallengeRow> challenges;
  if (!list.as_array()) return challenges;
  for (const Json& item : *list.as_array()) {
    const encoding::JsonReader reader = TRY(encoding::JsonReader::of(item));
    ChallengeRow row;
    row.method = TRY(reader.string("method"));
    const std::string status = TRY(reader.string("status"));
    using enum acme::ChallengeStatus;
    row.status = from_word(status, {invalid, pending, processing, acme::ChallengeStatus::valid});
    const std::optional<std::int64_t> validated = TRY(reader.optional_integer("validated"));
    if (validated) row.validated = Time(Duration(*validated));
    const std::optional<std::string> error = TRY(reader.optional_string("error"));
    row.error_json = error.value_or("");
    challenges.push_back(std::move(row));
  }
  return challenges;
}

std::int64_t limit(std::size_t count_max) {
  return static_cast<std::int64_t>(std::min<std::size_t>(count_max, std::numeric_limits<std::int32_t>::max()));
}

Result<std::vector<std::string>> texts_of(SqlQuery& query) {
  return rows_of(query, [](const SqlQuery& row) { return row.text(0); });
}

}  // namespace crest::adapters
