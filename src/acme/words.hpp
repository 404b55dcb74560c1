// Words of the wire as tables: one row an enumerator and its spelling; one row a legal step between two states.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace crest::acme {

template <typename Enum>
using Word = std::pair<Enum, std::string_view>;
template <typename Enum>
using StateChange = std::pair<Enum, Enum>;  // from, to

template <typename Enum, std::size_t count>
constexpr std::string_view word_of(const std::array<Word<Enum>, count>& table, Enum value) {
  for (const auto& [listed, word] : table) {
    if (listed == value) return word;
  }
  return "?";
}

template <typename Enum, std::size_t count>
constexpr std::optional<Enum> from_word(const std::array<Word<Enum>, count>& table, std::string_view word) {
  for (const auto& [listed, spelling] : table) {
    if (spelling == word) return listed;
  }
  return std::nullopt;
}

template <typename Enum, std::size_t count>
constexpr bool has_change(const std::array<StateChange<Enum>, count>& table, Enum from, Enum to) {
  return std::find(table.begin(), table.end(), StateChange<Enum>(from, to)) != table.end();
}

}  // namespace crest::acme
