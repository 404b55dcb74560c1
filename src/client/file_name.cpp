#include "client/vault.hpp"
#include "encoding/base64.hpp"

namespace crest::client {
namespace {

bool stays(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

}  // namespace

std::string file_name_of(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool leading_dot = c == '.' && text.empty();  // ".." and hidden files
    if (stays(c) && !leading_dot) {
      text += c;
    } else {
      const auto octet = static_cast<std::uint8_t>(c);
      text += "%" + encoding::hex({&octet, 1});
    }
  }
  return text;
}

std::optional<std::string> name_of_file(std::string_view file_name) {
  std::string name;
  for (std::size_t i = 0; i < file_name.size(); ++i) {
    if (file_name[i] != '%') {
      name += file_name[i];
      continue;
    }
    const auto octet = encoding::from_hex(file_name.substr(i + 1, 2));
    if (!octet || octet->size() != 1) return std::nullopt;
    name += static_cast<char>(octet->front());
    i += 2;
  }
  if (name.empty() || file_name_of(name) != file_name) return std::nullopt;
  return name;
}

}  // namespace crest::client
