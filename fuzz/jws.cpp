// Request bodies and external account bindings from anybody: nothing that a stranger can write ends the server, and no
// change to what was signed goes unnoticed.
#include "jose/jws.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto request = jose::parse_jws(text);
  if (const auto* jws = std::get_if<jose::ParsedJws>(&request)) {
    if (jws->jwk.has_value() == jws->kid.has_value() || jws->url.empty() || jws->signature.empty()) std::abort();
    if (jws->jwk && !jose::verify(*jws, *jws->jwk)) {
      jose::ParsedJws changed = *jws;
      changed.signing_input += "A";
      if (!jose::verify(changed, *jws->jwk)) std::abort();
    }
  }
  const auto json = encoding::Json::parse(text);
  if (!json) return 0;
  const auto inside = jose::parse_binding(*json);
  if (const auto* binding = std::get_if<jose::ParsedBinding>(&inside)) {
    if (binding->kid.empty() || binding->url.empty() || binding->verify({})) std::abort();
    (void)binding->verify(as_bytes("a key of the server, 32 octets .."));
  }
  return 0;
}
