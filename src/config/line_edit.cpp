#include "config/line_edit.hpp"

#include <algorithm>

#include "config/ca_config_tables.hpp"

namespace crest::config {
namespace {

// The octets [begin, end) of a line, without its line feed.
struct Span {
  std::size_t begin = 0, end = 0;
};
Span line_of(const std::string& text, unsigned number) {
  Span span;
  for (unsigned line = 1; line < number && span.begin < text.size(); ++line) {
    const auto feed = text.find('\n', span.begin);
    span.begin = feed == std::string::npos ? text.size() : feed + 1;
  }
  span.end = std::min(text.find('\n', span.begin), text.size());
  return span;
}

}  // namespace

std::string with_value(std::string text, unsigned line, const std::string& word) {
  const Span span = line_of(text, line);
  const auto first = text.find_first_of("\"'", text.find('=', span.begin));
  const auto last = text.find(text[first], first + 1);
  return text.replace(first, last + 1 - first, quoted(word));
}

std::string with_line_after(std::string text, unsigned line, const std::string& added) {
  return text.insert(line_of(text, line).end, "\n" + added);
}

Result<std::string> read_back(std::string text, const std::string& file) {
  TRY(ca_config_from_toml(text, file));
  return text;
}

}  // namespace crest::config
