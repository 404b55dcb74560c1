// Members that several ACME objects have, read the same way everywhere: URLs, words of a closed list, problems.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/words.hpp"
#include "core/error.hpp"
#include "encoding/json.hpp"

namespace crest::acme {

// An absolute http or https URL of bounded length, kept as written (RFC 8555 section 6.4). Error: malformed. Whether
// http is good enough is for whoever sends a request there.
Result<std::string> url_member(const encoding::JsonReader& reader, std::string_view name);
Result<std::optional<std::string>> optional_url_member(const encoding::JsonReader& reader, std::string_view name);
Result<std::vector<std::string>> url_members(const encoding::JsonReader& reader, std::string_view name);

// nullopt when it is absent or no object: a problem never spoils what it stands in.
std::optional<Problem> problem_member(const encoding::JsonReader& reader, std::string_view name);

Error unknown_word(const encoding::JsonReader& reader, std::string_view name, const std::string& word);

// Error: malformed, for a word that is not in the table as well: nobody knows what to do next then.
template <typename Enum, std::size_t count>
Result<std::optional<Enum>> optional_word_member(const encoding::JsonReader& reader, std::string_view name,
                                                 const std::array<Word<Enum>, count>& table) {
  const std::optional<std::string> word = TRY(reader.optional_string(name));
  if (!word) return std::optional<Enum>();
  const std::optional<Enum> value = from_word(table, *word);
  if (!value) return unknown_word(reader, name, *word);
  return value;
}
template <typename Enum, std::size_t count>
Result<Enum> word_member(const encoding::JsonReader& reader, std::string_view name,
                         const std::array<Word<Enum>, count>& table) {
  TRY(reader.string(name));
  const std::optional<Enum> value = TRY(optional_word_member(reader, name, table));
  return *value;
}

// A request that cannot be read, as the problem that its sender gets.
Error as_rejection(const Error& error);

}  // namespace crest::acme
