// Reading a small text file that a person named: trust anchors, keys that a CA handed out.
#pragma once

#include <string>
#include <sys/types.h>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace crest::adapters {

// The whole file. Blocks on the disk. Error: config, naming the file, when it cannot be read or is larger.
Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max);
// The same of a file that holds a secret: error config, too, when others can read it (SF85).
Result<Secret> read_private_file(const std::string& path, std::size_t bytes_max);
// Error: config, when a regular file has one of the `forbidden` bits of its mode, or is another user's.
Result<void> check_private_file(int descriptor, mode_t forbidden, const std::string& where);

// The same place, whatever folder a later run starts in. As it is when the folder we are in cannot be told.
std::string absolute_path(const std::string& path);
bool is_there(const std::string& path);  // true also when it cannot be told

}  // namespace crest::adapters
