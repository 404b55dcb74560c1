// What was read is written, and reads as the same blocks; no octet of a key hides between them.
#include "encoding/pem.hpp"

#include <cstdlib>

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const auto blocks = encoding::parse_pem(text);
  const auto strict = encoding::parse_pem(text, encoding::PemText::refuse);
  if (strict && !blocks) std::abort();
  if (!blocks) return 0;
  std::string written;
  for (const encoding::PemBlock& block : *blocks) written += encoding::to_pem(block.label, block.der);
  const auto again = encoding::parse_pem(written, encoding::PemText::refuse);
  if (!again || again->size() != blocks->size()) std::abort();
  for (std::size_t i = 0; i < again->size(); ++i) {
    if ((*again)[i].label != (*blocks)[i].label || (*again)[i].der != (*blocks)[i].der) std::abort();
  }
  return 0;
}
