// Changes of single lines in the text of ca.toml, for src/config alone. Lines are counted from 1.
#pragma once

#include <string>

#include "core/result.hpp"

namespace crest::config {

// `key = "..."` in its line gets another value; what else stands there stays.
std::string with_value(std::string text, unsigned line, const std::string& word);
std::string with_line_after(std::string text, unsigned line, const std::string& added);
// The text as it is, once it was read as settings. Error: config.
Result<std::string> read_back(std::string text, const std::string& file);

}  // namespace crest::config
