// Host names as a protocol and as people write them: what is accepted is canonical, and stays what it is.
#include "dns/name.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using crest::dns::Name;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& read : {Name::from_wire, Name::from_user}) {
    const auto name = read(text);
    if (!name) continue;
    const auto again = Name::from_wire(name->str());
    if (!again || again->str() != name->str() || name->str().size() > Name::length_max) std::abort();
    for (auto up = name->parent(); up; up = up->parent()) {
      if (!name->is_within(*up)) std::abort();
    }
  }
  return 0;
}
