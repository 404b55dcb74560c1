// A record file is a JSON object in an envelope with its version and checksum, so that rot is seen, not believed (CF59).
#pragma once

#include <string>
#include <string_view>

#include "encoding/json.hpp"

namespace crest::client {

inline constexpr int record_version = 1;

std::string record_text(const encoding::Json& record);
// Errors: malformed when the text is damaged; config when a newer Crest wrote it.
Result<encoding::Json> record_from_text(std::string_view text);

}  // namespace crest::client
