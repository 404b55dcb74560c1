// What a remote validator is asked and answers: what is read is written and read again as the same.
#include "ca/va/remote_codec.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  namespace va = crest::ca::va;
  if (const auto claim = va::claim_from_json(text)) {
    const auto again = va::claim_from_json(va::to_json(*claim).dump());
    if (!again || va::to_json(*again) != va::to_json(*claim)) std::abort();
    if (claim->token.find_first_of("/.%") != std::string::npos) std::abort();
  }
  if (const auto verdict = va::verdict_from_json(text)) {
    const auto again = va::verdict_from_json(va::to_json(*verdict).dump());
    if (!again || va::to_json(*again) != va::to_json(*verdict)) std::abort();
    for (const char c : verdict->for_operator) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) std::abort();
    }
  }
  return 0;
}
