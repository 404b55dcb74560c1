// What was read is written, and reads as the same value; typed access to any document never fails badly.
#include "encoding/json.hpp"

#include <cstdlib>

#include "core/bytes.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = encoding::Json::parse(as_text({data, size}));
  if (!json) {
    if (json.error().kind != ErrorKind::malformed) std::abort();
    return 0;
  }
  for (const std::string& text : {json->dump(), json->pretty()}) {
    const auto again = encoding::Json::parse(text);
    if (!again || *again != *json) std::abort();
  }
  const auto reader = encoding::JsonReader::of(*json);
  if (!reader) return 0;
  for (const auto& [name, value] : *json->as_object()) {
    if (reader->has(name) == value.is_null()) std::abort();
    const auto text = reader->optional_string(name);
    if (text && *text && !value.as_string()) std::abort();
    (void)reader->optional_time(name).has_value();
    (void)reader->strings(name).has_value();
    (void)reader->optional_object(name).has_value();
  }
  return 0;
}
