// Keys in requests: one that is taken has one form, and comes back from it.
#include "jose/jwk.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace crest;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = encoding::Json::parse({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  const auto key = jose::from_jwk(*json);
  if (!key) return 0;
  const auto again = jose::from_jwk(jose::to_jwk(*key));
  if (!again || !(*again == *key) || jose::thumbprint(*key).size() != 43) std::abort();
  const auto spki = crypto::PublicKey::from_spki(key->spki());
  if (!spki || spki->type() != key->type()) std::abort();
  return 0;
}
