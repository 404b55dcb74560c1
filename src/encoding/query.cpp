#include "encoding/query.hpp"

#include <algorithm>
#include <charconv>

namespace crest::encoding {
namespace {

Result<std::string> unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    if (text.front() != '%') {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    constexpr std::size_t escape_chars = 3;
    unsigned value = 0;
    const std::string_view digits = text.substr(1, 2);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || problem != std::errc() || end != digits.data() + digits.size()) {
      return make_error(ErrorKind::malformed, "two hexadecimal digits are expected after %");
    }
    out += static_cast<char>(value);
    text.remove_prefix(escape_chars);
  }
  return out;
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> query_of(std::string_view target) {
  std::vector<std::pair<std::string, std::string>> out;
  const std::size_t mark = target.find('?');
  std::string_view rest = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    if (part.empty()) continue;
    if (out.size() == query_parts_max) return make_error(ErrorKind::malformed, "the query has too many parts");
    const std::size_t equals = part.find('=');
    auto name = TRY(unescaped(part.substr(0, equals)));
    auto value = TRY(unescaped(equals == part.npos ? std::string_view() : part.substr(equals + 1)));
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

}  // namespace crest::encoding
