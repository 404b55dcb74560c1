// Identifiers as people write them and as requests carry them: what is accepted is canonical.
#include "acme/identifier.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "acme/challenge.hpp"

namespace {

void check(const crest::Result<crest::acme::Identifier>& read) {
  if (!read) return;
  const auto again = crest::acme::identifier_from_wire(to_string(read->type), read->value);
  if (!again || *again != *read) std::abort();
  if (read->base().is_wildcard() || (read->is_wildcard() && crest::acme::method_fits("http-01", *read))) std::abort();
  if (crest::acme::tls_alpn01_server_name(*read).empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(crest::acme::identifier_from_user(text));
  check(crest::acme::identifier_from_wire("dns", text));
  const auto address = crest::acme::identifier_from_wire("ip", text);
  check(address);
  if (address && address->value != text) std::abort();
  if (crest::acme::check_token(text) && text.find_first_of("./\\%") != std::string_view::npos) std::abort();
  return 0;
}
