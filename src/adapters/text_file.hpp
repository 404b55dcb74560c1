// Reading a small text file that a person named: trust anchors, keys that a CA handed out.
#pragma once

#include <string>

#include "core/result.hpp"

namespace crest::adapters {

// The whole file. Blocks on the disk. Error: config, naming the file, when it cannot be read or is larger.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);

}  // namespace crest::adapters
