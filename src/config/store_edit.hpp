// Where the records are, in the text of ca.toml, which else belongs to the operator.
#pragma once

#include "config/ca_config.hpp"

namespace crest::config {

// The text with another `[store] postgres`, which reads back as a whole. Error: config, with file, line and key.
Result<std::string> with_postgres(std::string text, const std::string& file, const std::string& target);

}  // namespace crest::config
