// How values stand in columns: enumerators by their word on the wire, lists as words between blanks.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "acme/authorization.hpp"
#include "acme/identifier.hpp"
#include "adapters/sql.hpp"
#include "ca/store/store.hpp"

namespace crest::adapters {

// The enumerator whose word this is; the first when none fits, which somebody else's hand alone can cause: give the one
// that lets nothing happen first.
template <typename Enum>
Enum from_word(std::string_view word, std::initializer_list<Enum> all) {
  const auto at = std::find_if(all.begin(), all.end(), [&](Enum value) { return acme::to_string(value) == word; });
  return at == all.end() ? *all.begin() : *at;
}

std::string joined_words(const std::vector<std::string>& words);  // none of them has a blank in it
std::vector<std::string> words_of(const std::string& text);
std::string pack_identifiers(const std::vector<acme::Identifier>& identifiers);  // "dns app.example ip 10.0.0.1"
std::vector<acme::Identifier> unpack_identifiers(const std::string& text);
acme::IdentifierType identifier_type(std::string_view word);
std::string pack_challenges(const std::vector<ca::store::ChallengeRow>& challenges);
Result<std::vector<ca::store::ChallengeRow>> unpack_challenges(const std::string& text);

inline std::int64_t milliseconds(Time time) { return time.time_since_epoch().count(); }
std::int64_t limit(std::size_t count_max);

// All that a query finds, each row as `read` makes it of the query.
template <typename Read>
auto rows_of(SqlQuery& query, Read read) -> Result<std::vector<decltype(read(query))>> {
  std::vector<decltype(read(query))> rows;
  while (true) {
    const bool more = TRY(query.row());
    if (!more) return rows;
    rows.push_back(read(query));
  }
}
// The first of them, where there is one.
template <typename Read>
auto row_of(SqlQuery& query, Read read) -> Result<std::optional<decltype(read(query))>> {
  const bool found = TRY(query.row());
  if (!found) return std::optional<decltype(read(query))>();
  return std::optional(read(query));
}
Result<std::vector<std::string>> texts_of(SqlQuery& query);  // of the first column, all rows

}  // namespace crest::adapters
