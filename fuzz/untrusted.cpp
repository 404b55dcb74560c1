// Whatever a server sends is printed as one line of clean UTF-8, not longer than asked for, the same when cleaned twice.
#include <algorithm>
#include <cstdlib>

#include "core/bytes.hpp"
#include "core/error.hpp"

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Untrusted text(to_text({data, size}));
  for (const std::size_t chars_max : {Untrusted::printable_chars_max, std::size_t{20}, std::size_t{2}}) {
    const std::string line = text.printable(chars_max);
    if (Untrusted(line).printable(chars_max) != line) std::abort();
    std::size_t characters = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto octet = static_cast<unsigned char>(line[i]);
      const auto next = static_cast<unsigned char>(i + 1 < line.size() ? line[i + 1] : 0);
      if (octet < 0x20 || octet == 0x7f || (octet == 0xc2 && next < 0xa0)) std::abort();  // C0, DEL, C1
      if (octet >= 0xc0 && (next & 0xc0) != 0x80) std::abort();
      characters += (octet & 0xc0) != 0x80;
    }
    if (characters > chars_max) std::abort();
    for (const char* hidden : {"\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x80\x8b", "\xef\xbb\xbf", "\xe2\x80\xa8"}) {
      if (line.find(hidden) != std::string::npos) std::abort();
    }
  }
  return 0;
}
