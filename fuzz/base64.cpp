// Each strict form has one spelling: what was read is written back to the letter.
#include "encoding/base64.hpp"

#include <cstdlib>

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView octets(data, size);
  const std::string_view text = as_text(octets);
  if (const auto read = encoding::from_base64url(text); read && encoding::base64url(*read) != text) std::abort();
  if (const auto read = encoding::from_base64(text); read && encoding::base64(*read) != text) std::abort();
  if (const auto read = encoding::from_base64_lenient(text)) {
    if (*encoding::from_base64_lenient(encoding::base64(*read)) != *read) std::abort();
  }
  if (*encoding::from_base64url(encoding::base64url(octets)) != to_bytes(octets)) std::abort();
  if (*encoding::from_hex(encoding::hex(octets)) != to_bytes(octets)) std::abort();
  if (size > 0 && !encoding::is_base64url(encoding::base64url(octets))) std::abort();
  return 0;
}
