// Certificate ids (ARI): one text an id, and one id a text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "acme/renewal_info.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto id = crest::acme::CertId::parse(text);
  if (id && id->str() != text) std::abort();
  return 0;
}
